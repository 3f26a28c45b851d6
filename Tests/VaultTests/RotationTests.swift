import Synchronization
import Testing
import Vault

@Suite("Rotation")
struct RotationTests {
    private final class Clock: Sendable {
        let time = Mutex<Int64>(1_000_000)
        func set(_ value: Int64) { time.withLock { $0 = value } }
        @Sendable func now() -> Int64 { time.withLock { $0 } }
    }

    private let store = MemoryVaultStore()
    private let key = MasterKey.generate()
    private let clock = Clock()

    private func vault(_ other: MasterKey? = nil) throws -> Vault {
        try Vault(masterKey: other ?? key, store: store, now: clock.now)
    }

    private func text(_ secret: Secret?) -> String? {
        secret?.withUTF8 { String(decoding: $0, as: UTF8.self) }
    }

    private func fill(_ users: Int) throws {
        let vault = try vault()
        for number in 1...users {
            _ = try vault.put(Secret(text: "old-\(number)"), user: "u\(number)", api: "a1", field: "key")
            _ = try vault.rotate(Secret(text: "now-\(number)"), user: "u\(number)", api: "a1", field: "key")
        }
    }

    /// Whether a fresh vault opens every value, current and previous.
    private func opensAll(_ users: Int, with key: MasterKey? = nil) throws -> Bool {
        let vault = try vault(key)
        return try (1...users).allSatisfy { number in
            let reference = try VaultReference(user: "u\(number)", api: "a1", field: "key")
            return try text(vault.open(reference)) == "now-\(number)"
                && text(vault.openPrevious(reference)) == "old-\(number)"
        }
    }

    @Test("C2: after a rotation the new value is opened, and the one before until its overlap ends")
    func overlap() throws {
        let vault = try vault()
        let reference = try vault.put(Secret(text: "one"), user: "u1", api: "a1", field: "key")
        #expect(try vault.openPrevious(reference) == nil)
        _ = try vault.rotate(Secret(text: "two"), user: "u1", api: "a1", field: "key", overlapUntil: 2_000_000)
        for vault in [vault, try self.vault()] {
            #expect(try text(vault.open(reference)) == "two")
            #expect(try text(vault.openPrevious(reference)) == "one")
        }
        clock.set(2_000_000)
        #expect(try vault.openPrevious(reference) == nil)
        #expect(try text(vault.open(reference)) == "two")
        _ = try vault.put(Secret(text: "other"), user: "u1", api: "a2", field: "key")
        #expect(store.rows.withLock { $0.users["u1"]?.previous.isEmpty } == true)
    }

    @Test("C2: values whose overlap has ended are destroyed without a write of their user")
    func sweep() throws {
        try fill(3)
        _ = try vault().rotate(
            Secret(text: "now-2"), user: "u2", api: "a1", field: "key", overlapUntil: 900_000_000_000)
        #expect(try vault().destroyExpiredVersions() == 0)
        clock.set(1_000_000 + 86_400_000_000)
        store.tamper { $0.users["u3"]?.keys[0].sealed[20] ^= 1 }
        #expect(try vault().destroyExpiredVersions() == 1)
        #expect(store.rows.withLock { $0.users.mapValues(\.previous.count) } == ["u1": 0, "u2": 1, "u3": 1])
        #expect(try text(vault().open("vault://users/u1/apis/a1/key")) == "now-1")
        #expect(try text(vault().openPrevious("vault://users/u2/apis/a1/key")) == "now-2")
    }

    @Test("C2: an overlap lasts 24 hours unless said otherwise, and an overlap of 0 ends the earlier value at once")
    func overlapLengths() throws {
        let vault = try vault()
        let reference = try vault.put(Secret(text: "one"), user: "u1", api: "a1", field: "key")
        _ = try vault.rotate(Secret(text: "two"), user: "u1", api: "a1", field: "key")
        clock.set(1_000_000 + 86_400_000_000 - 1)
        #expect(try text(vault.openPrevious(reference)) == "one")
        _ = try vault.rotate(Secret(text: "three"), user: "u1", api: "a1", field: "key", overlapUntil: 0)
        #expect(try vault.openPrevious(reference) == nil)
        #expect(store.rows.withLock { $0.users["u1"]?.previous.isEmpty } == true)
        _ = try vault.rotate(Secret(text: "four"), user: "u1", api: "a1", field: "key")
        _ = try vault.put(Secret(text: "five"), user: "u1", api: "a1", field: "key")
        #expect(try vault.openPrevious(reference) == nil)
    }

    @Test("C2: the history tells versions, when they were set and what they are now, and no value")
    func history() throws {
        let vault = try vault()
        _ = try vault.put(Secret(text: "one"), user: "u1", api: "a1", field: "key")
        clock.set(1_500_000)
        _ = try vault.rotate(Secret(text: "two"), user: "u1", api: "a1", field: "key", overlapUntil: 3_000_000)
        clock.set(1_600_000)
        _ = try vault.rotate(Secret(text: "three"), user: "u1", api: "a1", field: "key", overlapUntil: 3_000_000)
        try vault.rotateUserKey("u1")
        let versions = try vault.history(user: "u1", api: "a1")
        #expect(versions.map(\.version) == [3, 2, 1])
        #expect(versions.map(\.created) == [1_600_000, 1_500_000, 1_000_000])
        #expect(versions.map(\.state) == [.current, .overlapping(until: 3_000_000), .retired])
        #expect(versions.map(\.keyTerm) == [2, 2, 1])
        try vault.delete(user: "u1", api: "a1")
        #expect(try vault.history(user: "u1", api: "a1").isEmpty)
    }

    @Test("C1: an earlier value put back beside the current one, or exchanged with it, is not opened")
    func previousTampered() throws {
        try fill(1)
        let reference = try VaultReference(user: "u1", api: "a1", field: "key")
        let good = try #require(store.rows.withLock { $0.users["u1"] })
        _ = try vault().rotate(Secret(text: "third"), user: "u1", api: "a1", field: "key", overlapUntil: 0)
        store.tamper { $0.users["u1"]?.previous = good.previous }
        #expect(try vault().openPrevious(reference) == nil)
        store.tamper {
            $0.users["u1"] = good
            $0.users["u1"]?.records = good.previous
            $0.users["u1"]?.previous = good.records
        }
        #expect(throws: VaultError.self) { try vault().open(reference) }
        #expect(throws: VaultError.self) { try vault().openPrevious(reference) }
    }

    @Test("C2: a rotation of users' keys moves every value to a new key, destroys the old one, and calls go on")
    func userKeys() throws {
        try fill(3)
        let before = store.rows.withLock { $0 }
        let serving = try vault()
        for number in 1...3 { try serving.preload(user: "u\(number)") }
        let loads = store.rows.withLock { $0.loads }
        let report = try vault().rotateAllUserKeys()
        #expect(report.users == 3 && report.records == 6 && report.damaged == 0 && report.failures.isEmpty)
        // Another process that serves calls meanwhile still has what it needs.
        #expect(try text(serving.open("vault://users/u2/apis/a1/key")) == "now-2")
        #expect(store.rows.withLock { $0.loads } <= loads + 3)
        #expect(try opensAll(3))
        for (user, rows) in store.rows.withLock({ $0.users }) {
            #expect(rows.keys.map(\.term) == [2])
            #expect(rows.records.allSatisfy { Array($0.sealed.prefix(5)) == [1, 0, 0, 0, 2] })
            // The ciphertext from before is not opened any more.
            store.tamper { $0.users[user]?.records = before.users[user]?.records ?? [] }
        }
        #expect(throws: VaultError.self) { try vault().open("vault://users/u1/apis/a1/key") }
    }

    @Test("C2: a damaged value stays damaged and a damaged user is passed over; the rest is rotated")
    func damaged() throws {
        try fill(3)
        _ = try vault().put(Secret(text: "fine"), user: "u1", api: "a2", field: "key")
        store.tamper {
            $0.users["u1"]?.records[0].sealed[20] ^= 1
            $0.users["u2"]?.keys[0].sealed[20] ^= 1
        }
        let report = try vault().rotateAllUserKeys()
        #expect(report.users == 2 && report.damaged == 1 && report.failures.map(\.user) == ["u2"])
        #expect(try text(vault().open("vault://users/u1/apis/a2/key")) == "fine")
        #expect(try text(vault().open("vault://users/u3/apis/a1/key")) == "now-3")
        #expect(throws: VaultError.self) { try vault().open("vault://users/u1/apis/a1/key") }
        #expect(try vault().status().isRotatingUserKeys == false)
    }

    @Test("C2: a rotation of users' keys interrupted after any write goes on to its end", arguments: 0..<6)
    func userKeysInterrupted(writes: Int) throws {
        try fill(4)
        store.tamper { $0.writesLeft = writes }
        #expect(throws: MemoryVaultStore.Failure.self) { try vault().rotateAllUserKeys() }
        #expect(try opensAll(4))
        store.tamper { $0.writesLeft = nil }
        let report = try vault().rotateAllUserKeys()
        #expect(report.users == 4 - max(0, writes - 1))
        #expect(try opensAll(4))
        let status = try vault().status()
        #expect(status.counts.recordsByTerm == [2: 4] && !status.isRotatingUserKeys)
    }

    @Test("C2: a rotation of the master key wraps every user's key anew; the old key opens nothing then")
    func masterKey() throws {
        try fill(5)
        let serving = try vault()
        for number in 1...5 { try serving.preload(user: "u\(number)") }
        let new = MasterKey.generate()
        let rotating = try vault()
        let report = try rotating.rotateMasterKey(new: new)
        #expect(report.users == 5 && report.failures.isEmpty)
        #expect(try opensAll(5, with: new))
        #expect(try text(serving.open("vault://users/u2/apis/a1/key")) == "now-2")
        let error = #expect(throws: VaultError.self) { try vault() }
        #expect(error?.code == .wrongMasterKey)
        _ = try rotating.put(Secret(text: "later"), user: "u9", api: "a1", field: "key")
        #expect(try text(vault(new).open("vault://users/u9/apis/a1/key")) == "later")
        let status = try vault(new).status()
        #expect(status.masterTerm == 2 && status.counts.keysByMasterTerm == [2: 6] && !status.isRotatingMasterKey)
        #expect(throws: VaultError.self) { try rotating.rotateMasterKey(new: new) }
    }

    @Test("C2: a rotation of the master key interrupted after any write loses nothing and goes on", arguments: 0..<5)
    func masterKeyInterrupted(writes: Int) throws {
        try fill(5)
        let new = MasterKey.generate()
        store.tamper { $0.writesLeft = writes }
        #expect(throws: MemoryVaultStore.Failure.self) { try vault().rotateMasterKey(new: new) }
        store.tamper { $0.writesLeft = nil }
        if writes == 0 {
            #expect(try opensAll(5))
            _ = try vault().rotateMasterKey(new: new)
        } else {
            // From the first write on the new key opens the store, and the error for the old one says so.
            let error = #expect(throws: VaultError.self) { try vault() }
            #expect(error?.code == .wrongMasterKey && error?.message.contains("Give the new key") == true)
            #expect(try opensAll(5, with: new))
            let resumed = try vault(new)
            #expect(try resumed.status().isRotatingMasterKey)
            #expect(throws: VaultError.self) { try resumed.rotateMasterKey(new: .generate()) }
            try resumed.resumeMasterKeyRotation()
        }
        #expect(try opensAll(5, with: new))
        #expect(try vault(new).status().counts.keysByMasterTerm == [2: 5])
    }

    @Test("C2: a user's key that does not open keeps a rotation of the master key from ending, and is named")
    func masterKeyDamaged() throws {
        try fill(3)
        store.tamper { $0.users["u2"]?.keys[0].sealed[20] ^= 1 }
        let new = MasterKey.generate()
        let report = try vault().rotateMasterKey(new: new)
        #expect(report.users == 2 && report.failures.map(\.user) == ["u2"])
        #expect(try vault(new).status().isRotatingMasterKey)
        store.tamper { $0.users["u2"]?.keys[0].sealed[20] ^= 1 }
        #expect(try vault(new).resumeMasterKeyRotation().failures.isEmpty)
        #expect(try opensAll(3, with: new))
    }

    @Test("a cache of few users serves many, reading the rows of those who went anew")
    func boundedCache() throws {
        try fill(5)
        let vault = try Vault(masterKey: key, store: store, cachedUsers: 2, now: clock.now)
        for number in [1, 2, 3, 4, 5, 1, 3, 5] {
            #expect(try text(vault.open("vault://users/u\(number)/apis/a1/key")) == "now-\(number)")
        }
        #expect(try vault.status().cachedUsers == 2)
        vault.forget(user: "u5")
        vault.forget(user: "u5")
        #expect(try vault.status().cachedUsers == 1)
        #expect(try text(vault.open("vault://users/u2/apis/a1/key")) == "now-2")
    }
}
