import Synchronization
import Testing
import Vault

@Suite("Vault")
struct VaultTests {
    private let store = MemoryVaultStore()
    private let key = MasterKey.generate()

    private func vault() throws -> Vault { try Vault(masterKey: key, store: store) }

    private func text(_ secret: Secret) -> String { secret.withUTF8 { String(decoding: $0, as: UTF8.self) } }

    private func code(_ body: () throws -> Void) -> VaultError.Code? {
        do {
            try body()
            return nil
        } catch {
            return (error as? VaultError)?.code
        }
    }

    @Test("what was put is opened again, by another vault on the same rows too")
    func roundTrip() throws {
        let reference = try vault().put(Secret(text: "k-1"), user: "u1", api: "a1", field: "key")
        #expect("\(reference)" == "vault://users/u1/apis/a1/key")
        #expect(text(try vault().open(reference)) == "k-1")
        #expect(text(try vault().open("vault://users/u1/apis/a1/key")) == "k-1")
    }

    @Test("a replaced value is the one that is opened, and a version is never used twice")
    func replace() throws {
        let vault = try vault()
        let reference = try vault.put(Secret(text: "old"), user: "u1", api: "a1", field: "key")
        _ = try vault.put(Secret(text: "new"), user: "u1", api: "a1", field: "key")
        #expect(text(try vault.open(reference)) == "new")
        try vault.delete(user: "u1", api: "a1")
        _ = try vault.put(Secret(text: "third"), user: "u1", api: "a1", field: "key")
        #expect(store.rows.withLock { $0.users["u1"]?.records.map(\.version) } == [4])
    }

    @Test("S9: a credential that is not stored is missing")
    func missing() throws {
        let vault = try vault()
        #expect(code { _ = try vault.open("vault://users/u1/apis/a1/key") } == .missing)
        _ = try vault.put(Secret(text: "k"), user: "u1", api: "a1", field: "key")
        #expect(code { _ = try vault.open("vault://users/u1/apis/a1/other") } == .missing)
        try vault.delete(user: "u1", api: "a1")
        #expect(code { _ = try vault.open("vault://users/u1/apis/a1/key") } == .missing)
    }

    @Test("a wrong master key is told at once, and nothing is written")
    func wrongMasterKey() throws {
        _ = try vault()
        let before = store.rows.withLock { $0.check }
        #expect(code { _ = try Vault(masterKey: .generate(), store: store) } == .wrongMasterKey)
        #expect(store.rows.withLock { $0.check } == before)
    }

    @Test("keys without a master key check are not taken over by a new master key")
    func lostCheck() throws {
        _ = try vault().put(Secret(text: "k"), user: "u1", api: "a1", field: "key")
        store.tamper { $0.check = nil }
        #expect(code { _ = try vault() } == .tampered)
    }

    @Test("no plain value and no key is in the stored rows; format byte and key term lead each envelope")
    func storedForm() throws {
        _ = try vault().put(Secret(text: "marked-secret-value"), user: "u1", api: "a1", field: "key")
        let rows = try #require(store.rows.withLock { $0.users["u1"] })
        let sealed = rows.records.map(\.sealed) + rows.keys.map(\.sealed) + [rows.head?.sealed ?? []]
        for bytes in sealed {
            #expect(Array(bytes.prefix(5)) == [1, 0, 0, 0, 1])
            #expect(!String(decoding: bytes, as: UTF8.self).contains("marked"))
        }
        #expect(rows.records.first?.sealed.count == 5 + 12 + 19 + 16)
    }

    @Test("a later envelope format is named as such")
    func laterFormat() throws {
        _ = try vault().put(Secret(text: "k"), user: "u1", api: "a1", field: "key")
        store.tamper { $0.users["u1"]?.keys[0].sealed[0] = 2 }
        #expect(code { _ = try vault().open("vault://users/u1/apis/a1/key") } == .unsupportedFormat)
    }

    @Test("C1: every single changed byte of a record is detected")
    func everyByte() throws {
        _ = try vault().put(Secret(text: "k"), user: "u1", api: "a1", field: "key")
        let original = try #require(store.rows.withLock { $0.users["u1"] })
        let count = try #require(original.records.first).sealed.count
        for index in 0..<count {
            store.tamper {
                $0.users["u1"] = original
                $0.users["u1"]?.records[0].sealed[index] ^= 0x40
            }
            #expect(code { _ = try vault().open("vault://users/u1/apis/a1/key") } == .tampered)
        }
    }

    @Test("C1: every single changed byte of a user's key and head is detected")
    func everyByteOfKeyAndHead() throws {
        _ = try vault().put(Secret(text: "k"), user: "u1", api: "a1", field: "key")
        let original = try #require(store.rows.withLock { $0.users["u1"] })
        let keyLength = try #require(original.keys.first).sealed.count
        for index in 1..<keyLength {
            store.tamper {
                $0.users["u1"] = original
                $0.users["u1"]?.keys[0].sealed[index] ^= 1
            }
            #expect(code { _ = try vault().open("vault://users/u1/apis/a1/key") } == .tampered)
        }
        let headLength = try #require(original.head).sealed.count
        for index in 1..<headLength {
            store.tamper {
                $0.users["u1"] = original
                $0.users["u1"]?.head?.sealed[index] ^= 1
            }
            #expect(code { _ = try vault().open("vault://users/u1/apis/a1/key") } == .tampered)
        }
    }

    @Test("C1: a bad record fails alone; the user's others still open, and writing it again heals it")
    func failsAlone() throws {
        let vault = try vault()
        _ = try vault.put(Secret(text: "one"), user: "u1", api: "a1", field: "key")
        _ = try vault.put(Secret(text: "two"), user: "u1", api: "a2", field: "key")
        store.tamper { $0.users["u1"]?.records[0].sealed[20] ^= 1 }
        let second = try self.vault()
        #expect(code { _ = try second.open("vault://users/u1/apis/a1/key") } == .tampered)
        #expect(text(try second.open("vault://users/u1/apis/a2/key")) == "two")
        _ = try second.put(Secret(text: "again"), user: "u1", api: "a1", field: "key")
        #expect(text(try self.vault().open("vault://users/u1/apis/a1/key")) == "again")
    }

    @Test("C1: a removed record is detected, not taken for one never stored")
    func removed() throws {
        _ = try vault().put(Secret(text: "k"), user: "u1", api: "a1", field: "key")
        store.tamper { $0.users["u1"]?.records = [] }
        #expect(code { _ = try vault().open("vault://users/u1/apis/a1/key") } == .tampered)
    }

    @Test("a commit that fails leaves the vault as it was")
    func failedCommit() throws {
        let vault = try vault()
        let reference = try vault.put(Secret(text: "old"), user: "u1", api: "a1", field: "key")
        store.tamper { $0.failsNextCommit = true }
        #expect(throws: MemoryVaultStore.Failure.self) {
            _ = try vault.put(Secret(text: "new"), user: "u1", api: "a1", field: "key")
        }
        #expect(text(try vault.open(reference)) == "old")
        _ = try vault.put(Secret(text: "newer"), user: "u1", api: "a1", field: "key")
        #expect(text(try vault.open(reference)) == "newer")
    }

    @Test("a change without writes still runs the caller's transaction")
    func emptyChange() throws {
        var changes: [VaultChange?] = []
        try vault().change(user: "u1", api: "a1") { changes.append($0) }
        try vault().change(user: "u1", api: "a1", deletes: ["key"]) { changes.append($0) }
        #expect(changes.count == 2 && changes.allSatisfy { $0 == nil })
    }

    @Test("opening a loaded user's credentials reads no rows")
    func cached() throws {
        let vault = try vault()
        let reference = try vault.put(Secret(text: "k"), user: "u1", api: "a1", field: "key")
        let other = try self.vault()
        try other.preload(user: "u1")
        let loads = store.rows.withLock { $0.loads }
        for _ in 0..<100 { _ = try other.open(reference) }
        #expect(store.rows.withLock { $0.loads } == loads)
        other.forget(user: "u1")
        store.tamper { $0.users["u1"] = nil }
        for _ in 0..<10 { #expect(code { _ = try other.open(reference) } == .missing) }
        #expect(store.rows.withLock { $0.loads } == loads + 1)
        _ = try other.put(Secret(text: "anew"), user: "u1", api: "a1", field: "key")
        #expect(text(try self.vault().open(reference)) == "anew")
    }

    @Test("the fields stored for an API are listed without their values")
    func fields() throws {
        let vault = try vault()
        try vault.change(user: "u1", api: "a1", puts: [("token", Secret(text: "t")), ("key", Secret(text: "k"))]) {
            if let change = $0 { try store.commit(change) }
        }
        #expect(try vault.fields(user: "u1", api: "a1") == ["key", "token"])
        #expect(try vault.fields(user: "u1", api: "a2").isEmpty)
    }

    @Test(
        "a text that is no reference is refused",
        arguments: [
            "", "vault://users/u/apis/a", "vault://users//apis/a/key", "vault://users/u/apis/a/key/x",
            "vault://users/u/apis/a/k y", "http://users/u/apis/a/key", "vault://users/u/tunnels/a/key",
        ])
    func badReference(text: String) {
        #expect(throws: VaultError.self) { try VaultReference(text) }
    }
}
