package import Audit
import GRDB

extension SQLiteStore: AuditStatistics {
    package func summary(user: String, api: String, since: Int64?, until: Int64?) throws -> AuditSummary {
        let hours = AuditRollup.microsecondsPerHour
        return try read { db in
            var summary = AuditSummary()
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT endpoint, calls, succeeded, limited, total_us, request_bytes, response_bytes, last_used,
                           latency, errors
                    FROM audit_rollups WHERE api_id = ? AND hour BETWEEN ? AND ? AND user_id = ?
                    """,
                arguments: [
                    api, since.map { $0 / hours } ?? .min, until.map { ($0 &- 1) / hours } ?? .max, user,
                ])
            while let row = try rows.next() { summary.add(AuditRollup(row: row), endpoint: row["endpoint"]) }
            return summary
        }
    }

    package func usage(user: String?) throws -> [String: AuditUsage] {
        try read { db in
            let rows = try Row.fetchAll(
                db, sql: "SELECT api_id, calls, last_used FROM audit_usage" + (user == nil ? "" : " WHERE user_id = ?"),
                arguments: user.map { [$0] } ?? [])
            return Dictionary(
                rows.map { ($0["api_id"], AuditUsage(calls: $0["calls"], lastUsed: $0["last_used"])) },
                uniquingKeysWith: { $1 })
        }
    }

    package func callsToday(of apis: [String], now: Int64) throws -> [String: Int] {
        let hour = now / AuditRollup.microsecondsPerHour
        return try read { db in
            let sum = try db.cachedStatement(
                sql: "SELECT sum(calls) FROM audit_rollups WHERE api_id = ? AND hour BETWEEN ? AND ?")
            var calls: [String: Int] = [:]
            for api in apis { calls[api] = try Int.fetchOne(sum, arguments: [api, hour / 24 * 24, hour]) }
            return calls
        }
    }

    package func recentCalls(api: String, since: Int64, now: Int64, limit: Int) throws -> RecentCalls {
        let hoursPerDay: Int64 = 24
        let hour = now / AuditRollup.microsecondsPerHour
        return try read { db in
            let times = try Int64.fetchAll(
                db,
                sql: """
                    SELECT time FROM audit INDEXED BY audit_by_api
                    WHERE api_id = ? AND time >= ? AND kind IN ('call', 'begin')
                        AND NOT (outcome = 'RATE_LIMITED' AND status IS NULL)
                    ORDER BY time DESC LIMIT ?
                    """,
                arguments: [api, since, limit])
            let today = try Int.fetchOne(
                db,
                sql: """
                    SELECT coalesce(sum(calls - limited), 0) FROM audit_rollups
                    WHERE api_id = ? AND hour BETWEEN ? AND ?
                    """,
                arguments: [api, hour / hoursPerDay * hoursPerDay, hour])
            return RecentCalls(times: times.reversed(), today: today ?? 0)
        }
    }
}
