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

    private func filled() async throws -> SQLiteStore {
        let store = try temporary.openWithUsers()
        let vault = try Vault(masterKey: temporary.masterKey, store: store)
        _ = try vault.put(Secret(text: "value"), user: "u1", api: "a1", field: "key")
        var chain = try await store.auditChain()
        try await store.append((1...20).map { chain.next(AuditStoreTests.record($0)) })
        return store
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
        let store = try await filled()
        let backup = target.path
        let writer = AuditWriter(store: store)
        let loop = Task { try await writer.run() }
        let contents = try await withThrowingTaskGroup(of: SQLiteBackup.Contents?.self) { group in
            for worker in 0..<4 {
                group.addTask {
                    for round in 0..<50 { try await writer.append(AuditStoreTests.record(worker * 100 + round)) }
                    return nil
                }
            }
            group.addTask { try store.backup(to: backup) }
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
        #expect(code { try store.backup(to: backup) } == .exists)
    }

    @Test("a restored database has everything, and needs the master key it was made with")
    func restored() async throws {
        let store = try await filled()
        let backup = temporary.folder + "/backup.db"
        defer { unlink(backup) }
        try store.backup(to: backup)
        try SQLiteBackup.restore(from: backup, to: target.path)
        let again = try target.open()
        let vault = try Vault(masterKey: temporary.masterKey, store: again)
        #expect(try vault.open("vault://users/u1/apis/a1/key").withBytes { Array($0) } == Array("value".utf8))
        #expect(try AuditWalk(again).verify().verifier.findings.isEmpty)
        #expect(throws: VaultError.self) { try Vault(masterKey: .generate(), store: again) }
    }

    @Test("nothing is restored over a folder that holds anything, unless told")
    func notEmpty() async throws {
        let store = try await filled()
        let backup = temporary.folder + "/backup.db"
        defer { unlink(backup) }
        try store.backup(to: backup)
        let other = try target.open()
        try other.create(User(id: "theirs", name: "", created: 0))
        // Not closed: its log is still beside it, and must not be applied to what is restored.
        #expect(code { try SQLiteBackup.restore(from: backup, to: target.path) } == .exists)
        #expect(try other.user(id: "theirs") != nil)
        try SQLiteBackup.restore(from: backup, to: target.path, replacing: true)
        let again = try target.open()
        #expect(try again.user(id: "theirs") == nil && again.user(id: "u1") != nil)
    }

    @Test(
        "a backup that is changed, from a later version, or of something else is refused, and nothing is put in place",
        arguments: [
            ("DELETE FROM audit WHERE seq = 7", StoreError.Code.corrupt),
            ("UPDATE audit SET record = replace(record, '\"OK\"', '\"NO\"') WHERE seq = 5", .corrupt),
            ("INSERT INTO grdb_migrations (identifier) VALUES ('9-from-the-future')", .newerVersion),
            ("PRAGMA application_id = 1", .corrupt), ("DELETE FROM users WHERE id = 'u1'", .corrupt),
        ])
    func refused(sql: String, expected: StoreError.Code) async throws {
        let store = try await filled()
        try store.close()
        try temporary.raw(sql)
        #expect(code { try SQLiteBackup.restore(from: temporary.path, to: target.path) } == expected)
        #expect(access(target.path, F_OK) != 0)
    }

    @Test("a damaged page is found")
    func damagedPage() async throws {
        let store = try await filled()
        try store.close()
        let descriptor = open(temporary.path, O_WRONLY)
        let noise = [UInt8](repeating: 0xA5, count: 4096)
        for page in 2..<8 { _ = pwrite(descriptor, noise, noise.count, off_t(page * 4096)) }
        close(descriptor)
        #expect(code { _ = try SQLiteBackup.check(temporary.path) } == .corrupt)
        #expect(code { _ = try SQLiteBackup.check("/nowhere/backup.db") } == .io)
    }
}
