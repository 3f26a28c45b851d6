import StoreSQLite
import Synchronization
import Vault

/// A store in a real file whose n-th write fails before it is made, as a process that dies there leaves it.
final class FailingVaultStore: VaultStore {
    struct Died: Error {}

    private let store: SQLiteStore
    private let writesLeft: Mutex<Int>

    init(_ store: SQLiteStore, writes: Int) {
        self.store = store
        writesLeft = Mutex(writes)
    }

    private func write(_ body: () throws -> Void) throws {
        try writesLeft.withLock { left in
            guard left > 0 else { throw Died() }
            left -= 1
        }
        try body()
    }

    func loadVaultCheck() throws -> [UInt8]? { try store.loadVaultCheck() }
    func saveVaultCheck(_ sealed: [UInt8]) throws { try write { try store.saveVaultCheck(sealed) } }
    func holdsVaultKeys() throws -> Bool { try store.holdsVaultKeys() }
    func loadVaultRows(user: String) throws -> VaultRows? { try store.loadVaultRows(user: user) }
    func commit(_ change: VaultChange) throws { try write { try store.commit(change) } }

    func loadVaultHistory(user: String, api: String) throws -> [VaultHistoryRow] {
        try store.loadVaultHistory(user: user, api: api)
    }

    func vaultUsers(after user: String, limit: Int) throws -> [String] {
        try store.vaultUsers(after: user, limit: limit)
    }

    func vaultUsersKeepingPrevious(after user: String, limit: Int) throws -> [String] {
        try store.vaultUsersKeepingPrevious(after: user, limit: limit)
    }

    func userKeyRotation() throws -> String? { try store.userKeyRotation() }
    func setUserKeyRotation(_ user: String?) throws { try write { try store.setUserKeyRotation(user) } }
    func masterKeyRotation() throws -> VaultMasterRotation? { try store.masterKeyRotation() }

    func beginMasterKeyRotation(_ rotation: VaultMasterRotation) throws {
        try write { try store.beginMasterKeyRotation(rotation) }
    }

    func vaultKeys(notUnder term: UInt32, after user: String, limit: Int) throws -> [VaultOwnedKey] {
        // Short pages, so that a few users already need several writes.
        try store.vaultKeys(notUnder: term, after: user, limit: min(limit, 2))
    }

    func replaceVaultKeys(_ keys: [(replaced: VaultOwnedKey, sealed: [UInt8])]) throws {
        try write { try store.replaceVaultKeys(keys) }
    }

    func endMasterKeyRotation(term: UInt32) throws { try write { try store.endMasterKeyRotation(term: term) } }
    func vaultCounts() throws -> VaultCounts { try store.vaultCounts() }
    func vaultStamp() throws -> Int64 { try store.vaultStamp() }

    func vaultCounters(after user: String, limit: Int) throws -> [(user: String, counter: UInt64)] {
        try store.vaultCounters(after: user, limit: limit)
    }
}
