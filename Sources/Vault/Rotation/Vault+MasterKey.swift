import Crypto
import Synchronization

extension Vault {
    private static let batch = 100

    /// Wraps every user's key under a new master key, in batches of a transaction each; credentials stay as they are.
    ///
    /// Make the new key durable outside first: from the first transaction on, the store opens with the new key only.
    /// Calls go on meanwhile. After an interruption, open the vault with the new key and call `resumeMasterKeyRotation`.
    ///
    /// Throws `VaultError.cannotRotate` when a rotation is under way or the new key is the current one.
    package func rotateMasterKey(new key: MasterKey) throws -> VaultRotationReport {
        try exclusively {
            let keys = masters.withLock { $0 }
            guard keys.old == nil else {
                throw VaultError(.cannotRotate, "A rotation of the master key is under way already; resume it.")
            }
            let isSame = keys.current.key == key.key
            let (term, overflow) = keys.current.term.addingReportingOverflow(1)
            guard !isSame, !overflow else {
                throw VaultError(.cannotRotate, "The new master key (\(key.source)) is the current one.")
            }
            let new = key.at(term: term)
            try store.beginMasterKeyRotation(
                VaultMasterRotation(
                    check: try MasterKeys.check(for: new), oldKey: try MasterKeys.seal(old: keys.current, under: new)))
            masters.withLock { $0 = MasterKeys(current: new, old: keys.current) }
        }
        return try resumeMasterKeyRotation()
    }

    /// Goes on with a rotation that was interrupted; does nothing when none is under way.
    ///
    /// A key that does not open is passed over and reported; the rotation then does not end, so that the old key is not
    /// lost while something needs it.
    @discardableResult
    package func resumeMasterKeyRotation() throws -> VaultRotationReport {
        var report = VaultRotationReport()
        let keys = masters.withLock { $0 }
        guard keys.old != nil else { return report }
        // A second round finds what was stored behind the first one's back.
        while try rewrapAll(keys, &report) > 0 {}
        guard report.failures.isEmpty else { return report }
        try exclusively {
            try store.endMasterKeyRotation(term: keys.current.term)
            masters.withLock { $0 = MasterKeys(current: keys.current, old: nil) }
        }
        return report
    }

    /// One round over all keys that are under another term; returns how many were moved.
    private func rewrapAll(_ keys: MasterKeys, _ report: inout VaultRotationReport) throws -> Int {
        report.failures = []
        var moved = 0
        var last = ""
        while true {
            let owned = try exclusively {
                let owned = try store.vaultKeys(notUnder: keys.current.term, after: last, limit: Self.batch)
                var replacements: [(replaced: VaultOwnedKey, sealed: [UInt8])] = []
                for owner in owned {
                    do throws(VaultError) {
                        replacements.append((owner, try Self.rewrap(owner, keys)))
                    } catch {
                        guard report.failures.count < VaultRotationReport.failureLimit else { continue }
                        report.failures.append(.init(user: owner.user, reason: error.message))
                    }
                }
                if !replacements.isEmpty { try store.replaceVaultKeys(replacements) }
                moved += replacements.count
                return owned
            }
            guard let end = owned.last else { break }
            last = end.user
        }
        report.users += moved
        return moved
    }

    private static func rewrap(_ owned: VaultOwnedKey, _ keys: MasterKeys) throws(VaultError) -> [UInt8] {
        let what = "key of user \(owned.user)"
        let envelope = try Envelope(stored: owned.key.sealed, what: what)
        let master = try keys.key(for: envelope, what: what)
        let place = AssociatedData.userKey(user: owned.user, term: owned.key.term)
        guard let plain = envelope.open(key: master.key, authenticating: envelope.authenticated(with: place)) else {
            throw VaultError(
                .tampered, "The stored \(what) was changed. Restore the database from a backup, or delete the user.")
        }
        return try plain.withBytes { bytes throws(VaultError) in
            try Envelope.seal(bytes, key: keys.current.key, term: keys.current.term, for: place)
        }
    }

    /// Whether new keys are wrapped under this master key.
    package func uses(_ key: MasterKey) -> Bool { masters.withLock { $0.current.isSame(as: key) } }

    /// The term of the master key that wraps new keys.
    package var masterTerm: UInt32 { masters.withLock { $0.current.term } }

    /// What the vault holds and whether anything is under way.
    package func status() throws -> VaultStatus {
        let keys = masters.withLock { $0 }
        return VaultStatus(
            masterTerm: keys.current.term, isRotatingMasterKey: keys.old != nil,
            isRotatingUserKeys: try store.userKeyRotation() != nil, counts: try store.vaultCounts(),
            cachedUsers: cachedUsers)
    }
}
