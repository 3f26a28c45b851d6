import CCurl
import Logging
import NIOCore
import Synchronization

/// The thread on which libcurl runs, as everyone else sees it.
final class EgressLoop: Sendable {
    /// What the thread is asked to do for a call.
    enum Request: Sendable {
        case start(TransferPlan)
        case resumeAnswer, resumeUpload, abandon
    }

    typealias Inbox = [(call: EgressCall, request: Request)]

    private struct State {
        var inbox: Inbox = []
        /// The thread waits, or is about to: it has to be woken.
        var isAsleep = false
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
    ///
    /// - Parameter follow: starts a call's next request, which a redirect leads to. Called on the thread.
    /// - Throws: `.overloaded` where the system has no thread or descriptor left, or libcurl cannot be set up.
    func start(
        _ configuration: EgressConfiguration, localAddresses: LocalAddresses,
        follow: @escaping @Sendable (EgressCall, EgressRequest) -> Void
    ) throws(EgressError) {
        guard Self.isLibraryReady, let poller = Poller() else { throw EgressError(.overloaded) }
        let isFirst = state.withLock { state in
            guard case .new = state.phase else { return false }
            state.phase = .running(poller)
            return true
        }
        guard isFirst else { return }
        if !Threads.start({ LoopCore(self, configuration, poller, localAddresses, follow: follow).run() }) {
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

    /// Wakes the thread where it sleeps, once for all that is asked until it is awake.
    func post(_ call: EgressCall, _ request: Request) {
        enum Step {
            case wake(Poller), leave, refuse
        }
        let step = state.withLock { state -> Step in
            guard case .running(let poller) = state.phase else { return .refuse }
            state.inbox.append((call, request))
            defer { state.isAsleep = false }
            return state.isAsleep ? .wake(poller) : .leave
        }
        switch (step, request) {
        case (.wake(let poller), _): poller.wake()
        case (.refuse, .start): call.end(EgressError(.overloaded))
        case (.refuse, _), (.leave, _): break
        }
    }

    var gauges: EgressGauges { state.withLock { $0.gauges } }

    // MARK: The thread's side

    /// The thread is about to wait. False where something has been asked meanwhile.
    func fallsAsleep(_ gauges: EgressGauges) -> Bool {
        state.withLock { state in
            state.gauges = gauges
            guard state.inbox.isEmpty, case .running = state.phase else { return false }
            state.isAsleep = true
            return true
        }
    }

    /// Puts what has been asked since the last time into `inbox`, which is empty.
    ///
    /// - Returns: whether the thread should end.
    func take(_ inbox: inout Inbox) -> Bool {
        state.withLock { state in
            state.isAsleep = false
            swap(&state.inbox, &inbox)
            if case .stopping = state.phase { return true }
            return false
        }
    }

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
        for case (let call, .start) in left { call.end(EgressError(.overloaded)) }
        for waiter in waiters { waiter.resume() }
    }
}
