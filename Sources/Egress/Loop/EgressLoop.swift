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
        case new
        case running(Poller)
        case stopping(Poller)
        case stopped
    }

    private let state = Mutex(State())

    /// Once; later calls do nothing.
    /// - Throws: `.overloaded` where the system has no thread or descriptor left, or libcurl cannot be set up.
    func start(_ configuration: EgressConfiguration, localAddresses: LocalAddresses) throws(EgressError) {
        guard Self.isLibraryReady, let poller = Poller() else { throw EgressError(.overloaded) }
        let isFirst = state.withLock { state in
            guard case .new = state.phase else { return false }
            state.phase = .running(poller)
            return true
        }
        guard isFirst else { return }
        if !Threads.start({ LoopCore(self, configuration, poller, localAddresses).run() }) {
            stopped()
            throw EgressError(.overloaded)
        }
    }

    /// Sets libcurl up, once for the process.
    private static let isLibraryReady = curl_global_init(Int(CURL_GLOBAL_ALL)) == CURLE_OK

    /// Ends what is under way, and returns when the thread has closed all connections.
    func shutdown() async {
        await withCheckedContinuation { waiter in
            let running = state.withLock { state -> Poller? in
                switch state.phase {
                case .new, .stopped:
                    state.phase = .stopped
                    return nil
                case .running(let poller), .stopping(let poller):
                    state.phase = .stopping(poller)
                    state.waiters.append(waiter)
                    return poller
                }
            }
            if let running { running.wake() } else { waiter.resume() }
        }
    }

    func post(_ exchange: Exchange, _ request: Request) {
        enum Step {
            case wake(Poller), leave, refuse
        }
        let step = state.withLock { state -> Step in
            guard case .running(let poller) = state.phase else { return .refuse }
            state.inbox.append((exchange, request))
            return state.inbox.count == 1 ? .wake(poller) : .leave
        }
        switch (step, request) {
        case (.wake(let poller), _): poller.wake()
        case (.refuse, .start): exchange.end(EgressError(.overloaded))
        case (.refuse, _), (.leave, _): break
        }
    }

    var gauges: EgressGauges { state.withLock { $0.gauges } }

    // MARK: The thread's side

    /// What has been asked since the last time, and whether the thread should end.
    func takeInbox() -> (requests: [(Exchange, Request)], isStopping: Bool) {
        state.withLock { state in
            let requests = state.inbox
            state.inbox = []
            if case .stopping = state.phase { return (requests, true) }
            return (requests, false)
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
