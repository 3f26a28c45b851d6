import Logging
import NIOCore
import ReverseHTTP
import Synchronization

/// Runs a connector's slots: those it always keeps, and those that ``LoopCoverage`` asks for.
final class TunnelFleet: Sendable {
    private struct State {
        var coverage: LoopCoverage
        var sessions: [Int: ServerSession] = [:]
        /// How often each slot has dialled. A slot's number may be used again, and its epochs must go on.
        var epochs: [Int: Int] = [:]
        /// For extra dials, one after the other.
        var backOff: BackOff
    }

    private struct Start: Sendable {
        let slot: Int
        let wait: TimeAmount
    }

    private let connections: Int
    private let concurrentRequests: Int
    private let surroundings: TunnelSlot.Surroundings
    private let logger: Logger
    private let state: Mutex<State>
    /// At most one extra slot dials at a time.
    private let starts: (stream: AsyncStream<Start>, next: AsyncStream<Start>.Continuation)

    init(_ configuration: ConnectorConfiguration, surroundings: TunnelSlot.Surroundings, logger: Logger) {
        connections = configuration.connections
        concurrentRequests = configuration.limits.concurrentRequests
        self.surroundings = surroundings
        self.logger = logger
        state = Mutex(
            State(
                coverage: LoopCoverage(connections: connections, most: configuration.maxConnections),
                backOff: BackOff(surroundings.backOff)))
        let (stream, next) = AsyncStream.makeStream(of: Start.self, bufferingPolicy: .bufferingOldest(64))
        starts = (stream, next)
    }

    /// Runs until `leave` or its task's cancellation; then drains the sessions and waits for their end.
    func run(until leave: EventLoopFuture<Void>, makeSlot: @escaping @Sendable (Int) -> TunnelSlot) async {
        let (next, surroundings) = (starts.next, surroundings)
        leave.whenComplete { _ in next.finish() }
        await withDiscardingTaskGroup { group in
            for index in 0..<connections { group.addTask { await makeSlot(index).run() } }
            for await start in starts.stream {
                group.addTask {
                    try? await surroundings.sleep(Duration(start.wait))
                    await makeSlot(start.slot).run()
                }
            }
            group.cancelAll()
        }
    }

    // MARK: what a slot reports

    /// The number of the slot's next dial, from 1.
    func nextEpoch(_ slot: Int) -> Int {
        state.withLock { state in
            state.epochs[slot, default: 0] += 1
            return state.epochs[slot, default: 1]
        }
    }

    /// The calls that a session takes: all sessions together take what the configuration says.
    func concurrentStreams(_ place: PTTH.LoopPlace?) -> Int {
        let sessions = state.withLock { $0.coverage.sessions(ofLoops: place?.count ?? 0) }
        return max(concurrentRequests / sessions, 1)
    }

    /// The slot's session is up.
    func up(_ slot: Int, _ session: ServerSession, _ place: PTTH.LoopPlace?) {
        let closing = state.withLock { state -> [ServerSession] in
            state.sessions[slot] = session
            return perform(state.coverage.up(slot, place), after: .drained, &state)
        }
        close(closing)
    }

    /// Whether the slot's session ends as soon as its calls have.
    func isClosing(_ slot: Int) -> Bool {
        state.withLock { $0.coverage.isClosing(slot) }
    }

    /// The slot has no session, or one that the relay leaves; false when it is given up.
    ///
    /// - Parameter age: how long its session was up; nil where none came up.
    func down(_ slot: Int, _ ending: BackOff.Ending, age: TimeAmount?) -> Bool {
        let stable = surroundings.backOff.stable
        let (dialsAgain, closing) = state.withLock { state -> (Bool, [ServerSession]) in
            state.sessions[slot] = nil
            let end =
                if let age { state.coverage.lost(slot, wasStable: age >= stable) } else { state.coverage.failed(slot) }
            return (end.dialsAgain, perform(end.decision, after: ending, &state))
        }
        close(closing)
        return dialsAgain
    }

    private func perform(
        _ decision: LoopCoverage.Decision, after ending: BackOff.Ending, _ state: inout State
    ) -> [ServerSession] {
        if let slot = decision.dial {
            let wait = state.backOff.wait(after: ending, random: surroundings.random)
            starts.next.yield(Start(slot: slot, wait: wait))
        }
        return decision.close.compactMap { state.sessions[$0] }
    }

    /// Whatever runs on them finishes first.
    private func close(_ sessions: [ServerSession]) {
        for session in sessions {
            logger.info("a session ends: the relay's event loop has another")
            session.drain(grace: Drain.patience)
        }
    }
}
