import StoreSQLite
import Vault

/// `penstock-relay vault status` and `vault rotate`. They work beside a relay that serves.
package enum VaultCommands {
    /// What the vault holds: counts and terms, never a value.
    package static func status(
        dataDirectory: String, masterKey: RelayConfiguration.MasterKeySource
    ) throws -> CommandReport {
        let storage = try RelayStorage.open(dataDirectory, masterKey)
        let status = try storage.vault.status()
        let counts = status.counts
        func describe(_ counts: [UInt32: Int], _ what: String) -> String {
            let parts = counts.sorted { $0.key < $1.key }.map { "\($0.value) \(what) \($0.key)" }
            return parts.isEmpty ? "0" : parts.joined(separator: ", ")
        }
        var report = CommandReport()
        report.lines = [
            "master key: term \(status.masterTerm), from \(masterKey.name)",
            "users' keys: \(describe(counts.keysByMasterTerm, "under master key term"))",
            "credentials: \(describe(counts.recordsByTerm, "under users' keys of term"))",
            "earlier values kept for an overlap: \(counts.previous)",
        ]
        if status.isRotatingMasterKey {
            report.lines.append("a change of the master key has begun and not ended: run it again")
        } else {
            report.lines += storage.warnings
        }
        if status.isRotatingUserKeys {
            report.lines.append("a rotation of users' keys has begun and not ended: run `vault rotate` again")
        }
        return report
    }

    /// Gives one user, or all, new keys, and seals their credentials under them. What an interrupted run has not come to
    /// is done; a user it has come to is not done again.
    package static func rotateUserKeys(
        dataDirectory: String, masterKey: RelayConfiguration.MasterKeySource, user: String?
    ) throws -> CommandReport {
        try DataFolderLock.holdForRotation(dataDirectory)
        let storage = try RelayStorage.open(dataDirectory, masterKey)
        let rotation: VaultRotationReport
        if let user {
            guard try storage.store.user(id: user) != nil else { throw RelayError("There is no user \(user).") }
            rotation = try storage.vault.rotateUserKey(user)
        } else {
            rotation = try storage.vault.rotateAllUserKeys()
        }
        var report = CommandReport()
        report.lines = ["users with new keys: \(rotation.users), credentials sealed anew: \(rotation.records)"]
        if rotation.damaged > 0 {
            report.lines.append(
                "credentials that were damaged before, and have to be set again: \(rotation.damaged)")
        }
        report.add(rotation.failures)
        return report
    }

    /// Where the new master key comes from.
    package enum NewMasterKey: Sendable {
        /// A random one, kept where the present one is.
        case generated
        /// A file that exists, or that is made with a random key.
        case file(String)
        /// Base64, in `PENSTOCK_VAULT_NEW_MASTER_KEY`.
        case environment(String)
    }

    /// Wraps all users' keys under a new master key, and puts it in place of the present one where that is a file.
    ///
    /// - Parameter leaveSource: the key's file is left as it is, for something else manages it.
    package static func rotateMasterKey(
        dataDirectory: String, masterKey: RelayConfiguration.MasterKeySource, new: NewMasterKey, leaveSource: Bool
    ) throws -> CommandReport {
        var file: MasterKeyFile?
        if case .file(let path) = masterKey, !leaveSource { file = MasterKeyFile(path) }
        try DataFolderLock.holdForRotation(dataDirectory)
        let given = try read(new, isNeeded: file == nil)
        let storage = try RelayStorage.open(dataDirectory, masterKey, or: given.map { [$0] } ?? [])
        let vault = storage.vault
        let isRotating = try vault.status().isRotatingMasterKey
        var staged = try file?.staged()
        let key = given ?? staged ?? .generate()
        if isRotating, !vault.uses(key) {
            throw RelayError(
                "Another change of the master key has begun and not ended. To continue it, give the key it began with.")
        }
        if storage.hasOwnKey, vault.uses(key) {
            throw RelayError("The new master key is the one that \(masterKey.name) holds already.")
        }
        if let file, let waiting = staged, vault.uses(waiting), !waiting.isSame(as: key) {
            // An earlier change ended without its last step; the only copy of its key must not be written over.
            _ = try file.install(replacingTerm: vault.masterTerm - 1)
            staged = nil
        }
        if let file, staged?.isSame(as: key) != true, !vault.uses(key) { try file.stage(key) }
        let wasResumed = vault.uses(key)
        // When this throws, the new key stays where it is: the database may have it all the same.
        let rotation = wasResumed ? try vault.resumeMasterKeyRotation() : try vault.rotateMasterKey(new: key)
        var report = CommandReport()
        report.lines = [
            "users' keys wrapped under the new master key: \(rotation.users)"
                + (wasResumed ? " (an interrupted change went on)" : "")
        ]
        report.add(rotation.failures)
        guard report.isGood else { return report }
        guard let file else {
            report.lines.append("now let \(masterKey.name) give the new master key: only that one opens the database")
            return report
        }
        if try file.staged() != nil {
            let former = try file.install(replacingTerm: vault.masterTerm - 1)
            report.lines.append("the new master key is in \(masterKey.name)")
            report.lines.append("the former one is in \(former): destroy it with the backups made until now")
        }
        return report
    }

    private static func read(_ new: NewMasterKey, isNeeded: Bool) throws -> MasterKey? {
        switch new {
        case .generated:
            guard !isNeeded else {
                throw RelayError(
                    "The new master key has to be given: --new-key-file FILE, or PENSTOCK_VAULT_NEW_MASTER_KEY.")
            }
            return nil
        case .environment(let text):
            return try MasterKey(base64: text, source: "PENSTOCK_VAULT_NEW_MASTER_KEY")
        case .file(let path):
            if !fileExists(path) {
                try MasterKey.generate().save(newFile: path)
                try syncFolder(of: path)
            }
            return try MasterKey.load(file: path).key
        }
    }
}

extension CommandReport {
    fileprivate mutating func add(_ failures: [VaultRotationReport.Failure]) {
        for failure in failures { lines.append("user \(failure.user) was passed over: \(failure.reason)") }
        if !failures.isEmpty { isGood = false }
    }
}
