import Audit
import Glibc
import Logging
import StoreSQLite

/// The audit's journal in a data folder: `audit/1` beside the database, and `audit/2` and so on after a restoration.
enum RelayAudit {
    static func folder(in data: String) -> String { data + "/audit" }

    static func journal(in data: String, _ store: SQLiteStore) throws -> String {
        "\(folder(in: data))/\(try store.journalGeneration())"
    }

    /// This machine's name, for the heads of segments.
    static var node: String {
        var name = [CChar](repeating: 0, count: 256)
        guard gethostname(&name, name.count - 1) == 0 else { return "" }
        return String(decoding: name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Opens the audit for the one relay that serves the folder.
    static func open(
        _ data: String, _ store: SQLiteStore, tell: (String) -> Void
    ) throws -> (ledger: AuditLedger, opening: Journal.Opening) {
        try makePrivateFolder(folder(in: data))
        try migrate(data, store, tell: tell)
        var options = Journal.Options()
        options.node = node
        return try AuditLedger.open(try journal(in: data, store), figures: store, options: options)
    }

    /// Opens the audit to read it, for commands, beside a relay that serves.
    static func openToRead(_ data: String) throws -> AuditReader {
        let store = try RelayStorage.openDatabase(data)
        if try store.holdsRecords() {
            // A former version's: what serves the folder has brought them over before it serves.
            try RelayStorage.holdToServe(data)
            try makePrivateFolder(folder(in: data))
            try migrate(data, store) { _ in }
        }
        return try AuditReader(store: store, folder: try journal(in: data, store))
    }

    /// Brings records over that a former version kept in the database. Cut short, it goes on at the next start.
    private static func migrate(_ data: String, _ store: SQLiteStore, tell: (String) -> Void) throws {
        guard try store.holdsRecords() else { return }
        // Where an older database was put back, its records get a journal of their own.
        if try !JournalMigration.isPossible(into: try journal(in: data, store)) {
            try store.beginJournal(beside: folder(in: data))
        }
        var options = JournalMigration.Options()
        options.node = node
        let migration = JournalMigration(into: try journal(in: data, store), options: options)
        let checkpoint = try store.auditCheckpoint().chain
        var told: Int64 = 0
        let result = try migration.run(
            after: checkpoint, read: { try store.records(inDatabaseAfter: $0, limit: 10_000) },
            tell: { sequence in
                guard sequence - told >= 500_000 else { return }
                told = sequence
                tell("audit records are brought from the database into files: up to record \(sequence)")
            })
        for finding in result.findings { tell("audit records did not verify in the database: \(finding)") }
        try store.dropRecords()
        tell("\(result.records) audit records were brought from the database into files")
    }
}

/// A data folder's audit as commands read it.
struct AuditReader: AuditLog {
    let store: SQLiteStore
    let folder: String
    /// The journal as of now: a walk goes through it in many steps.
    private let view: JournalView

    init(store: SQLiteStore, folder: String) throws {
        self.store = store
        self.folder = folder
        view = try JournalView(reading: folder).behind(store.auditCheckpoint().chain)
    }

    func logs(_ query: AuditQuery) throws -> AuditPage { try view.logs(query) }

    func records(after sequence: Int64, limit: Int) throws -> [(text: [UInt8], stored: AuditChain)] {
        try view.records(after: sequence, limit: limit)
    }

    func storedChain() throws -> AuditChain { try view.end() }

    func auditCheckpoint() throws -> AuditCheckpoint { try store.auditCheckpoint() }

    /// Verifies all of it.
    func verify() throws -> JournalCheck {
        while true {
            let checkpoint = try store.auditCheckpoint()
            // The end first: records appended while we walk are not missing.
            let known = try store.figuresEnd()
            let check: JournalCheck
            do {
                check = try JournalView(reading: folder).verify(after: checkpoint.chain, known: known)
            } catch let error as JournalError where error.code == .io {
                guard try store.auditCheckpoint() != checkpoint else { throw error }
                continue
            }
            // Records that we still expected were removed while we walked.
            guard try check.findings.isEmpty || store.auditCheckpoint() == checkpoint else { continue }
            return check
        }
    }
}
