import CCurl
import Logging
import NIOCore
import Synchronization

/// The thread on which libcurl runs, as everyone else sees it.
final class EgressLoop: Sendable {
    /// What the loop is asked to do for an exchange.
    enum Request: Sendable {
        case start(TransferPlan)
        case resumeAnswer, resumeUpload, abandon
    }

    private struct State {
        var inbox: [(Exchange, Request)] = []
        var phase = Phase.new
        var gauges = EgressGauges()
        var waiters: [CheckedContinuation<Void, Never>] = []
    }

    private enum Phase {
        case new, running, stopping, stopped
    }

    private let state = Mutex(State())
    private let poller: Poller

    /// - Throws: `.overloaded` where the system has no descriptors left.
    init() throws(EgressError) {
        guard let poller = Poller() else { throw EgressError(.overloaded) }
        self.poller = poller
    }

    /// Once; later calls do nothing.
    /// - Throws: `.overloaded` where the system has no thread left, or libcurl cannot be set up.
    func start(_ configuration: EgressConfiguration, localAddresses: LocalAddresses) throws(EgressError) {
        let isFirst = state.withLock { state in
            defer { if state.phase == .new { state.phase = .running } }
            return state.phase == .new
        }
        guard isFirst else { return }
        let isStarted =
            Self.isLibraryReady
            && Threads.start {
                LoopCore(self, configuration, self.poller, localAddresses).run()
            }
        if !isStarted {
            stopped()
            throw EgressError(.overloaded)
        }
    }

    /// Sets libcurl up, once for the process.
    private static let isLibraryReady = curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK

    /// Ends what is under way, and returns when the thread has closed all connections.
    func shutdown() async {
        await withCheckedContinuation { waiter in
            let isOver = state.withLock { state in
                switch state.phase {
                case .new, .stopped:
                    state.phase = .stopped
                    return true
                case .running, .stopping:
                    state.phase = .stopping
                    state.waiters.append(waiter)
                    return false
                }
            }
            if isOver { waiter.resume() } else { poller.wake() }
        }
    }

    func post(_ exchange: Exchange, _ request: Request) {
        let (isTaken, isFirst) = state.withLock { state in
            guard state.phase == .running else { return (false, false) }
            state.inbox.append((exchange, request))
            return (true, state.inbox.count == 1)
        }
        if isFirst { poller.wake() }
        if !isTaken, case .start = request { exchange.end(EgressError(.overloaded)) }
    }

    var gauges: EgressGauges { state.withLock { $0.gauges } }

    // MARK: The thread's side

    /// What has been asked since the last time; nil where the thread should end.
    func takeInbox() -> (requests: [(Exchange, Request)], isStopping: Bool) {
        state.withLock { state in
            defer { state.inbox.removeAll(keepingCapacity: true) }
            return (state.inbox, state.phase == .stopping)
        }
    }

    func publish(_ gauges: EgressGauges) { state.withLock { $0.gauges = gauges } }

    /// The thread has let go of everything, save what `gauges` says.
    func stopped(_ gauges: EgressGauges = EgressGauges()) {
        let (left, waiters) = state.withLock { state in
            state.phase = .stopped
            state.gauges = gauges
            defer {
                state.inbox = []
                state.waiters = []
            }
            return (state.inbox, state.waiters)
        }
        for case (let exchange, .start) in left { exchange.end(EgressError(.overloaded)) }
        for waiter in waiters { waiter.resume() }
    }
}
