import GRDB
import Glibc
import Registry
import StoreSQLite
import Testing
import Vault

@Suite("Opening the database")
struct OpeningTests {
    private let temporary: TemporaryStore

    init() throws { temporary = try TemporaryStore() }

    private func refusal() -> StoreError? {
        do {
            _ = try SQLiteStore(path: temporary.path)
            return nil
        } catch {
            return error
        }
    }

    @Test("a new database has mode 0600, as have its companions, and opens again")
    func modes() throws {
        let store = try temporary.open()
        try store.create(User(id: "u1", name: "Ada", created: 7))
        for suffix in ["", "-wal", "-shm"] {
            var status = stat()
            #expect(stat(temporary.path + suffix, &status) == 0 && status.st_mode & 0o777 == 0o600)
        }
        try store.close()
        #expect(try temporary.open().user(id: "u1") == User(id: "u1", name: "Ada", created: 7))
    }

    @Test("a database from a later version is refused with one clear sentence, and not changed")
    func newerVersion() throws {
        try temporary.openWithUsers().close()
        try temporary.raw("INSERT INTO grdb_migrations (identifier) VALUES ('9-from-the-future')")
        try temporary.raw("PRAGMA wal_checkpoint(TRUNCATE)")
        let before = TemporaryStore.read(temporary.path)
        let error = try #require(refusal())
        #expect(error.code == .newerVersion)
        #expect(error.message.contains("later version of Penstock"))
        #expect(TemporaryStore.read(temporary.path) == before)
    }

    @Test("a database of something else is refused, and not changed")
    func foreign() throws {
        try temporary.raw("CREATE TABLE theirs (a)")
        let before = TemporaryStore.read(temporary.path)
        #expect(refusal()?.code == .corrupt)
        #expect(TemporaryStore.read(temporary.path) == before)
    }

    @Test("an empty file, an empty database and one that only says it is ours are refused, and not changed")
    func empty() throws {
        close(open(temporary.path, O_WRONLY | O_CREAT, 0o600))
        #expect(refusal()?.code == .corrupt)
        #expect(TemporaryStore.read(temporary.path).isEmpty)
        for sql in ["PRAGMA user_version = 1", "PRAGMA application_id = 1347638347"] {
            try temporary.raw(sql)
            let before = TemporaryStore.read(temporary.path)
            #expect(refusal()?.code == .corrupt)
            #expect(TemporaryStore.read(temporary.path) == before)
        }
    }

    @Test("a file that is no database is refused")
    func notADatabase() {
        let descriptor = open(temporary.path, O_WRONLY | O_CREAT, 0o600)
        let text = String(repeating: "this is not a database\n", count: 100)
        _ = text.withCString { write(descriptor, $0, text.utf8.count) }
        close(descriptor)
        #expect(refusal()?.code == .corrupt)
    }

    @Test("a folder that does not exist is named")
    func noFolder() {
        let error = #expect(throws: StoreError.self) { try SQLiteStore(path: "/nowhere/at/all.db") }
        #expect(error?.code == .io && error?.message.contains("/nowhere/at/all.db") == true)
    }

    @Test("a wrong master key is one clear error, told before anything else")
    func wrongMasterKey() throws {
        let store = try temporary.open()
        _ = try Vault(masterKey: temporary.masterKey, store: store)
        let error = #expect(throws: VaultError.self) { try Vault(masterKey: .generate(), store: store) }
        #expect(error?.code == .wrongMasterKey)
        _ = try Vault(masterKey: temporary.masterKey, store: store)
    }

    @Test("what was committed is there after the process dies without closing: another opener reads the WAL")
    func crash() throws {
        let store = try temporary.openWithUsers()
        let vault = try Vault(masterKey: temporary.masterKey, store: store)
        let reference = try vault.put(Secret(text: "k"), user: "u1", api: "a1", field: "key")
        // A copy of the files as they are now is what a killed process leaves behind.
        let copy = try TemporaryStore()
        for suffix in ["", "-wal"] {
            let bytes = TemporaryStore.read(temporary.path + suffix)
            let descriptor = open(copy.path + suffix, O_WRONLY | O_CREAT, 0o600)
            _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
            close(descriptor)
        }
        let after = try Vault(masterKey: temporary.masterKey, store: copy.open())
        #expect(try after.open(reference).withBytes { Array($0) } == Array("k".utf8))
        try store.close()
    }
}
