import Audit
import Glibc
import Registry
import StoreSQLite
import Testing
import Vault

@Suite("Backup", .timeLimit(.minutes(10)))
struct BackupTests {
    private let temporary: TemporaryStore
    private let target: TemporaryStore

    init() throws {
        temporary = try TemporaryStore()
        target = try TemporaryStore()
    }

    private func filled() throws -> (SQLiteStore, AuditLedger) {
        let store = try temporary.openWithUsers()
        let vault = try Vault(masterKey: temporary.masterKey, store: store)
        _ = try vault.put(Secret(text: "value"), user: "u1", api: "a1", field: "key")
        let ledger = try temporary.ledger(store, TemporaryStore.options(bytes: 1000))
        for number in 1...20 { try ledger.add([AuditStoreTests.record(number)]) }
        try ledger.flush()
        return (store, ledger)
    }

    private func backup(_ store: SQLiteStore, to path: String) throws -> SQLiteBackup.Contents {
        try store.backup(to: path) { try JournalView(reading: temporary.journal(store)) }
    }

    private func restore(_ backup: String, replacing: Bool = false) throws {
        try SQLiteBackup.restore(from: backup, to: target.path, journals: target.journals, replacing: replacing)
    }

    private func code(_ body: () throws -> Void) -> StoreError.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? StoreError)?.code
        }
    }

    @Test("a backup made while records are written is consistent, verifies, and is one file of mode 0600")
    func online() async throws {
        let (store, ledger) = try filled()
        let backup = target.path
        let journal = try temporary.journal(store)
        let writer = AuditWriter(store: ledger)
        let loop = Task { try await writer.run() }
        let contents = try await withThrowingTaskGroup(of: SQLiteBackup.Contents?.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    for round in 0..<50 { try await writer.append(AuditStoreTests.record(worker * 100 + round)) }
                    return nil
                }
            }
            group.addTask { try store.backup(to: backup) { try JournalView(reading: journal) } }
            return try await group.reduce(nil) { $0 ?? $1 }
        }
        loop.cancel()
        try await loop.value
        let made = try #require(contents)
        #expect(made.users == 2 && made.audit.sequence >= 20)
        #expect(try SQLiteBackup.check(backup) == made)
        var status = stat()
        #expect(stat(backup, &status) == 0 && status.st_mode & 0o777 == 0o600)
        #expect(access(backup + "-wal", F_OK) != 0 && access(backup + ".partial", F_OK) != 0)
        #expect(code { _ = try self.backup(store, to: backup) } == .exists)
    }

    @Test("a restored database has everything, and needs the master key it was made with")
    func restored() throws {
        let (store, ledger) = try filled()
        let backup = temporary.folder + "/backup.db"
        _ = try self.backup(store, to: backup)
        try restore(backup)
        let again = try target.open()
        let vault = try Vault(masterKey: temporary.masterKey, store: again)
        #expect(try vault.open("vault://users/u1/apis/a1/key").withBytes { Array($0) } == Array("value".utf8))
        // The journal is the same, and a chain of its own goes on with it.
        let restored = try target.ledger(again)
        #expect(try restored.storedChain() == ledger.storedChain())
        let texts = try restored.records(after: 0, limit: 100).map(\.text)
        #expect(try texts == ledger.records(after: 0, limit: 100).map(\.text))
        #expect(try restored.usage(user: "u1") == ledger.usage(user: "u1"))
        try restored.add([AuditStoreTests.record(21)])
        #expect(
            try JournalView(reading: target.journal(again)).verify(after: .empty, known: restored.storedChain())
                .findings.isEmpty)
        #expect(try Self.names(of: again, target).count == Self.names(of: store, temporary).count + 1)
        #expect(throws: VaultError.self) { try Vault(masterKey: .generate(), store: again) }
    }

    @Test("nothing is restored over a folder that holds anything, unless told")
    func notEmpty() throws {
        let (store, _) = try filled()
        let backup = temporary.folder + "/backup.db"
        _ = try self.backup(store, to: backup)
        let other = try target.open()
        try other.create(User(id: "theirs", name: "", created: 0))
        // Not closed: its log is still beside it, and must not be applied to what is restored.
        #expect(code { try restore(backup) } == .exists)
        #expect(try other.user(id: "theirs") != nil)
        try restore(backup, replacing: true)
        let again = try target.open()
        #expect(try again.user(id: "theirs") == nil && again.user(id: "u1") != nil)
    }

    @Test(
        "a backup that is changed, from a later version, or of something else is refused, and nothing is put in place",
        arguments: [
            ("DELETE FROM audit_pieces WHERE name = (SELECT max(name) FROM audit_pieces)", StoreError.Code.corrupt),
            ("DELETE FROM audit_segments WHERE name = (SELECT min(name) FROM audit_segments)", .corrupt),
            ("UPDATE audit_pieces SET bytes = CAST(replace(CAST(bytes AS TEXT), 'crm', 'CRM') AS BLOB)", .corrupt),
            ("UPDATE audit_chain SET seq = seq + 1", .corrupt),
            ("UPDATE audit_chain SET hash = zeroblob(32)", .corrupt),
            ("INSERT INTO grdb_migrations (identifier) VALUES ('9-from-the-future')", .newerVersion),
            ("PRAGMA application_id = 1", .corrupt), ("DELETE FROM users WHERE id = 'u1'", .corrupt),
        ])
    func refused(sql: String, expected: StoreError.Code) throws {
        let (store, _) = try filled()
        let other = try TemporaryStore()
        _ = try backup(store, to: other.path)
        try other.raw(sql)
        #expect(code { try restore(other.path) } == expected)
        #expect(access(target.path, F_OK) != 0 && access(target.journals, F_OK) != 0)
    }

    private static func names(of store: SQLiteStore, _ temporary: TemporaryStore) throws -> [String] {
        try temporary.segments(store)
    }

    @Test("a damaged page is found")
    func damagedPage() throws {
        let (store, _) = try filled()
        try store.close()
        let descriptor = open(temporary.path, O_WRONLY)
        let noise = [UInt8](repeating: 0xA5, count: 4096)
        for page in 2..<8 { _ = pwrite(descriptor, noise, noise.count, off_t(page * 4096)) }
        close(descriptor)
        #expect(code { _ = try SQLiteBackup.check(temporary.path) } == .corrupt)
        #expect(code { _ = try SQLiteBackup.check("/nowhere/backup.db") } == .io)
    }
}
