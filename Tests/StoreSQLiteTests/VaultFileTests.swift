import StoreSQLite
import Testing
import Vault

@Suite("Credentials in the real file")
struct VaultFileTests {
    private let temporary: TemporaryStore
    private let store: SQLiteStore

    init() throws {
        temporary = try TemporaryStore()
        store = try temporary.openWithUsers()
    }

    private func vault() throws -> Vault { try Vault(masterKey: temporary.masterKey, store: store) }

    private func put(_ text: String, _ user: String, _ api: String, _ field: String = "key") throws {
        _ = try vault().put(Secret(text: text), user: user, api: api, field: field)
    }

    /// What opening a reference in a fresh process gives: the value, or the reason.
    private func outcome(_ user: String, _ api: String, _ field: String = "key") -> String {
        do {
            let secret = try vault().open(VaultReference(user: user, api: api, field: field))
            return secret.withUTF8 { String(decoding: $0, as: UTF8.self) }
        } catch {
            return (error as? VaultError)?.code.description ?? "\(error)"
        }
    }

    @Test("C3: a credential's plain value is nowhere in the files")
    func sealed() throws {
        try put("marked-secret-9f3a", "u1", "a1")
        #expect(outcome("u1", "a1") == "marked-secret-9f3a")
        #expect(!temporary.allBytes().contains(text: "marked-secret"))
    }

    @Test("C1: two records exchanged open neither")
    func swapped() throws {
        try put("one", "u1", "a1")
        try put("two", "u1", "a2")
        try temporary.raw(
            """
            UPDATE vault_records SET api_id = 'x' WHERE api_id = 'a1';
            UPDATE vault_records SET api_id = 'a1' WHERE api_id = 'a2';
            UPDATE vault_records SET api_id = 'a2' WHERE api_id = 'x';
            """)
        #expect(outcome("u1", "a1") == "tampered" && outcome("u1", "a2") == "tampered")
    }

    @Test("C1: ciphertexts exchanged, with versions left in place, open neither")
    func swappedCiphertexts() throws {
        try put("one", "u1", "a1")
        try put("two", "u1", "a2")
        try temporary.raw(
            """
            CREATE TEMP TABLE c AS SELECT api_id, sealed FROM vault_records;
            UPDATE vault_records SET sealed = (SELECT sealed FROM c WHERE c.api_id <> vault_records.api_id);
            """)
        #expect(outcome("u1", "a1") == "tampered" && outcome("u1", "a2") == "tampered")
    }

    @Test("C1: a record copied to another field, API or user does not open there")
    func copied() throws {
        try put("one", "u1", "a1")
        try put("two", "u2", "a1")
        try temporary.raw(
            """
            INSERT INTO vault_records SELECT user_id, api_id, 'other', version, sealed FROM vault_records WHERE user_id = 'u1';
            INSERT INTO vault_records SELECT user_id, 'a9', field, version, sealed FROM vault_records
                WHERE user_id = 'u1' AND field = 'key';
            UPDATE vault_records SET sealed = (SELECT sealed FROM vault_records WHERE user_id = 'u1' AND api_id = 'a9')
                WHERE user_id = 'u2';
            """)
        #expect(outcome("u1", "a1", "other") == "tampered")
        #expect(outcome("u1", "a9") == "tampered")
        #expect(outcome("u2", "a1") == "tampered")
        #expect(outcome("u1", "a1") == "one")
    }

    @Test("C1: an older record of the same field put back is not opened")
    func replayed() throws {
        try put("old", "u1", "a1")
        try temporary.raw("CREATE TABLE kept AS SELECT * FROM vault_records")
        try put("new", "u1", "a1")
        #expect(outcome("u1", "a1") == "new")
        try temporary.raw("DELETE FROM vault_records; INSERT INTO vault_records SELECT * FROM kept")
        #expect(outcome("u1", "a1") == "tampered")
    }

    @Test("C1: an older head put back beside current records is detected")
    func replayedHead() throws {
        try put("old", "u1", "a1")
        try temporary.raw("CREATE TABLE kept AS SELECT * FROM vault_heads")
        try put("new", "u1", "a1")
        try temporary.raw("DELETE FROM vault_heads; INSERT INTO vault_heads SELECT * FROM kept")
        #expect(outcome("u1", "a1") == "tampered")
    }

    @Test("C1: a deleted record put back is not opened")
    func undeleted() throws {
        try put("one", "u1", "a1")
        try put("two", "u1", "a2")
        try temporary.raw("CREATE TABLE kept AS SELECT * FROM vault_records WHERE api_id = 'a1'")
        try vault().delete(user: "u1", api: "a1")
        #expect(outcome("u1", "a1") == "missing")
        try temporary.raw("INSERT INTO vault_records SELECT * FROM kept")
        #expect(outcome("u1", "a1") == "tampered" && outcome("u1", "a2") == "two")
    }

    @Test("C1: another user's key or head, or none, opens nothing")
    func foreignKey() throws {
        try put("one", "u1", "a1")
        try put("two", "u2", "a1")
        for table in ["vault_keys", "vault_heads"] {
            try temporary.raw("CREATE TABLE kept AS SELECT * FROM \(table)")
            try temporary.raw(
                "UPDATE \(table) SET sealed = (SELECT sealed FROM kept WHERE user_id = 'u2') WHERE user_id = 'u1'")
            #expect(outcome("u1", "a1") == "tampered")
            try temporary.raw("DELETE FROM \(table) WHERE user_id = 'u1'")
            #expect(outcome("u1", "a1") == "tampered")
            try temporary.raw("DELETE FROM \(table); INSERT INTO \(table) SELECT * FROM kept; DROP TABLE kept")
            #expect(outcome("u1", "a1") == "one")
        }
    }

    @Test("C1: a version changed beside its record is detected")
    func version() throws {
        try put("one", "u1", "a1")
        try temporary.raw("UPDATE vault_records SET version = version + 1")
        #expect(outcome("u1", "a1") == "tampered")
    }
}
