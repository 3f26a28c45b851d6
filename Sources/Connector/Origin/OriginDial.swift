import Dialling
import EgressPolicy
import NIOCore

/// One attempt to get a connection for one exchange: the name's addresses, each judged, one that waits in the pool if it
/// still leads there, and otherwise the allowed addresses dialled, all within the connect timeout. Confined to its event
/// loop.
final class OriginDial {
    private enum State {
        case resolving
        case racing(DialRace<Candidate, OriginConnection>)
        case done
    }

    private struct Candidate: DialCandidate {
        let address: IPAddress
        let rule: Int
        let trust: TLSClient.Trust
    }

    private let pool: OriginPool
    private let endpoint: OriginEndpoint
    private let judge: (IPAddress) -> Result<Int, Failure>
    private let reuse: ([IPAddress]) -> OriginConnection?
    private var completion: ((Result<OriginConnection, Failure>) -> Void)?
    private var state = State.resolving
    private var timer: Scheduled<Void>?

    /// - Parameters:
    ///   - judge: which rule allows an address, or why none does.
    ///   - reuse: a connection from the pool to one of these addresses, which the name has.
    ///   - completion: called once, unless the dial is cancelled.
    init(
        pool: OriginPool, endpoint: OriginEndpoint, judge: @escaping (IPAddress) -> Result<Int, Failure>,
        reuse: @escaping ([IPAddress]) -> OriginConnection?,
        completion: @escaping (Result<OriginConnection, Failure>) -> Void
    ) {
        self.pool = pool
        self.endpoint = endpoint
        self.judge = judge
        self.reuse = reuse
        self.completion = completion
    }

    func start() {
        timer = pool.eventLoop.assumeIsolated().scheduleTask(in: pool.connectTimeout) { self.timedOut() }
        pool.addresses(of: endpoint, for: self)
    }

    func cancel() {
        let last = state
        _ = finish()
        if case .racing(let race) = last { race.cancel() }
    }

    /// The lookup is over.
    func resolved(_ result: Result<[IPAddress], Failure>) {
        guard case .resolving = state else { return }
        switch result {
        case .failure(let failure):
            fail(failure)
        case .success(let addresses):
            if let connection = reuse(addresses) {
                finish()?(.success(connection))
                return
            }
            var candidates: [Candidate] = []
            var denied: Failure?
            for address in addresses {
                switch judge(address) {
                case .success(let rule):
                    candidates += pool.trusts(rule: rule).map { Candidate(address: address, rule: rule, trust: $0) }
                case .failure(let failure):
                    denied = failure
                }
            }
            if candidates.isEmpty, let denied { return fail(denied) }
            dial(candidates)
        }
    }

    private func dial(_ candidates: [Candidate]) {
        let race = DialRace(
            candidates, port: endpoint.origin.port, on: pool.eventLoop, silent: pool.silent,
            begin: { [pool, endpoint] in
                pool.connect(endpoint, to: $0.address, rule: $0.rule, trust: $0.trust)
            },
            completion: { result in
                switch result {
                case .success(let (connection, _)): self.finish()?(.success(connection))
                case .failure(let failure): self.fail(failure)
                }
            })
        state = .racing(race)
        race.run()
    }

    private func timedOut() {
        switch state {
        case .resolving: fail(Failure(.dnsTimeout))
        case .racing(let race): race.timedOut(Failure(.connectionTimeout))
        case .done: break
        }
    }

    private func fail(_ failure: Failure) {
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

extension OriginConnection: DialAttempt {}
