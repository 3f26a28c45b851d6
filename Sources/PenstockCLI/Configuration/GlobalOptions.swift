import ArgumentParser

/// What every command takes.
struct GlobalOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Configuration file (PENSTOCK_CONFIG; default ~/.config/penstock/config.yaml).", valueName: "file"),
        completion: .file())
    var config: String?

    @Option(
        help: ArgumentHelp("Which remembered relay (PENSTOCK_CONTEXT; see penstock contexts).", valueName: "name"),
        completion: Completions.contexts)
    var context: String?

    @Option(help: ArgumentHelp("The relay, as in https://relay.example.com (PENSTOCK_URL).", valueName: "url"))
    var url: String?

    @Option(
        help: ArgumentHelp("File that holds your token (PENSTOCK_TOKEN_FILE; or PENSTOCK_TOKEN).", valueName: "file"),
        completion: .file())
    var tokenFile: String?

    @Option(
        help: ArgumentHelp(
            "PEM file of a private root to trust besides the system's (PENSTOCK_CA_FILE).", valueName: "file"),
        completion: .file())
    var caFile: String?

    @Option(help: ArgumentHelp("table, json or yaml (PENSTOCK_OUTPUT; default table).", valueName: "format"))
    var output: OutputFormat?

    @Option(
        help: ArgumentHelp(
            "trace, debug, info, warning or error (PENSTOCK_LOG_LEVEL; default warning).", valueName: "level"))
    var logLevel: LogLevel?

    @Option(
        help: ArgumentHelp("text or json, on standard error (PENSTOCK_LOG_FORMAT; default text).", valueName: "format"))
    var logFormat: LogFormat?
}

/// How results are printed.
enum OutputFormat: String, CaseIterable, Sendable, ExpressibleByArgument {
    case table, json, yaml
}

/// The least important log line that is printed.
enum LogLevel: String, CaseIterable, Sendable, ExpressibleByArgument {
    case trace, debug, info, warning, error
}

/// How log lines are printed.
enum LogFormat: String, CaseIterable, Sendable, ExpressibleByArgument {
    case text, json
}
