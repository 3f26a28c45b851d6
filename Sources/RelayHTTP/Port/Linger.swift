import NIOCore

/// Bounds the reading that goes on after an answer: a caller who writes a whole body before it reads still gets the
/// answer, and one who never stops writing does not keep the connection (RFC 9112, section 9.6; RFC 9113, section 8.1).
struct Linger {
    private let silence: TimeAmount
    private var end: NIODeadline
    private var bytes: Int
    /// When the reading ends unless something comes.
    private(set) var deadline: NIODeadline

    init(_ limits: PortLimits, now: NIODeadline) {
        silence = limits.lingerSilence
        end = now + limits.linger
        bytes = limits.lingerBytes
        deadline = min(end, now + silence)
    }

    /// Takes note of bytes that came; false when they are more than is read.
    mutating func received(_ count: Int, now: NIODeadline) -> Bool {
        bytes -= count
        deadline = min(end, now + silence)
        return bytes >= 0 && now < end
    }

    /// Ends the reading within a second, because the server is leaving.
    mutating func hurry(now: NIODeadline) {
        end = min(end, now + .seconds(1))
        deadline = min(deadline, end)
    }
}
