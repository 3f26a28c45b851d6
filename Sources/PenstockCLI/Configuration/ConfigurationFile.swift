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
    ///
    /// - Parameter context: under this name, which is then the one in use; nil: for commands that name none.
    func write(url: String, tokenFile: String, caFile: String?, context: String?) throws(CommandFailure) {
        var object = try self.object()
        var settings = context == nil ? object : JSONObject()
        settings["url"] = .string(url)
        settings["token_file"] = .string(tokenFile)
        settings["ca_file"] = caFile.map { .string($0) }
        if let context {
            var contexts = object["contexts"]?.object ?? JSONObject()
            contexts[context] = .object(settings)
            object["contexts"] = .object(contexts)
            object["context"] = .string(context)
        } else {
            object = settings
            object["context"] = nil
        }
        try replace(object)
    }

    /// All that it holds; empty when it does not exist.
    func object() throws(CommandFailure) -> JSONObject {
        guard PrivateFile.exists(path) else { return JSONObject() }
        return try UserFile.document(path).root.object ?? JSONObject()
    }

    /// Puts all that it is to hold in its place; mode 0600.
    func replace(_ object: JSONObject) throws(CommandFailure) {
        try PrivateFile.makeFolder(Path.folder(of: path))
        try PrivateFile.replace(path, with: YAMLWriter.text(.object(object)))
    }

    /// The settings of a context.
    static func context(_ name: String, in object: JSONObject) throws(CommandFailure) -> JSONObject {
        let contexts = object["contexts"]?.object ?? JSONObject()
        if let context = contexts[name]?.object { return context }
        let near = nearest(name, among: contexts.keys).map { "Did you mean \($0.quotedForMessage)?" }
        throw CommandFailure(
            .usage, "there is no context \(name.quotedForMessage)",
            notes: [near ?? "penstock contexts list shows them; penstock login --context \(name.printable) makes it."])
    }
}
