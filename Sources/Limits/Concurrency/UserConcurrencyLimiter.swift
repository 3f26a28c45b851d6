/// Limits concurrent long-running work, in total and per user, so that no user keeps the others out.
package final class UserConcurrencyLimiter: Sendable {
    private let limiter = InFlightLimiter()
    private let total: Int
    private let perUser: Int

    /// - Parameters:
    ///   - total: the most pieces of work at once, of all users.
    ///   - perUser: the most of them that belong to one user.
    package init(total: Int, perUser: Int) {
        self.total = total
        self.perUser = perUser
    }

    /// The pieces of work that have entered and not left.
    package var count: Int { limiter.count(of: .relay) }

    /// Admits a piece of a user's work, which then owes a ``leave(_:)``.
    ///
    /// - Returns: false where the user, or all users together, have as many as they may.
    package func enter(_ user: String) -> Bool { limiter.enter(claims(user)) == nil }

    /// Ends a piece of work that ``enter(_:)`` admitted.
    package func leave(_ user: String) { limiter.leave(claims(user)) }

    private func claims(_ user: String) -> [InFlightLimiter.Claim] {
        [.init(.relay, limit: total), .init(.user(user), limit: perUser)]
    }
}
