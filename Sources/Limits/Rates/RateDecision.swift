/// Whether a call may go, and what its caller is told about the limits.
package struct RateDecision: Sendable, Hashable {
    package enum Limit: String, Sendable, Hashable {
        case minute, day
        /// No limit of the API's: the table of keys is full, and none in it can be forgotten without letting through
        /// calls that its limit forbids.
        case table
    }

    package enum Outcome: Sendable, Hashable {
        case allowed
        /// The longest wait among the limits that refuse, and the limit it belongs to. `retryAfter` is in whole
        /// seconds, at least 1: a call made then meets none of them, unless other calls came first.
        case refused(by: Limit, retryAfter: Int)
    }

    /// What one limit amounts to after this call.
    package struct Quota: Sendable, Hashable {
        package var limit: Int
        /// Calls that would be allowed now.
        package var remaining: Int
        /// Seconds until all of `limit` is there again if no call comes, rounded up.
        package var reset: Int
    }

    package var outcome: Outcome
    package var minute: Quota?
    package var day: Quota?

    package var isAllowed: Bool { outcome == .allowed }

    /// The limit that is nearest to refusing.
    package var tightest: Quota? {
        guard let minute else { return day }
        guard let day else { return minute }
        return day.remaining < minute.remaining ? day : minute
    }
}
