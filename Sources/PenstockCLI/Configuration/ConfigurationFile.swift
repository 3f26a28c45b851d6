import Settings
import Value

/// The user's `config.yaml`: which relay, and where the token is. It never holds the token itself.
struct ConfigurationFile: Sendable {
    let path: String
    /// Whether the user named it, so that its absence is an error.
    let isNamed: Bool

    /// The file that `--config`, `PENSTOCK_CONFIG` or the home folder names; nil where there is none of them.
    init?(flag: String?, environment: Environment) {
        if let named = flag ?? environment["PENSTOCK_CONFIG"] {
            self.init(path: named, isNamed: true)
        } else if let folder = environment["XDG_CONFIG_HOME"], folder.hasPrefix("/") {
            self.init(path: folder + "/penstock/config.yaml", isNamed: false)
        } else if let home = environment["HOME"] {
            self.init(path: home + "/.config/penstock/config.yaml", isNamed: false)
        } else {
            return nil
        }
    }

    private init(path: String, isNamed: Bool) {
        self.path = path
        self.isNamed = isNamed
    }

    /// Its content; nil when it does not exist, unless somebody named it and `mayBeNew` is false.
    func read(mayBeNew: Bool) throws(SettingsError) -> Document? {
        guard isNamed && !mayBeNew || PrivateFile.exists(path) else { return nil }
        return try parseFile(path)
    }

    /// Writes `url`, `token_file` and `ca_file`, keeping the file's other keys; mode 0600, replaced at once.
    func write(url: String, tokenFile: String, caFile: String?) throws(CommandFailure) {
        var object = JSONObject()
        if PrivateFile.exists(path) {
            object = try UserFile.document(path).root.object ?? JSONObject()
        }
        object["url"] = .string(url)
        object["token_file"] = .string(tokenFile)
        object["ca_file"] = caFile.map { .string($0) }
        try PrivateFile.makeFolder(Path.folder(of: path))
        try PrivateFile.replace(path, with: YAMLWriter.text(.object(object)))
    }
}
