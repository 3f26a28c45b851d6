import GRDB
package import Registry

/// Everything Penstock keeps, in one SQLite file: WAL, `synchronous=FULL`, one writer, few readers.
///
/// It conforms to the store protocols of `Registry` and `Vault`, and keeps the figures of `Audit`; what belongs together is written in one
/// transaction. Methods that do not say `async` block on the disk.
package final class SQLiteStore: Sendable {
    package struct Configuration: Sendable {
        /// How long to wait for another process's lock, in seconds.
        package var busyTimeout: Double
        /// Connections for reading; the writer is one more.
        package var readers: Int
        /// Told of each statement as it runs, without its arguments; to find slow ones. None by default.
        package var trace: (@Sendable (String) -> Void)?

        /// 5 s, 4 readers.
        package static let defaults = Configuration(busyTimeout: 5, readers: 4)

        package init(busyTimeout: Double, readers: Int, trace: (@Sendable (String) -> Void)? = nil) {
            self.busyTimeout = busyTimeout
            self.readers = readers
            self.trace = trace
        }
    }

    let pool: DatabasePool

    /// Opens and migrates the file, or creates it (mode 0600) where there is none of that name.
    ///
    /// Throws `StoreError.newerVersion` for a database that a later version wrote, `.corrupt` for a file that is not
    /// one of Penstock's, `.unsafe` when SQLite does not confirm WAL and `synchronous=FULL`; a file that is refused is
    /// left as it was.
    package init(path: String, configuration: Configuration = .defaults) throws(StoreError) {
        let settings = Self.settings(configuration)
        let isNew = try DatabaseFile.prepare(path)
        do {
            if !isNew { try Self.inspect(path, settings) }
            pool = try DatabasePool(path: path, configuration: settings)
            try pool.writeWithoutTransaction { db in
                try Self.makeDurable(db, path: path)
            }
            try Schema.migrator.migrate(pool)
        } catch {
            throw StoreError(mapping: error, path: path)
        }
    }

    /// Moves everything into the one file and closes all connections; later calls throw.
    package func close() throws(StoreError) {
        do {
            try pool.writeWithoutTransaction { db in _ = try db.checkpoint(.truncate) }
            try pool.close()
        } catch {
            throw StoreError(mapping: error)
        }
    }

    func read<Value>(_ body: (Database) throws -> Value) throws(StoreError) -> Value {
        do { return try pool.read(body) } catch { throw StoreError(mapping: error) }
    }

    /// Runs `body` in one transaction of the one writer; durable on return.
    func write<Value>(_ body: (Database) throws -> Value) throws(StoreError) -> Value {
        do { return try pool.write(body) } catch { throw StoreError(mapping: error) }
    }

    /// Runs `body` on the writer's connection, outside of a transaction.
    func onWriter<Value>(_ body: (Database) throws -> Value) throws(StoreError) -> Value {
        do { return try pool.writeWithoutTransaction(body) } catch { throw StoreError(mapping: error) }
    }

    /// Moves the log into the file and empties it, so that keys that were deleted are not readable in the log any more.
    ///
    /// A reader that holds on to the log prevents that; it is not waited for longer than a tenth of a second, for calls'
    /// records wait too. The log is then overwritten as it is used again.
    func forgetOverwritten() throws(StoreError) {
        do {
            try pool.writeWithoutTransaction { db in
                let timeout = try Int.fetchOne(db, sql: "PRAGMA busy_timeout") ?? 0
                try db.execute(sql: "PRAGMA busy_timeout = 100")
                defer { try? db.execute(sql: "PRAGMA busy_timeout = \(timeout)") }
                _ = try db.checkpoint(.truncate)
            }
        } catch let error as DatabaseError where [.SQLITE_BUSY, .SQLITE_LOCKED].contains(error.resultCode) {
            return
        } catch {
            throw StoreError(mapping: error)
        }
    }

    static func settings(_ configuration: Configuration) -> GRDB.Configuration {
        var settings = GRDB.Configuration()
        settings.label = "penstock"
        settings.busyMode = .timeout(configuration.busyTimeout)
        settings.maximumReaderCount = configuration.readers
        settings.foreignKeysEnabled = true
        settings.prepareDatabase { db in
            try db.execute(sql: "PRAGMA trusted_schema = OFF")
            if let trace = configuration.trace {
                db.trace(options: .statement) { event in
                    if case .statement(let statement) = event { trace(statement.sql) }
                }
            }
        }
        return settings
    }

    /// Looks at an existing file without changing it, but for a transaction that a crash cut short, as while the file was
    /// first put into WAL mode: nothing can be read before that is rolled back.
    static func inspect(_ path: String, _ settings: GRDB.Configuration) throws {
        guard DatabaseFile.isWritten(path) else {
            throw StoreError(.corrupt, "\(path) is empty, and no database of Penstock's. Restore a backup.")
        }
        var settings = settings
        settings.readonly = !DatabaseFile.isWritten(path + "-journal")
        let queue = try DatabaseQueue(path: path, configuration: settings)
        try queue.read { db in
            let application = try Int.fetchOne(db, sql: "PRAGMA application_id") ?? 0
            guard application == Schema.applicationID else {
                throw StoreError(.corrupt, "\(path) is an SQLite database, but not one of Penstock's.")
            }
            guard try !Schema.migrator.hasBeenSuperseded(db) else {
                throw StoreError(
                    .newerVersion,
                    "The database \(path) was written by a later version of Penstock. Run that version, or restore a "
                        + "backup made with this one.")
            }
            guard try !Schema.migrator.appliedMigrations(db).isEmpty else {
                throw StoreError(
                    .corrupt, "\(path) is a database of Penstock's without anything in it. Restore a backup.")
            }
        }
        try queue.close()
    }

    /// GRDB's WAL set-up leaves `synchronous` at NORMAL, so it is set afterwards, and read back.
    private static func makeDurable(_ db: Database, path: String) throws {
        try db.execute(
            sql: """
                PRAGMA application_id = \(Schema.applicationID);
                PRAGMA synchronous = FULL;
                PRAGMA secure_delete = ON;
                """)
        let synchronous = try Int.fetchOne(db, sql: "PRAGMA synchronous")
        let journal = try String.fetchOne(db, sql: "PRAGMA journal_mode")
        guard synchronous == 2, journal == "wal" else {
            throw StoreError(
                .unsafe,
                "The database \(path) runs with journal_mode=\(journal ?? "?"), synchronous=\(synchronous ?? -1) "
                    + "instead of wal and 2, so an answer could be lost. Put the data folder on a local file system.")
        }
    }
}
