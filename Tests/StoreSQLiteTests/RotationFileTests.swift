import Registry
import StoreSQLite
import Testing
import Vault

@Suite("Rotation in the real file")
struct RotationFileTests {
    private static let users = 5
    private let temporary: TemporaryStore

    init() throws {
        temporary = try TemporaryStore()
        let store = try temporary.open()
        let vault = try Vault(masterKey: temporary.masterKey, store: store)
        for number in 1...Self.users {
            try store.create(User(id: "u\(number)", name: "", created: 0))
            _ = try vault.put(Secret(text: "old-\(number)"), user: "u\(number)", api: "a1", field: "key")
            _ = try vault.rotate(Secret(text: "now-\(number)"), user: "u\(number)", api: "a1", field: "key")
        }
        try store.close()
    }

    private func text(_ secret: Secret?) -> String? { secret?.withUTF8 { String(decoding: $0, as: UTF8.self) } }

    /// Opens the file anew and checks every value, current and previous.
    private func opensAll(_ key: MasterKey) throws -> Bool {
        let store = try temporary.open()
        let vault = try Vault(masterKey: key, store: store)
        let isWhole = try (1...Self.users).allSatisfy { number in
            let reference = try VaultReference(user: "u\(number)", api: "a1", field: "key")
            return try text(vault.open(reference)) == "now-\(number)"
                && text(vault.openPrevious(reference)) == "old-\(number)"
        }
        try store.close()
        return isWhole
    }

    @Test("C2: users' keys, interrupted after any write: nothing is lost, and it goes on", arguments: 0...6)
    func userKeys(writes: Int) throws {
        let store = try temporary.open()
        #expect(throws: FailingVaultStore.Died.self) {
            try Vault(masterKey: temporary.masterKey, store: FailingVaultStore(store, writes: writes))
                .rotateAllUserKeys()
        }
        try store.close()
        #expect(try opensAll(temporary.masterKey))
        let second = try temporary.open()
        let vault = try Vault(masterKey: temporary.masterKey, store: second)
        #expect(try vault.status().isRotatingUserKeys == (writes > 0))
        let report = try vault.rotateAllUserKeys()
        #expect(report.users == Self.users - min(Self.users, max(0, writes - 1)) && report.failures.isEmpty)
        let status = try vault.status()
        #expect(status.counts.recordsByTerm == [2: Self.users] && status.counts.previous == Self.users)
        #expect(!status.isRotatingUserKeys)
        try second.close()
        #expect(try opensAll(temporary.masterKey))
    }

    @Test("C2: the master key, interrupted after any write: nothing is lost, and it goes on", arguments: 0...4)
    func masterKey(writes: Int) throws {
        let new = MasterKey.generate()
        let store = try temporary.open()
        #expect(throws: FailingVaultStore.Died.self) {
            try Vault(masterKey: temporary.masterKey, store: FailingVaultStore(store, writes: writes))
                .rotateMasterKey(new: new)
        }
        try store.close()
        #expect(try opensAll(writes == 0 ? temporary.masterKey : new))
        let second = try temporary.open()
        if writes == 0 {
            _ = try Vault(masterKey: temporary.masterKey, store: second).rotateMasterKey(new: new)
        } else {
            #expect(throws: VaultError.self) { try Vault(masterKey: temporary.masterKey, store: second) }
            try Vault(masterKey: new, store: second).resumeMasterKeyRotation()
        }
        let status = try Vault(masterKey: new, store: second).status()
        #expect(status.counts.keysByMasterTerm == [2: Self.users] && !status.isRotatingMasterKey)
        #expect(throws: VaultError.self) { try Vault(masterKey: temporary.masterKey, store: second) }
        try second.close()
        #expect(try opensAll(new))
    }

    @Test("C2: a process that still has the old master key can store no user's key under it")
    func otherProcess() throws {
        let store = try temporary.open()
        let other = try Vault(masterKey: temporary.masterKey, store: store)
        _ = try Vault(masterKey: temporary.masterKey, store: store).rotateMasterKey(new: .generate())
        try store.create(User(id: "u9", name: "", created: 0))
        let error = #expect(throws: StoreError.self) {
            try other.put(Secret(text: "x"), user: "u9", api: "a1", field: "key")
        }
        #expect(error?.code == .conflict)
    }

    @Test("C2: calls read credentials while both rotations run")
    func online() async throws {
        let store = try temporary.open()
        let vault = try Vault(masterKey: temporary.masterKey, store: store, cachedUsers: 2)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<3 {
                group.addTask {
                    for round in 0..<300 {
                        let number = (worker + round) % Self.users + 1
                        let reference = try VaultReference(user: "u\(number)", api: "a1", field: "key")
                        #expect(try text(vault.open(reference)) == "now-\(number)")
                    }
                }
            }
            group.addTask {
                for _ in 0..<5 {
                    _ = try vault.rotateAllUserKeys()
                    _ = try vault.rotateMasterKey(new: .generate())
                }
            }
            try await group.waitForAll()
        }
        #expect(try vault.status().masterTerm == 6)
    }

    @Test("C1: after a rotation of users' keys, rows from before it are not opened")
    func replayed() throws {
        try temporary.raw(
            "CREATE TABLE kept AS SELECT * FROM vault_records; CREATE TABLE keys AS SELECT * FROM vault_keys")
        let store = try temporary.open()
        _ = try Vault(masterKey: temporary.masterKey, store: store).rotateAllUserKeys()
        try store.close()
        try temporary.raw(
            """
            DELETE FROM vault_records; INSERT INTO vault_records SELECT * FROM kept;
            INSERT INTO vault_keys SELECT * FROM keys;
            """)
        let again = try temporary.open()
        let vault = try Vault(masterKey: temporary.masterKey, store: again)
        for number in 1...Self.users {
            #expect(throws: VaultError.self) { try vault.open("vault://users/u\(number)/apis/a1/key") }
        }
    }

    @Test("C1: an earlier value's overlap cannot be prolonged or moved in the file")
    func previous() throws {
        try temporary.raw(
            """
            CREATE TEMP TABLE c AS SELECT user_id, sealed FROM vault_previous;
            UPDATE vault_previous SET sealed = (SELECT sealed FROM c WHERE user_id = 'u2') WHERE user_id = 'u1';
            UPDATE vault_previous SET version = version + 1 WHERE user_id = 'u3';
            """)
        let store = try temporary.open()
        let vault = try Vault(masterKey: temporary.masterKey, store: store)
        for user in ["u1", "u3"] {
            #expect(throws: VaultError.self) { try vault.openPrevious("vault://users/\(user)/apis/a1/key") }
        }
        #expect(try text(vault.openPrevious("vault://users/u2/apis/a1/key")) == "old-2")
    }

    @Test("C1: a deleted user's wrapped key and sealed values are in no file any more")
    func cryptoErase() throws {
        let store = try temporary.open()
        let rows = try #require(try store.loadVaultRows(user: "u1"))
        let traces = rows.keys.map(\.sealed) + rows.records.map(\.sealed) + rows.previous.map(\.sealed)
        #expect(traces.count == 3 && traces.allSatisfy { temporary.allBytes().firstRange(of: $0) != nil })
        try store.deleteUser(id: "u1")
        #expect(traces.allSatisfy { temporary.allBytes().firstRange(of: $0) == nil })
    }
}
