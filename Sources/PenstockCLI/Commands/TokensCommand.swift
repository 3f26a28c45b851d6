import ArgumentParser
import NIOHTTP1
import Value

/// `penstock tokens`: who may speak to the relay.
struct TokensCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokens",
        abstract: "Creates, lists and revokes tokens.",
        discussion: """
            Examples:
              penstock tokens create --kind agent --label helpdesk --api my_company_crm --token-out agent-token
              penstock tokens list
            """,
        subcommands: [List.self, Create.self, Revoke.self])

    static let columns = [
        Column("ID"), Column("Kind"), Column("User", "user_id"), Column("Label"), Column("APIs", "apis"),
        Column("Ends in", "last_four"), Column("Created", "created_at"),
    ]

    enum Kind: String, CaseIterable, ExpressibleByArgument {
        case agent, user, `operator`
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists tokens; their text is never shown again.",
            discussion: """
                Example:
                  penstock tokens list
                """)

        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func run() async throws {
            try await options.withRelay { relay, printer in
                printer.list(try await relay.list("/v1/tokens"), TokensCommand.columns, none: "There are no tokens.")
            }
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Creates a token; it is shown once.",
            discussion: """
                An agent may list and call tools, a user manages what is theirs, an operator the platform. The operator \
                names the user for whom a user token is.

                Examples:
                  penstock tokens create --kind agent --label helpdesk --api my_company_crm
                  penstock tokens create --kind user --user usr_01J… --token-out user-token
                """)

        @Option(help: "agent, user or operator.") var kind: Kind = .agent
        @Option(help: "What it is for, for people.") var label: String?
        @Option(help: ArgumentHelp("For which user (operators only).", valueName: "id")) var user: String?
        @Option(help: ArgumentHelp("Only this API; repeatable (agent tokens).", valueName: "slug")) var api: [String] =
            []
        @Option(help: "At most so many calls in any minute.") var perMinute: Int?
        @Option(help: "At most so many calls in a UTC day.") var perDay: Int?
        @Option(help: "At most so many calls at the same time.") var inFlight: Int?
        @Option(help: ArgumentHelp("New file for the token, mode 0600.", valueName: "file"), completion: .file())
        var tokenOut: String?
        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func run() async throws {
            var body = JSONObject([("kind", .string(kind.rawValue))])
            body["label"] = label.map { .string($0) }
            body["user_id"] = user.map { .string($0) }
            let rate = JSONObject(
                [("requests_per_minute", perMinute), ("requests_per_day", perDay)].compactMap { name, limit in
                    limit.map { (name, .number(JSONNumber($0))) }
                })
            if !rate.isEmpty { body["rate_limit"] = .object(rate) }
            body["max_in_flight"] = inFlight.map { .number(JSONNumber($0)) }
            if !api.isEmpty { body["apis"] = .array(api.map { .string($0) }) }
            try await options.withRelay { relay, printer in
                try await IssuedToken(path: tokenOut).deliver(printer, TokensCommand.columns) {
                    try await relay.send(.POST, "/v1/tokens", .object(body)).body
                }
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Revokes a token at once.",
            discussion: """
                Example:
                  penstock tokens revoke tok_01J…
                """)

        @Argument(help: "The token's id, not its text.") var id: String
        @Flag(name: .shortAndLong, help: "Do not ask.") var yes = false
        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func validate() throws {
            guard !id.hasPrefix("pst_") else {
                throw ValidationError(
                    "This is a token's text, which should not stand on a command line. Use its id: penstock tokens list."
                )
            }
        }

        func run() async throws {
            try await options.withRelay { relay, printer in
                if !yes { try Terminal.confirm("Revoke the token \(id.printable)?") }
                _ = try await relay.send(.DELETE, "/v1/tokens" / id)
                printer.note("Revoked \(id).")
            }
        }
    }
}
