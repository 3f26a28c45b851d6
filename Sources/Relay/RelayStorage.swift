import Audit
import Registry
import Settings
package import StoreSQLite
package import Vault

/// The relay's data folder, opened: its database and the vault in it.
package struct RelayStorage: Sendable {
    package let store: SQLiteStore
    package let vault: Vault
    /// What the operator should know of the master key's file.
    package let warning: String?

    static func database(in folder: String) -> String { folder + "/penstock.db" }

    /// Opens what `init` has made.
    package static func open(_ configuration: RelayConfiguration) throws -> RelayStorage {
        let path = database(in: configuration.dataDirectory)
        guard fileExists(path) else {
            throw RelayError(
                "There is no relay in \(configuration.dataDirectory). Run: penstock-relay init --data-dir \(configuration.dataDirectory)"
            )
        }
        let key: MasterKey
        var warning: String?
        switch configuration.masterKey {
        case .file(let file): (key, warning) = try MasterKey.load(file: file)
        case .environment(let text): key = try MasterKey(base64: text, source: "PENSTOCK_VAULT_MASTER_KEY")
        }
        let store = try SQLiteStore(path: path)
        return RelayStorage(store: store, vault: try Vault(masterKey: key, store: store), warning: warning)
    }
}
