import Synchronization
import Vault

/// A store in memory whose rows a test can put anywhere.
final class MemoryVaultStore: VaultStore {
    struct Failure: Error {}

    struct Rows {
        var check: [UInt8]?
        var users: [String: VaultRows] = [:]
        var failsNextCommit = false
        var loads = 0
    }

    let rows = Mutex(Rows())

    func loadVaultCheck() throws -> [UInt8]? { rows.withLock { $0.check } }
    func saveVaultCheck(_ sealed: [UInt8]) throws { rows.withLock { $0.check = sealed } }
    func holdsVaultKeys() throws -> Bool { rows.withLock { !$0.users.isEmpty } }

    func loadVaultRows(user: String) throws -> VaultRows? {
        rows.withLock {
            $0.loads += 1
            return $0.users[user]
        }
    }

    func commit(_ change: VaultChange) throws {
        try rows.withLock { rows in
            if rows.failsNextCommit {
                rows.failsNextCommit = false
                throw Failure()
            }
            var user = rows.users[change.user] ?? VaultRows(keys: [], records: [], head: nil)
            guard user.head?.counter ?? 0 == change.expectedCounter else { throw Failure() }
            user.keys += change.newKeys
            user.records.removeAll { row in
                change.deletes.contains(row.name) || change.puts.contains { $0.name == row.name }
            }
            user.records += change.puts
            user.head = change.head
            rows.users[change.user] = user
        }
    }

    /// Changes stored rows behind the vault's back.
    func tamper(_ change: (inout Rows) -> Void) {
        rows.withLock { change(&$0) }
    }
}
