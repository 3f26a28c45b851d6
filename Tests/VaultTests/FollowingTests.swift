import Synchronization
import Testing
import Vault

@Suite("Another process changes the vault")
struct FollowingTests {
    private let store = MemoryVaultStore()
    private let key = MasterKey.generate()
    private let new = MasterKey.generate()

    private func text(_ secret: Secret) -> String { secret.withUTF8 { String(decoding: $0, as: UTF8.self) } }

    /// A vault that serves, with one user in memory, and another that plays the other process.
    private func pair(reload: (@Sendable () -> [MasterKey])? = nil) throws -> (serving: Vault, other: Vault) {
        let serving = try Vault(masterKeys: [key], store: store, reload: reload)
        _ = try serving.put(Secret(text: "one"), user: "u1", api: "a1", field: "key")
        return (serving, try Vault(masterKey: key, store: store))
    }

    private let reference = "vault://users/u1/apis/a1/key"

    @Test("C2: a write that another process overtook reads the rows again, and is made")
    func overtakenWrite() throws {
        let (serving, other) = try pair()
        try other.rotateUserKey("u1")
        #expect(try text(serving.open(reference)) == "one")
        _ = try serving.put(Secret(text: "two"), user: "u1", api: "a1", field: "key")
        for vault in [serving, try Vault(masterKey: key, store: store)] {
            #expect(try text(vault.open(reference)) == "two")
        }
    }

    @Test("C2: a write that failed for another reason is not made twice")
    func failedWrite() throws {
        let (serving, _) = try pair()
        store.tamper { $0.failsNextCommit = true }
        #expect(throws: MemoryVaultStore.Failure.self) {
            try serving.put(Secret(text: "two"), user: "u1", api: "a1", field: "key")
        }
        #expect(try text(serving.open(reference)) == "one")
    }

    @Test("C2: after the master key was rotated, a user who is not in memory is read with the key read again")
    func overtakenRead() throws {
        let (_, other) = try pair()
        let keys = Mutex([key])
        let serving = try Vault(masterKeys: [key], store: store, reload: { [new] in keys.withLock { $0 } + [new] })
        _ = try other.rotateMasterKey(new: new)
        #expect(try text(serving.open(reference)) == "one")
        #expect(serving.uses(new))
        _ = try serving.put(Secret(text: "theirs"), user: "u2", api: "a2", field: "key")
    }

    @Test("C2: without a source to read again, users in memory are served, and others are refused")
    func noSource() throws {
        let (serving, other) = try pair()
        _ = try other.put(Secret(text: "theirs"), user: "u2", api: "a2", field: "key")
        _ = try other.rotateMasterKey(new: new)
        #expect(try text(serving.open(reference)) == "one")
        #expect(throws: VaultError.self) { try serving.open("vault://users/u2/apis/a2/key") }
        // Once the source gives it, they are served too.
        let found = try serving.follow(since: nil) { [new] }
        #expect(found.found.hasNewMasterKey)
        #expect(try text(serving.open("vault://users/u2/apis/a2/key")) == "theirs")
    }

    @Test("C2: looking takes over what was written, only when something was, and tries again what could not be")
    func looking() throws {
        let (serving, other) = try pair()
        var (stamp, found) = try serving.follow(since: nil) { [key] }
        #expect(found == VaultFollowing())
        try other.rotateUserKey("u1")
        _ = try other.put(Secret(text: "two"), user: "u1", api: "a1", field: "key")
        (stamp, found) = try serving.follow(since: stamp) { [key] }
        #expect(found.users == 0, "the stamp is the same: nobody has written")
        store.tamper { $0.stamp += 1 }
        (stamp, found) = try serving.follow(since: stamp) { [key] }
        #expect(found.users == 1 && found.rekeyed == 1)
        #expect(try text(serving.open(reference)) == "two")
        _ = try other.rotateMasterKey(new: new)
        store.tamper { $0.stamp += 1 }
        (stamp, found) = try serving.follow(since: stamp) { [key] }
        #expect(!found.hasNewMasterKey && found.failures.count == 1)
        #expect(try text(serving.open(reference)) == "two")
        (stamp, found) = try serving.follow(since: stamp) { [key, new] }
        #expect(found.hasNewMasterKey && found.failures.isEmpty)
    }

    @Test("C1: rows of an earlier time that are put back while the vault is open are not taken over")
    func putBack() throws {
        let (serving, _) = try pair()
        let earlier = store.rows.withLock { $0.users["u1"] }
        _ = try serving.put(Secret(text: "two"), user: "u1", api: "a1", field: "key")
        store.tamper {
            $0.users["u1"] = earlier
            $0.stamp += 1
        }
        _ = try serving.follow(since: nil) { [key] }
        #expect(try text(serving.open(reference)) == "two")
    }

    @Test("C2: of several keys the one that fits opens the vault, and the first is named when none does")
    func severalKeys() throws {
        _ = try pair()
        #expect(try Vault(masterKeys: [new, key], store: store).uses(key))
        let error = #expect(throws: VaultError.self) {
            try Vault(masterKeys: [new, .generate()], store: store)
        }
        #expect(error?.code == .wrongMasterKey)
        #expect(throws: VaultError.self) { try Vault(masterKeys: [], store: store) }
    }
}
