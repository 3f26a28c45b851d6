package import NIOCore

/// Whether a call is made again, and when: full jitter between nothing and a ceiling that doubles, as in "Exponential
/// Backoff And Jitter" (AWS Architecture Blog), with `Retry-After` obeyed, never past the deadline.
///
/// A call is sent twice only when it provably was not processed, or when its method is idempotent (RFC 9110 section
/// 9.2.2).
package struct RetryPolicy: Sendable, Hashable {
    /// How one attempt ended.
    package struct Outcome: Sendable, Hashable {
        package enum Kind: Sendable, Hashable {
            /// Provably not processed: connection refused, REFUSED_STREAM, above GOAWAY's last stream id.
            case unsent
            /// Sent, at least in part, and the answer did not come whole.
            case noAnswer
            /// Answered with this status.
            case status(Int)
            /// Failed in a way that would fail again: a certificate, a policy.
            case permanent
        }

        package var kind: Kind
        /// Whether sending the request twice means the same as once.
        package var isIdempotent: Bool
        /// Whether the request's body is still there to be sent.
        package var isReplayable: Bool
        /// What the other side asked for.
        package var retryAfter: TimeAmount?

        package init(
            _ kind: Kind, isIdempotent: Bool, isReplayable: Bool = true, retryAfter: TimeAmount? = nil
        ) {
            self.kind = kind
            self.isIdempotent = isIdempotent
            self.isReplayable = isReplayable
            self.retryAfter = retryAfter
        }
    }

    package enum Decision: Sendable, Hashable {
        case wait(TimeAmount)
        case giveUp
    }

    /// How often a request is sent again at once, beside ``attempts``, because its session did not process it.
    package static let resendings = 2

    /// The most attempts, the first included. Default 3.
    package var attempts = 3
    /// The first ceiling of the wait. Default 0.1 s.
    package var firstCeiling: TimeAmount = .milliseconds(100)
    /// The last ceiling of the wait. Default 5 s.
    package var lastCeiling: TimeAmount = .seconds(5)
    /// What must be left before the deadline when the wait is over, for an attempt to make sense. Default 50 ms.
    package var leastTime: TimeAmount = .milliseconds(50)

    package init() {}

    /// What to do after an attempt.
    ///
    /// - Parameters:
    ///   - attempt: the number of the attempt that ended so, from 1.
    ///   - random: gives a number in 0..<1, for the jitter.
    package func next(
        after outcome: Outcome, attempt: Int, now: NIODeadline, deadline: NIODeadline, random: () -> Double
    ) -> Decision {
        guard attempt < attempts, outcome.isReplayable, Self.isWorthRepeating(outcome) else { return .giveUp }
        // Jitter comes on top of what was asked for: everybody else was asked for the same.
        let wait = max(outcome.retryAfter ?? .zero, .zero).saturatingAdd(jitter(attempt, random))
        let left = deadline - now
        guard left > .zero, wait.saturatingAdd(leastTime) <= left else { return .giveUp }
        return .wait(wait)
    }

    private static func isWorthRepeating(_ outcome: Outcome) -> Bool {
        switch outcome.kind {
        case .unsent: true
        case .noAnswer: outcome.isIdempotent
        case .status(let status): outcome.isIdempotent && [408, 429, 502, 503, 504].contains(status)
        case .permanent: false
        }
    }

    private func jitter(_ attempt: Int, _ random: () -> Double) -> TimeAmount {
        let doubled = firstCeiling.nanoseconds.multipliedReportingOverflow(by: 1 << Int64(min(max(attempt - 1, 0), 20)))
        let ceiling = doubled.overflow ? lastCeiling : min(lastCeiling, .nanoseconds(doubled.partialValue))
        return .nanoseconds(Int64(Double(max(ceiling.nanoseconds, 0)) * min(max(random(), 0), 1)))
    }
}

extension TimeAmount {
    /// A hostile `Retry-After` may be any number.
    fileprivate func saturatingAdd(_ other: TimeAmount) -> TimeAmount {
        let (sum, overflow) = nanoseconds.addingReportingOverflow(other.nanoseconds)
        return .nanoseconds(overflow ? .max : sum)
    }
}
