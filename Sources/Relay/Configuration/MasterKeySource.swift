import Vault

extension RelayConfiguration.MasterKeySource {
    /// What it is called in a sentence.
    package var name: String {
        switch self {
        case .file(let path): path
        case .environment: "PENSTOCK_VAULT_MASTER_KEY"
        case .command: "vault.master_key_command"
        }
    }

    /// Reads the key. Blocks, a command for up to 30 seconds.
    ///
    /// A file has a second key beside it while it is being replaced (``MasterKeyFile``): which of them fits, the database
    /// says.
    ///
    /// - Returns: the keys, that of the file itself first, and what the operator should know of its file.
    func load() throws(VaultError) -> (keys: [MasterKey], warning: String?) {
        switch self {
        case .file(let path):
            let (key, warning) = try MasterKey.load(file: path)
            return ([key] + (try MasterKeyFile(path).staged().map { [$0] } ?? []), warning)
        case .environment(let text):
            return ([try MasterKey(base64: text, source: name)], nil)
        case .command(let command):
            return ([try command.load()], nil)
        }
    }

    /// Reads the key again, where that is quick and may give another one than at the start.
    var reload: (@Sendable () -> [MasterKey])? {
        guard case .file = self else { return nil }
        return { (try? load().keys) ?? [] }
    }
}
