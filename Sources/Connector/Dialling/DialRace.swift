import Dialling
import EgressPolicy
import NIOCore

/// An attempt to bring up a connection, the TLS handshake included. Confined to its event loop.
protocol DialAttempt: AnyObject {
    /// Hears once how it went: nil for well.
    var whenReady: ((Failure?) -> Void)? { get set }
    func close()
}

/// An address, and how it is dialled.
protocol DialCandidate {
    var address: IPAddress { get }
}

extension IPAddress: DialCandidate {
    var address: IPAddress { self }
}

/// Tries a name's addresses, overlapping, until one has a connection (RFC 8305). Confined to its event loop.
final class DialRace<Candidate: DialCandidate, Attempt: DialAttempt> {
    private let eventLoop: any EventLoop
    private let port: Int
    private let silent: SilentAddresses
    private let begin: (Candidate) -> Attempt
    private var completion: ((Result<(Attempt, IPAddress), Failure>) -> Void)?
    private var race: AddressRace<Candidate>
    /// Those under way, the oldest first.
    private var running: [(attempt: Attempt, address: IPAddress)] = []
    private var timer: Scheduled<Void>?
    private var failure = Failure(.dnsError, "the name has no address")

    /// - Parameters:
    ///   - begin: starts an attempt, which answers in a later turn of the loop.
    ///   - completion: called once, unless the race is cancelled.
    init(
        _ candidates: [Candidate], port: Int, on eventLoop: any EventLoop, silent: SilentAddresses,
        begin: @escaping (Candidate) -> Attempt,
        completion: @escaping (Result<(Attempt, IPAddress), Failure>) -> Void
    ) {
        self.eventLoop = eventLoop
        self.port = port
        self.silent = silent
        self.begin = begin
        self.completion = completion
        race = AddressRace(silent.order(candidates, by: \.address, port: port, now: .now()), now: .now())
    }

    /// Begins what is due.
    func run() {
        guard completion != nil else { return }
        while let candidate = race.next(now: .now()) {
            let (attempt, address) = (begin(candidate), candidate.address)
            running.append((attempt, address))
            attempt.whenReady = { self.ended(attempt, address, $0) }
        }
        timer?.cancel()
        timer = race.due.map { due in
            eventLoop.assumeIsolated().scheduleTask(deadline: due) { self.run() }
        }
        if race.isLost { finish()?(.failure(failure)) }
    }

    /// It has taken too long: nobody has answered.
    func timedOut(_ failure: Failure) {
        for (_, address) in running { silent.insert(address, port: port, now: .now()) }
        finish()?(.failure(failure))
    }

    func cancel() {
        _ = finish()
    }

    private func ended(_ attempt: Attempt, _ address: IPAddress, _ failure: Failure?) {
        guard let index = running.firstIndex(where: { $0.attempt === attempt }) else { return }
        running.remove(at: index)
        if let failure {
            if failure.kind == .connectionTimeout || failure.kind == .unroutable {
                silent.insert(address, port: port, now: .now())
            }
            // A certificate that is refused says more than a port that is closed.
            if self.failure.kind != .tlsCertificate { self.failure = failure }
            race.failed(now: .now())
            run()
        } else {
            // Who began earlier and has not answered yet is slower by the stagger at least.
            for (_, address) in running[..<index] { silent.insert(address, port: port, now: .now()) }
            silent.remove(address, port: port)
            finish()?(.success((attempt, address)))
        }
    }

    /// Lets go of everything, and of whom to tell, which it returns.
    private func finish() -> ((Result<(Attempt, IPAddress), Failure>) -> Void)? {
        timer?.cancel()
        timer = nil
        for (attempt, _) in running {
            attempt.whenReady = nil
            attempt.close()
        }
        running = []
        defer { completion = nil }
        return completion
    }
}
