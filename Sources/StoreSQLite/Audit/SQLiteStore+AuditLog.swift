package import Audit
import GRDB

extension SQLiteStore: AuditLog {
    package func logs(_ query: AuditQuery) throws -> AuditPage {
        let limit = min(max(query.limit, 1), 1000)
        return try read { db in
            let horizon = try query.isForOneStatus ? Self.horizon(query, db) : nil
            let found =
                try query.isForOneEndpoint
                ? Self.findByHour(query, limit: limit + 1, db)
                : Self.find(query, limit: limit + 1, notBefore: horizon, db)
            let page = found.prefix(limit)
            let next =
                found.count > limit ? page.last.map { AuditCursor(time: $0["time"], sequence: $0["seq"]) } : horizon
            return AuditPage(records: page.map { Array(($0["record"] as String).utf8) }, next: next)
        }
    }

    /// One endpoint's records: an index for them would cost with every call. The figures tell in which hours there are
    /// any, and only those are read.
    private static func findByHour(_ query: AuditQuery, limit: Int, _ db: Database) throws -> [Row] {
        let length = AuditRollup.microsecondsPerHour
        var newest = query.until.map { ($0 &- 1) / length } ?? .max
        if let cursor = query.cursor { newest = min(newest, cursor.time / length) }
        // Names that are no endpoint are summed under the empty one.
        let hours = try Int64.fetchCursor(
            db,
            sql: """
                SELECT hour FROM audit_rollups
                WHERE api_id = ? AND hour BETWEEN ? AND ? AND endpoint IN (?, '') ORDER BY hour DESC
                """,
            arguments: [query.api, query.since.map { $0 / length } ?? .min, newest, query.endpoint])
        var found: [Row] = []
        var last: Int64?
        while found.count < limit, let hour = try hours.next() {
            if hour == last { continue }
            last = hour
            guard hour.magnitude < UInt64(Int64.max / length) else { continue }
            var part = query
            part.since = max(query.since ?? .min, hour * length)
            part.until = min(query.until ?? .max, (hour + 1) * length)
            found += try find(part, limit: limit - found.count, db)
        }
        return found
    }

    /// Records looked through for one page that no index leads to.
    private static let looked = 100_000

    /// Where a search that no index helps stops for this page, which may then be short; nil where it reaches the end.
    private static func horizon(_ query: AuditQuery, _ db: Database) throws -> AuditCursor? {
        var all = query
        all.upstreamStatus = nil
        return try find(all, limit: 1, offset: looked, db).first.map {
            AuditCursor(time: $0["time"], sequence: $0["seq"])
        }
    }

    private static func find(
        _ query: AuditQuery, limit: Int, offset: Int = 0, notBefore horizon: AuditCursor? = nil, _ db: Database
    ) throws -> [Row] {
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
        let isForFailures = query.outcome.map { $0 != "OK" } ?? false
        if isForFailures { conditions.append("outcome <> 'OK'") }
        add("(time, seq) < (:time, :seq)", "time", query.cursor?.time)
        if let cursor = query.cursor { arguments["seq"] = cursor.sequence }
        add("(time, seq) >= (:horizonTime, :horizonSeq)", "horizonTime", horizon?.time)
        if let horizon { arguments["horizonSeq"] = horizon.sequence }
        let kinds = query.kinds.map { "'\($0.rawValue)'" }.joined(separator: ", ")
        // Named, so that no statistics can change it.
        let index = query.api == nil ? "" : " INDEXED BY \(isForFailures ? "audit_failures" : "audit_by_api")"
        let sql = """
            SELECT seq, time, record FROM audit\(index)
            WHERE \(conditions.joined(separator: " AND ")) AND kind IN (\(kinds))
            ORDER BY time DESC, seq DESC LIMIT \(limit)\(offset == 0 ? "" : " OFFSET \(offset)")
            """
        return try Row.fetchAll(db.cachedStatement(sql: sql), arguments: StatementArguments(arguments))
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

extension AuditQuery {
    /// Whether records are asked for by what the API answered, which no index tells.
    fileprivate var isForOneStatus: Bool { upstreamStatus != nil && endpoint == nil && outcome == nil }

    /// Whether the figures, which count whole calls only, know the hours of what is asked for.
    fileprivate var isForOneEndpoint: Bool {
        api != nil && endpoint != nil && kinds.allSatisfy { $0 == .call || $0 == .end }
    }
}
