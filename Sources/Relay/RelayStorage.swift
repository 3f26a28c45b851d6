import Audit
import Registry
import Settings
package import StoreSQLite
package import Vault

/// The relay's data folder, opened: its database and the vault in it.
package struct RelayStorage: Sendable {
    package let store: SQLiteStore
    package let vault: Vault
    /// What the operator should know of the master key and its file.
    package let warnings: [String]
    /// Whether the key is the one that its source gives first. It is another while a change of the master key has not
    /// come to its last step.
    package let hasOwnKey: Bool

    static func database(in folder: String) -> String { folder + "/penstock.db" }

    /// Opens what `init` has made.
    package static func open(_ configuration: RelayConfiguration) throws -> RelayStorage {
        try open(configuration.dataDirectory, configuration.masterKey)
    }

    /// Makes this process the one relay that serves the folder, until it ends.
    static func holdToServe(_ folder: String) throws {
        try requireRelay(in: folder)
        try DataFolderLock.holdToServe(folder)
    }

    /// The same, for commands that need no other setting.
    ///
    /// - Parameter newKeys: keys that may fit if the source's own does not: a rotation may have been interrupted.
    static func open(
        _ folder: String, _ source: RelayConfiguration.MasterKeySource, or newKeys: [MasterKey] = []
    ) throws -> RelayStorage {
        try requireRelay(in: folder)
        try DataFolderLock.hold(folder, .shared)
        let (keys, warning) = try source.load()
        let store = try SQLiteStore(path: database(in: folder))
        let vault = try Vault(masterKeys: keys + newKeys, store: store, reload: source.reload)
        let hasOwnKey = keys.first.map(vault.uses) ?? false
        var warnings = [warning].compactMap { $0 }
        if !hasOwnKey {
            warnings.append(
                "a change of the master key has not come to its last step; run: penstock-relay vault rotate --master-key"
            )
        }
        return RelayStorage(store: store, vault: vault, warnings: warnings, hasOwnKey: hasOwnKey)
    }

    /// The database alone, for commands that need no key.
    static func openDatabase(_ folder: String) throws -> SQLiteStore {
        try requireRelay(in: folder)
        try DataFolderLock.hold(folder, .shared)
        return try SQLiteStore(path: database(in: folder))
    }

    private static func requireRelay(in folder: String) throws(RelayError) {
        guard fileExists(database(in: folder)) else {
            throw RelayError("There is no relay in \(folder). Run: penstock-relay init --data-dir \(folder)")
        }
    }
}
