import ArgumentParser
import Value

/// `penstock contexts`: several relays, one of them in use.
struct ContextsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "contexts",
        abstract: "Lists the relays that you are logged in to, and selects one.",
        discussion: """
            penstock login --context NAME remembers a relay under a name; --context NAME or PENSTOCK_CONTEXT uses it for \
            one command.

            Examples:
              penstock login --context staging --url https://staging.example.com --token-file ~/staging-token
              penstock contexts list
              penstock contexts use staging
            """,
        subcommands: [List.self, Use.self, Delete.self], aliases: ["context"])

    /// The configuration file, as these commands change it.
    private static func file(_ options: GlobalOptions) throws(CommandFailure) -> ConfigurationFile {
        guard let file = ConfigurationFile(flag: options.config, environment: .current()) else {
            throw CommandFailure(
                .usage, "there is no home folder to keep the configuration in", notes: ["Name a file with --config."])
        }
        return file
    }

    /// Changes the configuration file's members, of which those of a context must be there, and says what was done.
    private static func change(
        _ name: String, _ options: GlobalOptions, done: String, _ body: (inout JSONObject) -> Void
    ) throws {
        let file = try file(options)
        var object = try file.object()
        _ = try ConfigurationFile.context(name, in: object)
        body(&object)
        try file.replace(object)
        Printer(format: options.output ?? .table).result(done)
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists contexts.",
            discussion: """
                Example:
                  penstock contexts list
                """)

        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func run() throws {
            let object = try ContextsCommand.file(options).object()
            let current = object["context"]?.string
            let rows: [JSON] = (object["contexts"]?.object ?? JSONObject()).map { name, context in
                [
                    "name": .string(name), "url": context["url"] ?? .null, "in_use": .bool(name == current),
                    "token_file": context["token_file"] ?? .null,
                ]
            }
            Printer(format: options.output ?? .table).list(
                rows,
                [Column("Name"), Column("Relay", "url"), Column("In use", "in_use"), Column("Token", "token_file")],
                none: "There are no contexts yet. Make one: penstock login --context NAME --url URL")
        }
    }

    struct Use: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Uses a context from now on.",
            discussion: """
                Example:
                  penstock contexts use staging
                """)

        @Argument(help: "The context's name.", completion: Completions.contexts) var name: String
        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func run() throws {
            try ContextsCommand.change(name, options, done: "Using \(name).") { $0["context"] = .string(name) }
        }
    }

    struct Delete: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Forgets a context; its token's file stays.",
            discussion: """
                Example:
                  penstock contexts delete staging
                """)

        @Argument(help: "The context's name.", completion: Completions.contexts) var name: String
        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func run() throws {
            try ContextsCommand.change(name, options, done: "Forgot \(name).") { object in
                var contexts = object["contexts"]?.object ?? JSONObject()
                contexts[name] = nil
                object["contexts"] = .object(contexts)
                if object["context"]?.string == name { object["context"] = nil }
            }
        }
    }
}
