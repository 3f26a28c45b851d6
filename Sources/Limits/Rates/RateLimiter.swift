import Synchronization

/// The rate limits of all APIs: per sliding minute and per UTC day.
///
/// The table holds at most ``capacity`` keys. When it is full, keys are forgotten whose limits have all their calls
/// left; while there is none, a new key is refused rather than another one's limit forgotten.
package final class RateLimiter: Sendable {
    private struct Table {
        var windows: [LimitKey: RateWindow] = [:]
        /// Before this time the table is not searched again for keys to forget: microseconds since 1970.
        var nextSweep: Int64 = .min
    }

    /// Microseconds between two searches, so that a full table costs new keys no search each.
    private static let sweepInterval: Int64 = 1_000_000

    package let capacity: Int
    private let table = Mutex(Table())

    /// - Parameter capacity: the most keys held; a busy key takes about 700 bytes. Default 20,000.
    package init(capacity: Int = 20_000) {
        self.capacity = max(capacity, 1)
    }

    /// The keys held now, for a gauge.
    package var count: Int { table.withLock { $0.windows.count } }

    /// One limit that a call comes under.
    package struct Claim: Sendable {
        package let key: LimitKey
        package let limits: RateLimits

        package init(_ key: LimitKey, _ limits: RateLimits) {
            self.key = key
            self.limits = limits
        }
    }

    /// Judges a call of `key`, and counts it where it is allowed.
    /// - Parameter now: microseconds since 1970.
    package func take(_ key: LimitKey, _ limits: RateLimits, now: Int64) -> RateDecision {
        take([Claim(key, limits)], now: now).first ?? RateDecision(outcome: .allowed)
    }

    /// Judges a call under several limits, and counts it under all of them where all allow it, under none otherwise.
    ///
    /// - Parameters:
    ///   - claims: no two of one key.
    ///   - now: microseconds since 1970.
    /// - Returns: a decision for each claim, in their order.
    package func take(_ claims: [Claim], now: Int64) -> [RateDecision] {
        guard claims.contains(where: { $0.limits.limitsAnything }) else {
            return claims.map { _ in RateDecision(outcome: .allowed) }
        }
        return table.withLock { table in
            let judged = claims.map { judge($0, in: &table, now: now, counts: false) }
            guard judged.allSatisfy(\.isAllowed) else { return judged }
            return claims.map { judge($0, in: &table, now: now, counts: true) }
        }
    }

    private func judge(_ claim: Claim, in table: inout Table, now: Int64, counts: Bool) -> RateDecision {
        guard claim.limits.limitsAnything else { return RateDecision(outcome: .allowed) }
        guard makeRoom(for: claim.key, in: &table, now: now) else {
            return RateDecision(outcome: .refused(by: .table, retryAfter: 1))
        }
        return table.windows[claim.key, default: RateWindow()].take(claim.limits, now: now, counts: counts)
    }

    /// Counts calls that were made before this process started, so that a restart gives nobody a second quota. Call it
    /// once a key, with the audit's tail: what lies before this minute and this UTC day is passed over.
    /// - Parameters:
    ///   - callTimes: microseconds since 1970, in any order.
    ///   - now: microseconds since 1970.
    /// - Returns: false where the table is full.
    @discardableResult
    package func restore(_ key: LimitKey, callTimes: some Sequence<Int64>, now: Int64) -> Bool {
        table.withLock { table in
            guard makeRoom(for: key, in: &table, now: now) else { return false }
            table.windows[key, default: RateWindow()].restore(callTimes, now: now)
            return true
        }
    }

    /// Forgets a key, because its API is gone.
    package func forget(_ key: LimitKey) {
        table.withLock { _ = $0.windows.removeValue(forKey: key) }
    }

    private func makeRoom(for key: LimitKey, in table: inout Table, now: Int64) -> Bool {
        if table.windows.count < capacity || table.windows[key] != nil { return true }
        // A clock that was set back must not put the search off.
        guard now >= table.nextSweep || table.nextSweep - now > Self.sweepInterval else { return false }
        table.nextSweep = now + Self.sweepInterval
        table.windows = table.windows.filter { !$0.value.isIdle(at: now) }
        return table.windows.count < capacity
    }
}
