package import Audit
import GRDB
import Registry

/// Which journal belongs to the database, and records that former versions kept in the database itself.
extension SQLiteStore {
    /// The number of the folder that the journal is in. A restored backup gets a folder of its own, so that database and
    /// journal change together, when the database takes its place.
    package func journalGeneration() throws -> Int {
        try read { db in
            try Int.fetchOne(db, sql: "SELECT generation FROM audit_journal WHERE id = 1") ?? 1
        }
    }

    /// Gives the database a journal in a folder of its own.
    ///
    /// - Parameter journals: the folder that journals are in.
    package func beginJournal(beside journals: String) throws {
        let used = DatabaseFile.folderContents(of: journals + "/").compactMap { Int($0) }
        try write { db in
            try db.execute(sql: "UPDATE audit_journal SET generation = ?", arguments: [(used.max() ?? 0) + 1])
        }
    }

    /// Whether records are still in the database, as former versions kept them.
    package func holdsRecords() throws -> Bool {
        try read { db in try db.tableExists("audit") }
    }

    /// Records that are still in the database, after `sequence`, in order: text, and the place kept beside it.
    package func records(inDatabaseAfter sequence: Int64, limit: Int) throws -> [(text: [UInt8], stored: AuditChain)] {
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

    /// Removes the records from the database, which the journal has now, and gives their room back.
    package func dropRecords() throws {
        try write { db in try db.execute(sql: "DROP TABLE audit") }
        try onWriter { db in
            // There is no secret in records, and overwriting gigabytes of them takes long.
            try db.execute(sql: "PRAGMA secure_delete = OFF; VACUUM; PRAGMA secure_delete = ON")
            _ = try db.checkpoint(.truncate)
        }
    }
}
