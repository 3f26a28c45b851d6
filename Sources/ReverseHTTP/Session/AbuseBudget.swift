package import NIOCore

/// Bounds what a peer may do that costs it nothing and us something: resets, PINGs, SETTINGS, empty frames, and
/// stream errors that make us reset (CVE-2023-44487 and MadeYouReset). One token bucket for each kind.
package struct AbuseBudget: Sendable {
    /// What the peer did.
    package enum Kind: Int, Sendable, CaseIterable {
        case reset, ping, settings, emptyData, streamError, other
    }

    /// Tokens a bucket holds, and how many come back each second.
    package struct Bucket: Sendable {
        package var burst: Int
        package var perSecond: Int

        package init(burst: Int, perSecond: Int) {
            self.burst = burst
            self.perSecond = perSecond
        }
    }

    package struct Configuration: Sendable {
        /// RST_STREAM frames received. Default 1,000, 100 a second.
        package var reset = Bucket(burst: 1000, perSecond: 100)
        /// PING frames received. Default 50, 10 a second.
        package var ping = Bucket(burst: 50, perSecond: 10)
        /// SETTINGS frames received. Default 20, 1 a second.
        package var settings = Bucket(burst: 20, perSecond: 1)
        /// DATA and HEADERS frames that carry nothing. Default 100, 10 a second.
        package var emptyData = Bucket(burst: 100, perSecond: 10)
        /// Frames that made us reset a stream. Default 100, 10 a second.
        package var streamError = Bucket(burst: 100, perSecond: 10)
        /// PRIORITY and frames of unknown types. Default 1,000, 100 a second.
        package var other = Bucket(burst: 1000, perSecond: 100)

        package init() {}

        subscript(kind: Kind) -> Bucket {
            switch kind {
            case .reset: reset
            case .ping: ping
            case .settings: settings
            case .emptyData: emptyData
            case .streamError: streamError
            case .other: other
            }
        }
    }

    private let configuration: Configuration
    /// Milli-tokens left and when they were counted, by kind.
    private var levels: [(tokens: Int64, at: NIODeadline)]

    package init(_ configuration: Configuration, now: NIODeadline) {
        self.configuration = configuration
        self.levels = Kind.allCases.map { (Int64(configuration[$0].burst) * 1000, now) }
    }

    /// Takes one token; false when the budget of that kind is spent.
    package mutating func spend(_ kind: Kind, now: NIODeadline) -> Bool {
        let bucket = configuration[kind]
        var (tokens, at) = levels[kind.rawValue]
        let elapsed = max(0, (now - at).nanoseconds / 1_000_000)
        tokens = min(Int64(bucket.burst) * 1000, tokens + elapsed * Int64(bucket.perSecond))
        at = elapsed > 0 ? now : at
        guard tokens >= 1000 else {
            levels[kind.rawValue] = (tokens, at)
            return false
        }
        levels[kind.rawValue] = (tokens - 1000, at)
        return true
    }
}
