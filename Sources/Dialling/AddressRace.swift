package import NIOCore

/// When each of a name's addresses is tried: the next 250 ms after the last, or at once where an attempt came to nothing
/// (RFC 8305, section 5). A value without sockets or time of its own.
package struct AddressRace<Candidate> {
    /// The Connection Attempt Delay.
    package static var stagger: TimeAmount { .milliseconds(250) }

    private var waiting: ArraySlice<Candidate>
    private var running = 0
    /// When ``next(now:)`` should be asked again; nil for not at all.
    package private(set) var due: NIODeadline?

    /// - Parameter candidates: in the order in which they are to be tried.
    package init(_ candidates: [Candidate], now: NIODeadline) {
        waiting = candidates[...]
        due = candidates.isEmpty ? nil : now
    }

    /// Whom to try now, if anybody.
    package mutating func next(now: NIODeadline) -> Candidate? {
        guard let due, due <= now, let candidate = waiting.popFirst() else { return nil }
        running += 1
        self.due = waiting.isEmpty ? nil : now + Self.stagger
        return candidate
    }

    /// An attempt came to nothing.
    package mutating func failed(now: NIODeadline) {
        running -= 1
        if !waiting.isEmpty { due = now }
    }

    /// Every attempt came to nothing.
    package var isLost: Bool { waiting.isEmpty && running == 0 }
}
