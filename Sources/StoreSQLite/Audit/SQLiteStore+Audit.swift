package import Audit
import GRDB
import Registry

extension SQLiteStore: AuditStore {
    package func auditChain() async throws -> AuditChain {
        try await inWriter { db in try Self.chain(db) }
    }

    package func append(_ entries: [AuditEntry]) async throws {
        guard let last = entries.last else { return }
        try await inWriter { db in
            let insert = try FastStatement(
                db,
                sql: """
                    INSERT INTO audit
                        (seq, time, kind, user_id, api_id, endpoint, outcome, status, request_id, record, hash)
                    VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                    """)
            var rollups = AuditRollups()
            for entry in entries {
                let record = entry.record
                insert.bind(entry.sequence, at: 1)
                insert.bind(record.time, at: 2)
                insert.bind(record.kind.rawValue, at: 3)
                insert.bind(record.user, at: 4)
                insert.bind(record.apiID, at: 5)
                insert.bind(record.endpoint, at: 6)
                insert.bind(record.outcome, at: 7)
                insert.bind(record.upstreamStatus, at: 8)
                insert.bind(record.requestID, at: 9)
                insert.bind(blob: entry.hash.bytes, at: 11)
                try entry.text.withUnsafeBufferPointer { text in
                    insert.bind(borrowing: text, at: 10)
                    try insert.run()
                }
                rollups.add(record)
            }
            try rollups.write(to: db)
            let update = try FastStatement(db, sql: "UPDATE audit_chain SET seq = ?, hash = ? WHERE id = 1")
            update.bind(last.sequence, at: 1)
            update.bind(blob: last.hash.bytes, at: 2)
            try update.run()
        }
    }

    package func probe() async throws {
        try await inWriter { db in
            try db.execute(sql: "UPDATE audit_chain SET probes = (probes + 1) % 1000000 WHERE id = 1")
        }
    }

    /// Runs a transaction on the writer's own queue. Unlike GRDB's `async` methods it does not end when the calling
    /// task is cancelled: what is being committed at shutdown is committed.
    private func inWriter<Value: Sendable>(_ body: @escaping @Sendable (Database) throws -> Value) async throws -> Value
    {
        let result: Result<Value, StoreError> = await withCheckedContinuation { continuation in
            pool.asyncWriteWithoutTransaction { db in
                do {
                    var value: Value?
                    try db.inTransaction(.immediate) {
                        value = try body(db)
                        return .commit
                    }
                    guard let value else { throw StoreError(.other, "A transaction gave no result.") }
                    continuation.resume(returning: .success(value))
                } catch {
                    continuation.resume(returning: .failure(StoreError(mapping: error)))
                }
            }
        }
        return try result.get()
    }

    static func chain(_ db: Database) throws -> AuditChain {
        let row = try Row.fetchOne(db, sql: "SELECT seq, hash FROM audit_chain WHERE id = 1")
        guard let row, let hash = AuditHash(bytes: row.bytes("hash")) else {
            throw StoreError(.corrupt, "The audit's chain end is missing from the database. Restore a backup.")
        }
        return try chain(at: row["seq"], hash)
    }

    /// - Throws: `.corrupt` for a position at which no record can stand or be added to.
    static func chain(at sequence: Int64, _ hash: AuditHash) throws -> AuditChain {
        guard AuditChain.positions.contains(sequence) else {
            throw StoreError(.corrupt, "The audit's position in the database, \(sequence), is none. Restore a backup.")
        }
        return AuditChain(sequence: sequence, hash: hash)
    }
}
