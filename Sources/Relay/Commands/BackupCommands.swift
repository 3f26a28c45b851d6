import Audit
import Glibc
import Registry
import StoreSQLite
import Vault

/// `penstock-relay backup` and `restore`.
package enum BackupCommands {
    /// Writes a consistent copy of the database and the audit, beside a relay that serves.
    package static func backup(
        dataDirectory: String, masterKey: RelayConfiguration.MasterKeySource, to path: String
    ) throws -> CommandReport {
        let audit = try RelayAudit.openToRead(dataDirectory)
        let contents = try audit.store.backup(to: path) { try JournalView(reading: audit.folder) }
        return CommandReport(lines: [
            describe(contents), "backup: \(path)",
            "the master key (\(masterKey.name)) is not in it: keep a copy elsewhere",
        ])
    }

    /// Puts a backup in place as a data folder's database.
    ///
    /// - Parameter force: a database that is there is set aside instead of refused.
    package static func restore(
        _ backup: String, dataDirectory: String, masterKey: RelayConfiguration.MasterKeySource, force: Bool
    ) throws -> CommandReport {
        let database = RelayStorage.database(in: dataDirectory)
        let isOccupied = fileExists(database)
        guard !isOccupied || force else {
            throw RelayError(
                "\(dataDirectory) already holds a relay; nothing was changed. With --force, its database is set aside.")
        }
        // Before anything is touched: a bad backup must not cost the good database.
        _ = try SQLiteBackup.check(backup)
        try makePrivateFolder(dataDirectory)
        try DataFolderLock.hold(dataDirectory, .alone)
        let former = isOccupied ? try setAside(database) : nil
        do {
            let contents = try SQLiteBackup.restore(
                from: backup, to: database, journals: RelayAudit.folder(in: dataDirectory), node: RelayAudit.node,
                replacing: true)
            var report = CommandReport(lines: [describe(contents), "restored to: \(dataDirectory)"])
            if let former {
                dropEmptyLog(of: former)
                report.lines.append("the former database is in \(former)")
            }
            if let fault = keyFault(of: database, masterKey) {
                report.lines.append("the master key that this backup was made under is still needed: \(fault)")
            }
            return report
        } catch {
            if let former { for suffix in ["", log] { unlink(former + suffix) } }
            throw error
        }
    }

    /// Gives the present database, and the log that SQLite has beside it, another name; it keeps its own until the
    /// restored one takes that, so that at every moment there is one.
    private static func setAside(_ database: String) throws(RelayError) -> String {
        var former = database + ".before-restore"
        var number = 1
        while fileExists(former) {
            number += 1
            former = database + ".before-restore-\(number)"
        }
        for suffix in [log, ""] where fileExists(database + suffix) {
            unlink(former + suffix)
            guard link(database + suffix, former + suffix) == 0 else {
                throw RelayError("\(database + suffix) cannot be set aside: \(String(cString: strerror(errno))).")
            }
        }
        try syncFolder(of: database)
        return former
    }

    private static let log = "-wal"

    /// Drops a log that was moved into its database before that was replaced: it is empty.
    private static func dropEmptyLog(of former: String) {
        var status = stat()
        if stat(former + log, &status) == 0, status.st_size == 0 { unlink(former + log) }
    }

    private static func describe(_ contents: SQLiteBackup.Contents) -> String {
        "users: \(contents.users), APIs: \(contents.apis), audit: up to record \(contents.audit.sequence)"
    }

    /// Why the master key, as it is configured, does not open the vault; nil when it does.
    private static func keyFault(of database: String, _ source: RelayConfiguration.MasterKeySource) -> String? {
        do {
            let keys = try source.load().keys
            let store = try SQLiteStore(path: database)
            _ = try Vault(masterKeys: keys, store: store)
            try store.close()
            return nil
        } catch {
            return "\(error)"
        }
    }
}
