import Audit
import GRDB
import Value

extension AuditFigures {
    /// Merges everything with what is stored.
    func write(to db: Database) throws {
        guard !isEmpty else { return }
        let stored = try db.cachedStatement(
            sql: """
                SELECT calls, succeeded, limited, total_us, request_bytes, response_bytes, last_used, latency, errors
                FROM audit_rollups WHERE api_id = ? AND hour = ? AND endpoint = ?
                """)
        let upsert = try FastStatement(
            db,
            sql: """
                INSERT INTO audit_rollups
                    (api_id, hour, endpoint, user_id, calls, succeeded, limited, total_us, request_bytes,
                     response_bytes, last_used, latency, errors)
                VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13)
                ON CONFLICT (api_id, hour, endpoint) DO UPDATE SET
                    calls = ?5, succeeded = ?6, limited = ?7, total_us = ?8, request_bytes = ?9, response_bytes = ?10,
                    last_used = ?11, latency = ?12, errors = ?13
                """)
        for (key, sum) in sums {
            var rollup = sum.rollup
            if let row = try Row.fetchOne(stored, arguments: [key.api, key.hour, key.endpoint]) {
                rollup.merge(AuditRollup(row: row))
            }
            upsert.bind(key.api, at: 1)
            upsert.bind(key.hour, at: 2)
            upsert.bind(key.endpoint, at: 3)
            upsert.bind(sum.user, at: 4)
            upsert.bind(rollup.calls, at: 5)
            upsert.bind(rollup.succeeded, at: 6)
            upsert.bind(rollup.limited, at: 7)
            upsert.bind(rollup.totalMicroseconds, at: 8)
            upsert.bind(rollup.requestBytes, at: 9)
            upsert.bind(rollup.responseBytes, at: 10)
            upsert.bind(rollup.lastUsed, at: 11)
            upsert.bind(blob: rollup.latency.bytes, at: 12)
            upsert.bind(rollup.errorText, at: 13)
            try upsert.run()
        }
        try writeUsage(to: db)
    }

    private func writeUsage(to db: Database) throws {
        let upsert = try FastStatement(
            db,
            sql: """
                INSERT INTO audit_usage (api_id, user_id, calls, last_used) VALUES (?1, ?2, ?3, ?4)
                ON CONFLICT (api_id) DO UPDATE SET
                    calls = min(calls, 9223372036854775807 - ?3) + ?3, last_used = max(last_used, ?4)
                """)
        for (api, one) in usage {
            upsert.bind(api, at: 1)
            upsert.bind(one.user, at: 2)
            upsert.bind(one.usage.calls, at: 3)
            upsert.bind(one.usage.lastUsed, at: 4)
            try upsert.run()
        }
    }

    /// Adds up what the first version of the schema recorded before there were figures.
    static func addAll(_ db: Database) throws {
        var figures = AuditFigures()
        let rows = try Row.fetchCursor(
            db, sql: "SELECT record, kind, time, user_id, api_id, endpoint, outcome, status, request_id FROM audit")
        while let row = try rows.next() {
            guard let kind = AuditRecord.Kind(rawValue: row["kind"]) else { continue }
            let json = try? JSON.parse(row["record"] as String)
            let times = (json?["times_us"]?.object ?? [:]).map { key, value in
                AuditRecord.StageTime(key, microseconds: value.int ?? 0)
            }
            figures.add(
                AuditRecord(
                    kind: kind, time: row["time"], requestID: row["request_id"], user: row["user_id"],
                    apiID: row["api_id"], endpoint: row["endpoint"], outcome: row["outcome"],
                    upstreamStatus: row["status"], requestBytes: json?["request_bytes"]?.int ?? 0,
                    responseBytes: json?["response_bytes"]?.int ?? 0, times: times))
        }
        try figures.write(to: db)
    }
}

extension AuditRollup {
    init(row: Row) {
        self.init()
        calls = row["calls"]
        succeeded = row["succeeded"]
        limited = row["limited"]
        totalMicroseconds = row["total_us"]
        requestBytes = row["request_bytes"]
        responseBytes = row["response_bytes"]
        lastUsed = row["last_used"]
        latency = LatencyHistogram(bytes: row.bytes("latency"))
        for part in (row["errors"] as String).split(separator: " ") {
            let pair = part.split(separator: "=")
            if pair.count == 2, let count = Int(pair[1]) { errors[String(pair[0]), default: 0].add(count) }
        }
    }

    /// `TIMEOUT=3 UPSTREAM_ERROR=1`.
    var errorText: String {
        errors.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }.joined(separator: " ")
    }
}
