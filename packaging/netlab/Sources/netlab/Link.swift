/// One direction of the wire, without any packet: decides what becomes of a packet and when it arrives.
///
/// The rate is a token bucket one packet deep: packets leave back to back at exactly the rate, and an idle link saves
/// nothing up.
struct Link {
    /// What becomes of one packet.
    enum Verdict: Equatable {
        case deliver(at: Nanoseconds)
        /// The link is set to drop everything.
        case silenced
        /// The dice decided.
        case lost
        /// The queue was full.
        case overflowed
    }

    /// Tells the two directions' dice apart.
    private let stream: UInt64
    private var random: SplitMix64
    /// When the last byte of the packet before leaves the token bucket.
    private var freeAt: Nanoseconds = 0

    private(set) var settings: LinkSettings

    init(_ settings: LinkSettings, stream: UInt64) {
        self.settings = settings
        self.stream = stream
        random = SplitMix64(seed: settings.seed &+ stream)
    }

    /// Applies to packets that come from now on; those under way keep their time.
    mutating func apply(_ new: LinkSettings) {
        if new.rate != settings.rate {
            freeAt = 0
        }
        settings = new
    }

    /// Starts the dice again from the seed of the settings.
    mutating func restartDice() {
        random = SplitMix64(seed: settings.seed &+ stream)
    }

    /// Judges a packet of `bytes` that comes at `now` while `queued` bytes are under way.
    mutating func admit(bytes: Int, queued: Int, now: Nanoseconds) -> Verdict {
        if settings.isDropping { return .silenced }
        if settings.loss > 0, Double.random(in: 0..<1, using: &random) < settings.loss { return .lost }
        if queued + bytes > settings.queueLimit { return .overflowed }
        guard settings.rate > 0 else { return .deliver(at: now + settings.delay) }
        freeAt = max(freeAt, now) + Nanoseconds(bytes) * 1_000_000_000 / Nanoseconds(settings.rate)
        return .deliver(at: freeAt + settings.delay)
    }
}
