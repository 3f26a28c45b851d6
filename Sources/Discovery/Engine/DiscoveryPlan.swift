/// What is asked next, and when to stop: the budget of a discovery, as a state machine without a clock.
struct DiscoveryPlan: Sendable {
    /// What to do now.
    enum Next: Sendable {
        case ask(Probe, timeout: Duration, bytes: Int)
        case wait(Duration)
        case end(End)
    }

    /// Why it ended.
    enum End: String, Sendable {
        case finished
        case requests = "requests_spent"
        case bytes = "bytes_spent"
        case deadline = "deadline_reached"
        case askedToStop = "asked_to_stop"
        case unreachable
        case cancelled
    }

    private struct Asked: Hashable {
        let address: WebAddress
        let isPost: Bool
    }

    private static let mostWaiting = 400
    private let options: DiscoveryOptions
    private var waiting: [Probe] = []
    private var asked: Set<Asked> = []
    private var requests = 0
    private var bytes = 0
    private var lastStart: Duration?
    private var failures = 0
    private var hasAnswer = false
    private var end: End?

    init(_ options: DiscoveryOptions) {
        self.options = options
    }

    /// Takes an address up, once.
    ///
    /// - Returns: whether it is new.
    @discardableResult
    mutating func offer(_ probe: Probe) -> Bool {
        guard waiting.count < Self.mostWaiting, probe.depth <= options.depth else { return false }
        guard asked.insert(Asked(address: probe.address, isPost: probe.isPost)).inserted else { return promote(probe) }
        waiting.append(probe)
        return true
    }

    /// A guess that is confirmed by a link moves forward.
    private mutating func promote(_ probe: Probe) -> Bool {
        guard
            let index = waiting.firstIndex(where: { $0.address == probe.address && $0.isPost == probe.isPost }),
            probe.purpose.rank < waiting[index].purpose.rank
        else { return false }
        waiting[index] = probe
        return true
    }

    /// Drops what is no longer wanted.
    ///
    /// - Returns: how many there were.
    mutating func drop(_ isUnwanted: (Probe) -> Bool) -> Int {
        let before = waiting.count
        waiting.removeAll(where: isUnwanted)
        return before - waiting.count
    }

    /// What waits and will not be asked, now that it has ended.
    var left: Int { waiting.count }

    /// - Parameter now: since the beginning.
    mutating func next(at now: Duration) -> Next {
        if let end { return .end(end) }
        guard !waiting.isEmpty else { return .end(.finished) }
        if now >= options.deadline { return finish(.deadline) }
        if requests >= options.requests { return finish(.requests) }
        if bytes >= options.bytes { return finish(.bytes) }
        if let lastStart, now < lastStart + options.pause {
            guard lastStart + options.pause < options.deadline else { return finish(.deadline) }
            return .wait(lastStart + options.pause - now)
        }
        let probe = waiting.remove(at: best())
        requests += 1
        lastStart = now
        return .ask(
            probe, timeout: min(options.timeout, options.deadline - now),
            bytes: min(options.bytesOfOne, options.bytes - bytes))
    }

    /// The surest, in the order they came. While there are samples to learn from, guesses take two thirds at most.
    private func best() -> Int {
        let isGuessed = requests * 3 >= options.requests * 2 && waiting.contains { $0.purpose == .sample }
        let ranks = waiting.map { $0.purpose.rank + (isGuessed && $0.purpose.isGuess ? 100 : 0) }
        return ranks.indices.min { (ranks[$0], $0) < (ranks[$1], $1) } ?? 0
    }

    /// An answer came, of so many bytes.
    mutating func answered(_ count: Int) {
        failures = 0
        hasAnswer = true
        bytes += count
    }

    /// No answer came. Three in a row end it: nobody is there. Refusals by a rule count until something has answered:
    /// a connector that lets through one path refuses all others.
    mutating func failed(isRefused: Bool) {
        if isRefused, hasAnswer { return }
        failures += 1
        if failures == 3 { end = .unreachable }
    }

    /// Ends it, whatever waits.
    mutating func stop(_ reason: End) { end = end ?? reason }

    private mutating func finish(_ reason: End) -> Next {
        end = reason
        return .end(reason)
    }
}
