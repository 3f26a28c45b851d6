import Synchronization

/// What was found of other processes' changes to the vault.
package struct VaultFollowing: Sendable, Hashable {
    /// Whether this process now has another master key.
    package var hasNewMasterKey = false
    /// Users whose keys or records were read anew.
    package var users = 0
    /// Those of them who have another key.
    package var rekeyed = 0
    /// Why something could not be taken over; what is in memory stays in use. At most 100.
    package var failures: [String] = []

    package init() {}
}

extension Vault {
    private static let page = 1000

    /// Takes over what other processes have changed in the store: the master key, users' keys, records.
    ///
    /// To be called about once a second where a vault stays open while commands may rotate its keys. Without it, a user
    /// in memory is served from there, and only a user who is not may fail. Cheap while nobody else has written.
    ///
    /// - Parameters:
    ///   - stamp: what the call before has returned; `nil` the first time.
    ///   - keys: reads the master key's source; it may take its time.
    package func follow(
        since stamp: Int64?, keys: () throws -> [MasterKey]
    ) throws -> (stamp: Int64, found: VaultFollowing) {
        // Before anything is read: what is written meanwhile is found the next time.
        let current = try store.vaultStamp()
        var found = VaultFollowing()
        guard current != stamp || isBehind else { return (current, found) }
        do {
            if try isOvertaken() {
                let candidates = try keys()
                try exclusively {
                    let before = masters.withLock { $0.current.term }
                    let fitting = try Self.masterKeys(candidates, store)
                    masters.withLock { $0 = fitting }
                    found.hasNewMasterKey = fitting.current.term != before
                }
            }
            behind.store(false, ordering: .relaxed)
        } catch let error as VaultError {
            behind.store(true, ordering: .relaxed)
            found.failures.append(error.message)
        }
        try refreshUsers(&found)
        return (current, found)
    }

    private func refreshUsers(_ found: inout VaultFollowing) throws {
        var last = ""
        while true {
            let counters = try store.vaultCounters(after: last, limit: Self.page)
            guard let end = counters.last else { return }
            for (user, counter) in counters {
                guard let cached = cachedCounter(of: user), cached < counter else { continue }
                do {
                    found.rekeyed += try refresh(user) ? 1 : 0
                    found.users += 1
                } catch let error as VaultError {
                    if found.failures.count < VaultRotationReport.failureLimit { found.failures.append(error.message) }
                }
            }
            last = end.user
        }
    }

    /// Takes over the master key that another process has rotated to, where the key's source can be read at any time.
    /// Called while no rows are read or written. Returns whether the keys in use have changed.
    func catchUp() throws -> Bool {
        guard let reload, try isOvertaken() else { return false }
        let fitting = try Self.masterKeys(reload(), store)
        masters.withLock { $0 = fitting }
        return true
    }

    /// Whether the store's master keys are not those in use.
    private func isOvertaken() throws -> Bool {
        let rotation = try store.masterKeyRotation()
        guard let check = try rotation?.check ?? store.loadVaultCheck() else { return false }
        let term = try Envelope(stored: check, what: "master key check").term
        let keys = masters.withLock { $0 }
        return term != keys.current.term || (rotation == nil) != (keys.old == nil)
    }

    private var isBehind: Bool { behind.load(ordering: .relaxed) }
}
