package import Audit
import GRDB
import Registry

extension SQLiteStore: AuditRetention {
    package func auditCheckpoint() throws -> AuditCheckpoint {
        try read { db in try Self.checkpoint(db) }
    }

    package func prune(before time: Int64, limit: Int) throws -> AuditPruning {
        try write { db in
            let checkpoint = try Self.checkpoint(db)
            var verifier = AuditVerifier(after: checkpoint.chain, limit: 1)
            var removed = 0
            let rows = try Row.fetchCursor(
                db, sql: "SELECT seq, time, record, hash FROM audit ORDER BY seq LIMIT ?", arguments: [limit])
            while let row = try rows.next(), row["time"] < time {
                let hash = AuditHash(bytes: row.bytes("hash")) ?? .genesis
                verifier.check(
                    text: Array((row["record"] as String).utf8), stored: AuditChain(sequence: row["seq"], hash: hash))
                removed += 1
            }
            if let finding = verifier.findings.first {
                throw StoreError(
                    .corrupt, "Old audit records are kept, for they do not verify: \(finding) Run audit verify.")
            }
            if removed > 0 {
                try db.execute(sql: "DELETE FROM audit WHERE seq <= ?", arguments: [verifier.chain.sequence])
                try db.execute(
                    sql: "INSERT OR REPLACE INTO audit_checkpoint (id, seq, hash) VALUES (1, ?, ?)",
                    arguments: [verifier.chain.sequence, verifier.chain.hash.bytes.blob])
            }
            let figures = try Self.pruneFigures(before: time, limit: limit, db)
            return AuditPruning(
                removed: removed, isDone: removed < limit && figures < limit,
                checkpoint: AuditCheckpoint(chain: verifier.chain))
        }
    }

    private static func pruneFigures(before time: Int64, limit: Int, _ db: Database) throws -> Int {
        try db.execute(
            sql: """
                DELETE FROM audit_rollups WHERE (api_id, hour, endpoint) IN (
                    SELECT api_id, hour, endpoint FROM audit_rollups INDEXED BY audit_rollups_by_hour
                    WHERE hour < ? ORDER BY hour LIMIT ?)
                """,
            arguments: [time / AuditRollup.microsecondsPerHour, limit])
        return db.changesCount
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
