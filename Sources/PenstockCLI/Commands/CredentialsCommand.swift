import ArgumentParser
import NIOHTTP1
import Value

/// `penstock credentials`: the secrets of an API, which go in and never come out.
struct CredentialsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "credentials",
        abstract: "Sets and rotates the credentials of an API.",
        discussion: """
            Examples:
              penstock credentials set my_company_crm --from-file crm-key
              penstock credentials rotate my_company_crm --from-file new-key
              penstock credentials history my_company_crm
            """,
        subcommands: [Set.self, Rotate.self, History.self], aliases: ["credential"])

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Writes an API's credentials into the relay's vault.",
            discussion: """
                The value comes from a file, a variable or standard input (on a terminal the command asks without \
                echo); it is never a flag. If the API has several secrets, write FIELD=FILE or FIELD=NAME.

                Examples:
                  penstock credentials set my_company_crm --from-file crm-key
                  CRM_KEY=… penstock credentials set my_company_crm --from-env CRM_KEY
                  pass show crm | penstock credentials set my_company_crm
                """)

        @Argument(help: "The API's slug.", completion: Completions.slugs) var slug: String
        @OptionGroup(title: "Values") var source: Source
        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func run() async throws {
            let given = try source.read()
            try await options.withRelay { relay, printer in
                let body = try await CredentialsCommand.fields(given, of: slug, relay)
                let answer = try await relay.send(.PUT, "/v1/apis" / slug / "credentials", .object(body))
                if printer.format != .table, !answer.body.isNull { printer.value(answer.body) }
                printer.result("Set \(body.keys.joined(separator: ", ")) of \(slug).")
            }
        }
    }

    /// Where values come from.
    struct Source: ParsableArguments {
        @Option(
            help: ArgumentHelp("File that holds the value; repeatable with field names.", valueName: "[field=]file"),
            completion: .file())
        var fromFile: [String] = []
        @Option(
            help: ArgumentHelp("Variable that holds the value; repeatable with field names.", valueName: "[field=]name")
        )
        var fromEnv: [String] = []

        func read() throws(CommandFailure) -> CredentialValues {
            try CredentialValues.read(files: fromFile, variables: fromEnv)
        }
    }

    /// The values by field; one that was given without is the API's only secret.
    private static func fields(
        _ given: CredentialValues, of slug: String, _ relay: RelayClient
    ) async throws(CommandFailure) -> JSONObject {
        var body = given.named
        if let value = given.unnamed {
            let definition = try await relay.send(.GET, "/v1/apis" / slug).body
            body[try CredentialValues.onlyField(of: definition)] = .string(value)
        }
        return body
    }

    struct Rotate: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Replaces credentials, and keeps the old ones for a while.",
            discussion: """
                During the overlap, if the API refuses the new credential, the relay tries the call once with the old \
                one. So the relay and the API may get the new credential in either order.

                Examples:
                  penstock credentials rotate my_company_crm --from-file new-key
                  penstock credentials rotate my_company_crm --from-file new-key --overlap-hours 1
                """)

        @Argument(help: "The API's slug.", completion: Completions.slugs) var slug: String
        @Option(help: "How long the old credentials stay valid; 0 ends them at once.") var overlapHours = 24.0
        @OptionGroup(title: "Values") var source: Source
        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func validate() throws {
            guard (0...720).contains(overlapHours) else {
                throw ValidationError("--overlap-hours must be from 0 to 720.")
            }
        }

        func run() async throws {
            let given = try source.read()
            try await options.withRelay { relay, printer in
                var body = try await CredentialsCommand.fields(given, of: slug, relay)
                let names = body.keys.joined(separator: ", ")
                body["overlap_s"] = .number(JSONNumber(Int(overlapHours * 3600)))
                let answer = try await relay.send(
                    .POST, ("/v1/apis" / slug / "credentials").verb("rotate"), .object(body))
                if printer.format != .table { printer.value(answer.body) }
                printer.result("Rotated \(names) of \(slug).")
            }
        }
    }

    struct History: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows the versions of an API's credentials, without their values.",
            discussion: """
                Example:
                  penstock credentials history my_company_crm
                """)

        private static let columns = [
            Column("Field"), Column("Version"), Column("State"), Column("Created", "created_at"),
            Column("Until", "overlap_until"), Column("Key term", "key_term"),
        ]

        @Argument(help: "The API's slug.", completion: Completions.slugs) var slug: String
        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func run() async throws {
            try await options.withRelay { relay, printer in
                let items = try await relay.send(.GET, "/v1/apis" / slug / "credentials").body["items"]?.array ?? []
                printer.list(items, Self.columns, none: "This API has no credentials.")
            }
        }
    }
}
