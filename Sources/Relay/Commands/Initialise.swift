import Audit
import Glibc
import Registry
import StoreSQLite
import Vault

/// `penstock-relay init`: a data folder, a master key, and the first operator's token.
package enum Initialise {
    package struct Made: Sendable {
        package let masterKeyFile: String?
        /// Shown once, to the operator.
        package let operatorToken: String
    }

    /// Makes a new relay's data, whole or not at all.
    ///
    /// - Parameters:
    ///   - masterKey: where the key is to be; a file that exists is used, one that does not is made.
    ///   - tokenFile: where to write the operator's token instead of showing it.
    ///   - show: shows what was made; a token that cannot be shown is no reason to keep the rest.
    package static func run(
        dataDirectory: String, masterKey: RelayConfiguration.MasterKeySource, tokenFile: String?,
        show: (Made) throws -> Void
    ) throws {
        let database = RelayStorage.database(in: dataDirectory)
        guard !fileExists(database) else {
            throw RelayError("\(dataDirectory) already holds a relay; nothing was changed.")
        }
        if let tokenFile, fileExists(tokenFile) {
            throw RelayError("The file \(tokenFile) exists already; nothing was changed.")
        }
        try makePrivateFolder(dataDirectory)
        let (key, keyFile, isNew) = try self.key(masterKey)
        // Built beside its place and moved there, so that an interrupted init leaves no half of a relay.
        let draft = database + ".init-\(getpid())"
        do {
            let token = try fill(draft, key)
            if let tokenFile { try writePrivateFile(token + "\n", to: tokenFile) }
            try show(Made(masterKeyFile: keyFile, operatorToken: token))
            guard rename(draft, database) == 0 else {
                if let tokenFile { unlink(tokenFile) }
                throw RelayError("\(database) cannot be made: \(String(cString: strerror(errno))).")
            }
            for suffix in ["-wal", "-shm"] { unlink(draft + suffix) }
        } catch {
            for suffix in ["", "-wal", "-shm"] { unlink(draft + suffix) }
            if isNew, let keyFile { unlink(keyFile) }
            throw error
        }
    }

    private static func key(
        _ source: RelayConfiguration.MasterKeySource
    ) throws -> (key: MasterKey, file: String?, isNew: Bool) {
        switch source {
        case .environment(let text):
            return (try MasterKey(base64: text, source: "PENSTOCK_VAULT_MASTER_KEY"), nil, false)
        case .command(let command):
            return (try command.load(), nil, false)
        case .file(let path) where fileExists(path):
            return (try MasterKey.load(file: path).key, path, false)
        case .file(let path):
            let key = MasterKey.generate()
            try key.save(newFile: path)
            return (key, path, true)
        }
    }

    private static func fill(_ path: String, _ key: MasterKey) throws -> String {
        let store = try SQLiteStore(path: path)
        _ = try Vault(masterKey: key, store: store)
        let text = TokenText.generate()
        try store.create(
            Token(
                id: text.id, kind: .operator, user: nil, hash: text.hash, lastFour: text.lastFour,
                label: "first operator", created: WallClock.microseconds()))
        try store.close()
        return text.revealed()
    }
}
