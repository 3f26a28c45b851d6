/// Figures over what was recorded. All methods block on the disk: call them away from event loops.
package protocol AuditStatistics: Sendable {
    /// An API's calls between two times, in whole hours (UTC): the hour of `since` and that of `until` are included.
    func summary(user: String, api: String, since: Int64?, until: Int64?) throws -> AuditSummary
    /// Calls and latest call of each of a user's APIs (`nil`: of everybody's), by the API's id; an API never called has
    /// none.
    func usage(user: String?) throws -> [String: AuditUsage]
    /// The calls of this UTC day, by the API's id; an API that had none may be missing.
    ///
    /// - Parameter now: microseconds since 1970.
    func callsToday(of apis: [String], now: Int64) throws -> [String: Int]
    /// What APIs' rate limits have to know at the start.
    ///
    /// - Parameters:
    ///   - apis: times returned at most, the latest, by the API's id.
    ///   - since: times of calls from then on, in microseconds since 1970.
    ///   - now: the current time; the day counted is its UTC day.
    func recentCalls(of apis: [String: Int], since: Int64, now: Int64) throws -> [String: RecentCalls]
}

extension AuditStatistics {
    /// The same for one API; `limit` is how many times are returned at most.
    package func recentCalls(api: String, since: Int64, now: Int64, limit: Int) throws -> RecentCalls {
        try recentCalls(of: [api: limit], since: since, now: now)[api] ?? RecentCalls(times: [], today: 0)
    }
}

/// An API's calls over a while.
package struct AuditSummary: Sendable, Hashable {
    /// All calls together.
    package var all = AuditRollup()
    /// The same by endpoint; `""` gathers names that were no endpoint.
    package var endpoints: [String: AuditRollup] = [:]

    package init() {}

    /// Adds what one hour's calls of an endpoint come to.
    package mutating func add(_ rollup: AuditRollup, endpoint: String) {
        all.merge(rollup)
        endpoints[endpoint, default: AuditRollup()].merge(rollup)
    }
}

extension AuditRollup {
    /// Calls with outcome `OK`, as a fraction of all; `nil` for none.
    package var successRate: Double? { calls == 0 ? nil : Double(succeeded) / Double(calls) }

    /// In microseconds; `nil` for no call.
    package var meanMicroseconds: Double? { calls == 0 ? nil : Double(totalMicroseconds) / Double(calls) }
}

/// How much an API was used.
package struct AuditUsage: Sendable, Hashable {
    package var calls: Int
    /// The latest call's time, in microseconds since 1970.
    package var lastUsed: Int64

    package init(calls: Int, lastUsed: Int64) {
        self.calls = calls
        self.lastUsed = lastUsed
    }
}

/// An API's latest calls, those left out that its own limits refused.
package struct RecentCalls: Sendable, Hashable {
    /// Microseconds since 1970, oldest first.
    package var times: [Int64]
    /// Calls of the current UTC day that have ended.
    package var today: Int

    package init(times: [Int64], today: Int) {
        self.times = times
        self.today = today
    }
}
