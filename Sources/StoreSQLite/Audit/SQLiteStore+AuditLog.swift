package import Audit
import GRDB

extension SQLiteStore: AuditLog {
    package func logs(_ query: AuditQuery) throws -> AuditPage {
        let limit = min(max(query.limit, 1), 1000)
        var conditions = ["user_id = :user"]
        var arguments: [String: (any DatabaseValueConvertible)?] = ["user": query.user]
        func add(_ condition: String, _ name: String, _ value: (any DatabaseValueConvertible)?) {
            guard let value else { return }
            conditions.append(condition)
            arguments[name] = value
        }
        add("api_id = :api", "api", query.api)
        add("endpoint = :endpoint", "endpoint", query.endpoint)
        add("outcome = :outcome", "outcome", query.outcome)
        add("status = :status", "status", query.upstreamStatus)
        add("time >= :since", "since", query.since)
        add("time < :until", "until", query.until)
        // Failures are few and have an index of their own, for which the condition has to stand here literally.
        if let outcome = query.outcome, outcome != "OK" { conditions.append("outcome <> 'OK'") }
        add("(time, seq) < (:time, :seq)", "time", query.cursor?.time)
        if let cursor = query.cursor { arguments["seq"] = cursor.sequence }
        let kinds = query.kinds.map { "'\($0.rawValue)'" }.joined(separator: ", ")
        let sql = """
            SELECT seq, time, record FROM audit\(Self.index(for: query).map { " INDEXED BY \($0)" } ?? "")
            WHERE \(conditions.joined(separator: " AND ")) AND kind IN (\(kinds))
            ORDER BY time DESC, seq DESC LIMIT \(limit + 1)
            """
        return try read { [arguments, sql] db in
            let rows = try Row.fetchAll(db, sql: sql, arguments: StatementArguments(arguments))
            let page = rows.prefix(limit)
            let next = rows.count > limit ? page.last.map { AuditCursor(time: $0["time"], sequence: $0["seq"]) } : nil
            return AuditPage(records: page.map { Array(($0["record"] as String).utf8) }, next: next)
        }
    }

    /// The index whose order and range a page is read in, chosen here so that no statistics can change it.
    private static func index(for query: AuditQuery) -> String? {
        guard query.api != nil else { return nil }
        if query.endpoint != nil { return "audit_by_endpoint" }
        if let outcome = query.outcome, outcome != "OK" { return "audit_failures" }
        return "audit_by_api"
    }

    package func records(after sequence: Int64, limit: Int) throws -> [(text: [UInt8], stored: AuditChain)] {
        try read { db in
            try Row.fetchAll(
                db, sql: "SELECT seq, record, hash FROM audit WHERE seq > ? ORDER BY seq LIMIT ?",
                arguments: [sequence, limit]
            ).map { row in
                // A hash of the wrong length cannot match: the record counts as changed.
                let hash = AuditHash(bytes: row.bytes("hash")) ?? .genesis
                return (Array((row["record"] as String).utf8), AuditChain(sequence: row["seq"], hash: hash))
            }
        }
    }

    package func storedChain() throws -> AuditChain {
        try read { db in try Self.chain(db) }
    }
}
