package import Audit
import GRDB
import Registry

/// Figures over the audit's records, and where its chain stands. The records themselves are in the journal.
extension SQLiteStore: AuditFigureStore {
    package func figuresEnd() throws -> AuditChain {
        try read { db in try Self.chain(db) }
    }

    package func auditCheckpoint() throws -> AuditCheckpoint {
        try read { db in try Self.checkpoint(db) }
    }

    package func add(_ figures: AuditFigures, through end: AuditChain) throws {
        try write { db in
            try figures.write(to: db)
            try Self.setChain(end, db)
        }
    }

    package func clearFigures() throws {
        try write { db in
            try db.execute(sql: "DELETE FROM audit_rollups; UPDATE audit_usage SET calls = removed")
            try Self.setChain(try Self.checkpoint(db).chain, db)
        }
    }

    package func move(
        to checkpoint: AuditCheckpoint, removed: [String: Int], before time: Int64, limit: Int
    ) throws -> Int {
        try write { db in
            if try Self.checkpoint(db) != checkpoint {
                try db.execute(
                    sql: "INSERT OR REPLACE INTO audit_checkpoint (id, seq, hash) VALUES (1, ?, ?)",
                    arguments: [checkpoint.chain.sequence, checkpoint.chain.hash.bytes.blob])
            }
            for (api, calls) in removed {
                try db.execute(
                    sql: """
                        UPDATE audit_usage SET removed = min(removed, 9223372036854775807 - ?1) + ?1 WHERE api_id = ?2
                        """,
                    arguments: [calls, api])
            }
            try db.execute(
                sql: """
                    DELETE FROM audit_rollups WHERE (api_id, hour, endpoint) IN (
                        SELECT api_id, hour, endpoint FROM audit_rollups INDEXED BY audit_rollups_by_hour
                        WHERE hour < ? ORDER BY hour LIMIT ?)
                    """,
                arguments: [time / AuditRollup.microsecondsPerHour, limit])
            return db.changesCount
        }
    }

    package func summary(
        user: String, api: String, since: Int64?, until: Int64?
    ) throws -> (AuditSummary, AuditChain) {
        try read { db in
            var summary = AuditSummary()
            let end = try Self.chain(db)
            guard let hours = AuditRollup.hours(since: since, until: until) else { return (summary, end) }
            let rows = try Row.fetchCursor(
                db,
                sql: """
                    SELECT endpoint, calls, succeeded, limited, total_us, request_bytes, response_bytes, last_used,
                           latency, errors
                    FROM audit_rollups WHERE api_id = ? AND hour BETWEEN ? AND ? AND user_id = ?
                    """,
                arguments: [api, hours.lowerBound, hours.upperBound, user])
            while let row = try rows.next() { summary.add(AuditRollup(row: row), endpoint: row["endpoint"]) }
            return (summary, end)
        }
    }

    package func usage(user: String?) throws -> ([String: AuditUsage], AuditChain) {
        try read { db in
            let rows = try Row.fetchAll(
                db, sql: "SELECT api_id, calls, last_used FROM audit_usage" + (user == nil ? "" : " WHERE user_id = ?"),
                arguments: user.map { [$0] } ?? [])
            let usage = Dictionary(
                rows.map { ($0["api_id"] as String, AuditUsage(calls: $0["calls"], lastUsed: $0["last_used"])) },
                uniquingKeysWith: { $1 })
            return (usage, try Self.chain(db))
        }
    }

    package func today(
        of apis: [String], now: Int64
    ) throws -> ([String: (calls: Int, limited: Int)], AuditChain) {
        let hours = AuditRollup.hoursOfDay(now)
        return try read { db in
            let sum = try db.cachedStatement(
                sql: """
                    SELECT sum(calls) AS calls, sum(limited) AS limited FROM audit_rollups
                    WHERE api_id = ? AND hour BETWEEN ? AND ?
                    """)
            var today: [String: (calls: Int, limited: Int)] = [:]
            for api in apis {
                let row = try Row.fetchOne(sum, arguments: [api, hours.lowerBound, hours.upperBound])
                if let row, let calls = row["calls"] as Int? { today[api] = (calls, row["limited"] ?? 0) }
            }
            return (today, try Self.chain(db))
        }
    }

    static func chain(_ db: Database) throws -> AuditChain {
        let row = try Row.fetchOne(db, sql: "SELECT seq, hash FROM audit_chain WHERE id = 1")
        guard let row, let hash = AuditHash(bytes: row.bytes("hash")) else {
            throw StoreError(.corrupt, "The audit's chain end is missing from the database. Restore a backup.")
        }
        return try chain(at: row["seq"], hash)
    }

    private static func setChain(_ chain: AuditChain, _ db: Database) throws {
        let update = try FastStatement(db, sql: "UPDATE audit_chain SET seq = ?, hash = ? WHERE id = 1")
        update.bind(chain.sequence, at: 1)
        update.bind(blob: chain.hash.bytes, at: 2)
        try update.run()
    }

    /// - Throws: `.corrupt` for a position at which no record can stand or be added to.
    static func chain(at sequence: Int64, _ hash: AuditHash) throws -> AuditChain {
        guard AuditChain.positions.contains(sequence) else {
            throw StoreError(.corrupt, "The audit's position in the database, \(sequence), is none. Restore a backup.")
        }
        return AuditChain(sequence: sequence, hash: hash)
    }

    static func checkpoint(_ db: Database) throws -> AuditCheckpoint {
        guard let row = try Row.fetchOne(db, sql: "SELECT seq, hash FROM audit_checkpoint WHERE id = 1") else {
            return .none
        }
        guard let hash = AuditHash(bytes: row.bytes("hash")) else {
            throw StoreError(.corrupt, "The audit's checkpoint in the database is damaged. Restore a backup.")
        }
        return AuditCheckpoint(chain: try chain(at: row["seq"], hash))
    }
}
