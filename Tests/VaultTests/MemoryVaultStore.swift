import Synchronization
import Vault

/// A store in memory whose rows a test can put anywhere, and which can fail at any write.
final class MemoryVaultStore: VaultStore {
    struct Failure: Error {}

    struct Rows {
        var check: [UInt8]?
        var users: [String: VaultRows] = [:]
        var history: [String: [VaultHistoryRow]] = [:]
        var userRotation: String?
        var masterRotation: VaultMasterRotation?
        var failsNextCommit = false
        /// Writes that still work before one fails; `nil`: all.
        var writesLeft: Int?
        var loads = 0
        /// What `vaultStamp` gives; a test that plays another process changes it.
        var stamp: Int64 = 1

        mutating func write() throws {
            guard let left = writesLeft else { return }
            guard left > 0 else { throw Failure() }
            writesLeft = left - 1
        }
    }

    let rows = Mutex(Rows())

    func loadVaultCheck() throws -> [UInt8]? { rows.withLock { $0.check } }

    func saveVaultCheck(_ sealed: [UInt8]) throws {
        try rows.withLock {
            try $0.write()
            $0.check = sealed
        }
    }

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
            try rows.write()
            var user = rows.users[change.user] ?? VaultRows(keys: [], records: [], head: nil)
            guard user.head?.counter ?? 0 == change.expectedCounter else { throw Failure() }
            user.keys.removeAll { change.retiredTerms.contains($0.term) }
            user.keys += change.newKeys
            user.records.removeAll { row in
                change.deletes.contains(row.name) || change.puts.contains { $0.name == row.name }
            }
            user.records += change.puts
            user.previous.removeAll { row in
                change.deletes.contains(row.name) || change.previousDeletes.contains(row.name)
                    || change.previousPuts.contains { $0.name == row.name }
            }
            user.previous += change.previousPuts
            user.head = change.head
            rows.users[change.user] = user
            rows.history[change.user, default: []].removeAll { change.deletes.contains($0.name) }
            rows.history[change.user, default: []] += change.history
            if change.advancesRotation { rows.userRotation = change.user }
        }
    }

    func loadVaultHistory(user: String, api: String) throws -> [VaultHistoryRow] {
        rows.withLock { rows in
            (rows.history[user] ?? []).filter { $0.name.api == api }
                .sorted { ($0.name.field, $1.version) < ($1.name.field, $0.version) }
        }
    }

    func vaultUsers(after user: String, limit: Int) throws -> [String] {
        rows.withLock { Array($0.users.keys.filter { $0 > user }.sorted().prefix(limit)) }
    }

    func vaultUsersKeepingPrevious(after user: String, limit: Int) throws -> [String] {
        rows.withLock { rows in
            Array(rows.users.filter { $0.key > user && !$0.value.previous.isEmpty }.keys.sorted().prefix(limit))
        }
    }

    func userKeyRotation() throws -> String? { rows.withLock { $0.userRotation } }

    func setUserKeyRotation(_ user: String?) throws {
        try rows.withLock {
            try $0.write()
            $0.userRotation = user
        }
    }

    func masterKeyRotation() throws -> VaultMasterRotation? { rows.withLock { $0.masterRotation } }

    func beginMasterKeyRotation(_ rotation: VaultMasterRotation) throws {
        try rows.withLock {
            try $0.write()
            guard $0.masterRotation == nil else { throw Failure() }
            $0.masterRotation = rotation
        }
    }

    func vaultKeys(notUnder term: UInt32, after user: String, limit: Int) throws -> [VaultOwnedKey] {
        rows.withLock { rows in
            let all = rows.users.filter { $0.key > user }.sorted { $0.key < $1.key }.flatMap { owner, rows in
                rows.keys.map { VaultOwnedKey(user: owner, key: $0) }
            }
            // A short page, so that a few users already need several.
            return Array(all.filter { Self.term(of: $0.key.sealed) != term }.prefix(min(limit, 2)))
        }
    }

    func replaceVaultKeys(_ keys: [(replaced: VaultOwnedKey, sealed: [UInt8])]) throws {
        try rows.withLock { rows in
            try rows.write()
            for (replaced, sealed) in keys {
                let place = rows.users[replaced.user]?.keys.firstIndex(of: replaced.key)
                if let place { rows.users[replaced.user]?.keys[place].sealed = sealed }
            }
        }
    }

    func endMasterKeyRotation(term: UInt32) throws {
        try rows.withLock { rows in
            try rows.write()
            guard rows.users.values.allSatisfy({ $0.keys.allSatisfy { Self.term(of: $0.sealed) == term } }) else {
                throw Failure()
            }
            rows.check = rows.masterRotation?.check ?? rows.check
            rows.masterRotation = nil
        }
    }

    func vaultCounts() throws -> VaultCounts {
        rows.withLock { rows in
            func count(_ sealed: [[UInt8]]) -> [UInt32: Int] {
                Dictionary(sealed.map { (Self.term(of: $0), 1) }, uniquingKeysWith: +)
            }
            return VaultCounts(
                keysByMasterTerm: count(rows.users.values.flatMap { $0.keys.map(\.sealed) }),
                recordsByTerm: count(rows.users.values.flatMap { $0.records.map(\.sealed) }),
                previous: rows.users.values.reduce(0) { $0 + $1.previous.count })
        }
    }

    func vaultStamp() throws -> Int64 { rows.withLock { $0.stamp } }

    func vaultCounters(after user: String, limit: Int) throws -> [(user: String, counter: UInt64)] {
        rows.withLock { rows in
            let all = rows.users.filter { $0.key > user }.sorted { $0.key < $1.key }
            return all.prefix(min(limit, 2)).map { ($0.key, $0.value.head?.counter ?? 0) }
        }
    }

    private static func term(of sealed: [UInt8]) -> UInt32 { sealed[1..<5].reduce(0) { $0 << 8 | UInt32($1) } }

    /// Changes stored rows behind the vault's back.
    func tamper(_ change: (inout Rows) -> Void) {
        rows.withLock { change(&$0) }
    }
}
