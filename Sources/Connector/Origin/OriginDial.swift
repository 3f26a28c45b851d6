import EgressPolicy
import NIOCore

/// One attempt to bring up a connection for one exchange: the name's addresses, each judged, and the allowed ones
/// dialled in turn, all within the connect timeout. Confined to its event loop.
final class OriginDial {
    private enum State {
        case resolving
        case connecting(OriginConnection)
        case done
    }

    private let pool: OriginPool
    private let endpoint: OriginEndpoint
    private let judge: (IPAddress) -> Result<Int, Failure>
    private var completion: ((Result<OriginConnection, Failure>) -> Void)?
    private var state = State.resolving
    private var candidates: ArraySlice<(address: IPAddress, rule: Int)> = []
    private var lastFailure = Failure(.dnsError, "the name has no address")
    private var timer: Scheduled<Void>?

    /// - Parameters:
    ///   - judge: which rule allows an address, or why none does.
    ///   - completion: called once, unless the dial is cancelled.
    init(
        pool: OriginPool, endpoint: OriginEndpoint, judge: @escaping (IPAddress) -> Result<Int, Failure>,
        completion: @escaping (Result<OriginConnection, Failure>) -> Void
    ) {
        self.pool = pool
        self.endpoint = endpoint
        self.judge = judge
        self.completion = completion
    }

    func start() {
        timer = pool.eventLoop.assumeIsolated().scheduleTask(in: pool.connectTimeout) { self.timedOut() }
        pool.addresses(of: endpoint, for: self)
    }

    func cancel() {
        guard case .done = state else {
            let last = state
            _ = finish()
            if case .connecting(let connection) = last {
                connection.whenReady = nil
                connection.close()
            }
            return
        }
    }

    /// The lookup is over.
    func resolved(_ result: Result<[IPAddress], Failure>) {
        guard case .resolving = state else { return }
        switch result {
        case .failure(let failure):
            fail(failure)
        case .success(let addresses):
            var denied: Failure?
            for address in addresses {
                switch judge(address) {
                case .success(let rule): candidates.append((address, rule))
                case .failure(let failure): denied = failure
                }
            }
            if candidates.isEmpty, let denied { return fail(denied) }
            next()
        }
    }

    private func next() {
        guard let (address, rule) = candidates.popFirst() else { return fail(lastFailure) }
        let connection = pool.connect(endpoint, to: address, rule: rule)
        state = .connecting(connection)
        connection.whenReady = { failure in
            guard case .connecting(let current) = self.state, current === connection else { return }
            if let failure {
                self.lastFailure = failure
                self.next()
            } else {
                self.finish()?(.success(connection))
            }
        }
    }

    private func timedOut() {
        let last = state
        if case .resolving = last { return fail(Failure(.dnsTimeout)) }
        if case .connecting(let connection) = last {
            connection.whenReady = nil
            connection.close()
        }
        fail(Failure(.connectionTimeout))
    }

    private func fail(_ failure: Failure) {
        if case .done = state { return }
        finish()?(.failure(failure))
    }

    /// Lets go of everything, and of whom to tell, which it returns.
    private func finish() -> ((Result<OriginConnection, Failure>) -> Void)? {
        state = .done
        timer?.cancel()
        timer = nil
        endpoint.lookups.removeAll { $0 === self }
        defer { completion = nil }
        return completion
    }
}
