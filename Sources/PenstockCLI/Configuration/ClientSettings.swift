import Settings
import Value

/// What a command talks to and how it prints, from flags, environment and file, in that order.
struct ClientSettings: Sendable {
    /// As written; nil when nothing sets it.
    let url: String?
    let token: TokenSource?
    let caFile: String?
    let output: OutputFormat
    let logLevel: LogLevel
    let logFormat: LogFormat

    private static let keys = ["url", "token_file", "ca_file", "output", "log_level", "log_format"]
    /// What a context sets.
    private static let contextKeys: Set<String> = ["url", "token_file", "ca_file"]

    /// The variables that set the keys of the file.
    static let variables = keys.map { "PENSTOCK_" + $0.uppercased() }

    /// - Parameter mayBeNew: whether the file that `--config` names need not exist yet.
    /// - Throws: ``CommandFailure`` with code 2 for anything wrong, with the place.
    static func load(
        _ options: GlobalOptions, environment: Environment = .current(), mayBeNew: Bool = false
    ) throws(CommandFailure) -> ClientSettings {
        do throws(SettingsError) {
            return try read(options, environment, mayBeNew)
        } catch {
            throw CommandFailure(.usage, "\(error)")
        }
    }

    private static func read(
        _ options: GlobalOptions, _ environment: Environment, _ mayBeNew: Bool
    ) throws(SettingsError) -> ClientSettings {
        // A context that is named comes before the environment: a token must not go to another relay than its own.
        let isNamed = (options.context ?? environment["PENSTOCK_CONTEXT"]) != nil
        let variables = isNamed ? environment.without(contextKeys.map { "PENSTOCK_" + $0.uppercased() }) : environment
        let layers = Layered(
            flags: [
                ("url", "--url", options.url), ("token_file", "--token-file", options.tokenFile),
                ("ca_file", "--ca-file", options.caFile), ("output", "--output", options.output?.rawValue),
                ("log_level", "--log-level", options.logLevel?.rawValue),
                ("log_format", "--log-format", options.logFormat?.rawValue),
            ],
            environment: variables.all, keys: keys)
        let file = ConfigurationFile(flag: options.config, environment: environment)
        let reader =
            if let file, let document = try file.read(mayBeNew: mayBeNew) {
                SettingsReader(document: document, file: file.path, layers: layers)
            } else {
                SettingsReader(layers: layers)
            }
        let context = context(
            options.context ?? environment["PENSTOCK_CONTEXT"], mayBeNew: mayBeNew, reader)
        let paths = PathReader(reader: reader, context: context, layers: layers, home: environment["HOME"])
        let settings = ClientSettings(
            url: paths.text("url"),
            token: token(tokenFile: paths.path("token_file"), layers, isNamed ? Environment([:]) : environment),
            caFile: paths.path("ca_file"),
            output: reader.choice("output") ?? .table,
            logLevel: reader.choice("log_level") ?? .warning,
            logFormat: reader.choice("log_format") ?? .text)
        try reader.finish()
        return settings
    }

    /// The settings of the context that is asked for, or of the file's own choice; nil where there is none.
    ///
    /// - Parameter mayBeNew: whether a login is about to make it.
    private static func context(_ name: String?, mayBeNew: Bool, _ reader: SettingsReader) -> JSONObject? {
        let chosen = reader.value("context")?.string
        let contexts = reader.value("contexts")?.object ?? JSONObject()
        guard let name = name ?? chosen else { return nil }
        if let context = contexts[name]?.object { return context }
        if mayBeNew { return JSONObject() }
        let near = nearest(name, among: contexts.keys).map { "; did you mean \($0.quotedForMessage)?" } ?? ""
        reader.reject("context", "there is no context \(name.quotedForMessage)\(near)")
        return nil
    }

    /// The flag, then `PENSTOCK_TOKEN`, then `PENSTOCK_TOKEN_FILE`, then the file's `token_file`.
    private static func token(tokenFile: String?, _ layers: Layered, _ environment: Environment) -> TokenSource? {
        if layers.entry("token_file")?.source != "--token-file", let token = environment["PENSTOCK_TOKEN"] {
            return .value(token)
        }
        return tokenFile.map { .file($0) }
    }
}

/// Reads paths: those in the file count from the file's folder; `~/` is the home folder.
private struct PathReader {
    let reader: SettingsReader
    /// What the file says for the context in use, instead of for all.
    let context: JSONObject?
    let layers: Layered
    let home: String?

    func text(_ key: String) -> String? {
        let text = reader.text(key)
        guard let context, layers.entry(key) == nil else { return text }
        return context[key]?.string
    }

    func path(_ key: String) -> String? {
        guard let text = text(key) else { return nil }
        if text.hasPrefix("~/"), let home { return home + text.dropFirst(1) }
        guard layers.entry(key) == nil else { return text }
        return Path.resolve(text, from: Path.folder(of: reader.file))
    }
}
