package import Audit
import GRDB
package import Registry

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// A copy of the whole database, and of the audit's journal, in one file: an SQLite database, with the journal's segments
/// in pieces of a megabyte.
package enum SQLiteBackup {
    /// What a copy holds, once it was checked.
    package struct Contents: Sendable, Hashable {
        package var users: Int
        package var apis: Int
        /// The audit's end.
        package var audit: AuditChain
    }

    /// Checks a copy: that it is Penstock's, not from a later version, sound as a database, and that its audit verifies.
    /// The file is not changed. Blocks for as long as reading all of it takes.
    ///
    /// Throws `StoreError` `.corrupt` or `.newerVersion`, saying what is wrong.
    package static func check(_ path: String) throws(StoreError) -> Contents {
        do {
            guard DatabaseFile.isWritten(path) else { throw StoreError(.io, "There is no backup at \(path).") }
            try SQLiteStore.inspect(path, SQLiteStore.settings(.defaults))
            var settings = SQLiteStore.settings(.defaults)
            settings.readonly = true
            let queue = try DatabaseQueue(path: path, configuration: settings)
            defer { try? queue.close() }
            return try queue.read { db in
                let faults = try String.fetchAll(db, sql: "PRAGMA integrity_check(3)")
                guard faults == ["ok"] else {
                    throw StoreError(.corrupt, "\(path) is damaged: \(faults.joined(separator: "; ")).")
                }
                guard try Row.fetchOne(db, sql: "PRAGMA foreign_key_check") == nil else {
                    throw StoreError(.corrupt, "\(path) holds rows whose owner is missing.")
                }
                let audit = try verify(db, path)
                return Contents(
                    users: try Int.fetchOne(db, sql: "SELECT count(*) FROM users") ?? 0,
                    apis: try Int.fetchOne(db, sql: "SELECT count(*) FROM apis") ?? 0, audit: audit)
            }
        } catch {
            throw StoreError(mapping: error, path: path)
        }
    }

    private static func verify(_ db: Database, _ path: String) throws -> AuditChain {
        let known = try SQLiteStore.chain(db)
        var checkpoint = AuditChain.empty
        if try db.tableExists("audit_checkpoint") { checkpoint = try SQLiteStore.checkpoint(db).chain }
        let end: AuditChain
        let findings: [AuditVerifier.Finding]
        if try db.tableExists("audit") {
            (end, findings) = try verifyRows(db, after: checkpoint, known: known)
        } else {
            var check = JournalCheck(after: checkpoint, known: known, limit: 3)
            for (name, length) in try segments(db) {
                try check.check(name, length: length) { try piece(of: name, at: $0, count: $1, length: length, db) }
            }
            check.finish()
            (end, findings) = (check.end, check.findings.map(\.fault))
        }
        guard findings.isEmpty else {
            let findings = findings.map(\.description).joined(separator: " ")
            throw StoreError(.corrupt, "The audit in \(path) does not verify. \(findings)")
        }
        return end
    }

    /// The same for a backup of a version that kept records in the database.
    private static func verifyRows(
        _ db: Database, after checkpoint: AuditChain, known: AuditChain
    ) throws -> (AuditChain, [AuditVerifier.Finding]) {
        var verifier = AuditVerifier(after: checkpoint, limit: 3)
        let rows = try Row.fetchCursor(db, sql: "SELECT seq, record, hash FROM audit ORDER BY seq")
        while let row = try rows.next() {
            let hash = AuditHash(bytes: row.bytes("hash")) ?? .genesis
            verifier.check(
                text: Array((row["record"] as String).utf8), stored: AuditChain(sequence: row["seq"], hash: hash))
        }
        verifier.finish(head: known)
        return (known, verifier.findings)
    }

    /// Puts a backup in place as a relay's database, after checking it.
    ///
    /// No relay may run on `path`. The backup is copied beside it first and moved into place whole: after an interruption
    /// either the old or the new one is there. The journal goes into a folder of its own, which the new database names.
    ///
    /// - Parameters:
    ///   - journals: the folder that journals are in, each in one named by its number; made where it is not there.
    ///   - node: this machine.
    ///   - replacing: whether an existing database may be replaced.
    ///
    /// Throws `StoreError.exists` when the folder of `path` holds anything and nothing may be replaced, and what `check`
    /// throws.
    @discardableResult
    package static func restore(
        from backup: String, to path: String, journals: String, node: String = "", replacing: Bool = false
    ) throws(StoreError) -> Contents {
        if !replacing {
            let others = DatabaseFile.folderContents(of: path)
            guard others.isEmpty else {
                throw StoreError(
                    .exists,
                    "The folder of \(path) is not empty (\(others.prefix(3).joined(separator: ", "))). Restore into an "
                        + "empty folder, or say that it may be replaced.")
            }
        }
        let contents = try check(backup)
        do {
            var settings = SQLiteStore.settings(.defaults)
            settings.readonly = true
            let source = try DatabaseQueue(path: backup, configuration: settings)
            defer { try? source.close() }
            let hasJournal = try source.read { try $0.tableExists("audit_pieces") }
            let generation = try hasJournal ? restoreJournal(source, to: journals, after: contents.audit, node) : nil
            try copy(from: source, to: path) { copy in
                if let generation { try takeOut(copy, naming: generation) }
            } beforeMoving: {
                if let generation { try place(journal: generation, in: journals) }
                // So that the old one is whole without its log, should the process end before the new one is in place.
                // What is damaged cannot be settled, and is replaced for that reason.
                if DatabaseFile.isWritten(path) { try? settle(path) }
                // The old database's log must never be applied to the new one.
                for suffix in ["-wal", "-shm", "-journal"] { unlink(path + suffix) }
            }
        } catch {
            throw StoreError(mapping: error, path: path)
        }
        return contents
    }

    /// Moves what a database's log holds into its file.
    private static func settle(_ path: String) throws {
        let queue = try DatabaseQueue(path: path, configuration: SQLiteStore.settings(.defaults))
        try queue.writeWithoutTransaction { db in _ = try db.checkpoint(.truncate) }
        try queue.close()
    }

    /// Copies a database into one file that appears whole or not at all.
    static func copy(
        from source: some DatabaseReader, to path: String, change: (DatabaseQueue) throws -> Void = { _ in },
        beforeMoving: () throws -> Void = {}
    ) throws {
        let partial = path + ".partial"
        unlink(partial)
        try DatabaseFile.prepare(partial)
        do {
            let queue = try DatabaseQueue(path: partial)
            try source.backup(to: queue)
            try change(queue)
            try queue.writeWithoutTransaction { db in
                // A backup is one file, with no log beside it; syncing it is part of leaving WAL.
                try db.execute(sql: "PRAGMA synchronous = FULL; PRAGMA journal_mode = DELETE")
            }
            try queue.close()
            try DatabaseFile.sync(partial)
            try beforeMoving()
            try DatabaseFile.move(partial, to: path)
        } catch {
            for suffix in ["", "-wal", "-shm", "-journal"] { unlink(partial + suffix) }
            throw error
        }
    }
}

extension SQLiteStore {
    /// Writes a consistent copy of the database and its journal as of now to a new file (mode 0600), while everything goes
    /// on, and checks it. The master key is not in it.
    ///
    /// Throws `StoreError.exists` when there is a file already; nothing is left behind after an error.
    ///
    /// - Parameter journal: opens the journal; called once the database is copied, so that it is not behind it.
    @discardableResult
    package func backup(
        to path: String, journal: () throws -> JournalView
    ) throws(StoreError) -> SQLiteBackup.Contents {
        guard !DatabaseFile.exists(path) else {
            throw StoreError(.exists, "There is a file \(path) already; a backup replaces none.")
        }
        do {
            try SQLiteBackup.copy(from: pool, to: path) { copy in
                // Old segments may be removed meanwhile: then once more, with what is there now.
                for attempt in 1... {
                    let checkpoint = try auditCheckpoint()
                    do {
                        try SQLiteBackup.add(try journal().behind(checkpoint.chain), checkpoint.chain, to: copy)
                    } catch let error as JournalError where error.code == .io && attempt < 3 {
                        continue
                    }
                    if try attempt == 3 || auditCheckpoint() == checkpoint { return }
                }
            }
        } catch {
            throw StoreError(mapping: error, path: path)
        }
        do {
            return try SQLiteBackup.check(path)
        } catch {
            unlink(path)
            throw error
        }
    }
}
