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
        subcommands: [List.self, Create.self, Revoke.self], aliases: ["token"])

    static let columns = [
        Column("ID"), Column("Kind"), Column("User", "user_id"), Column("Label"), Column("APIs", "apis"),
        Column("Limits"), Column("Ends in", "last_four"), Column("Created", "created_at"),
        Column("Expires", "expires_at"), Column("Last used", "last_used_at"), Column("State"),
    ]

    /// A token, with its limits and its state in words.
    static func row(_ token: JSON) -> JSON {
        guard var object = token.object else { return token }
        let limits = [
            token["rate_limit"]?["requests_per_minute"]?.int.map { "\($0)/min" },
            token["rate_limit"]?["requests_per_day"]?.int.map { "\($0)/day" },
            token["max_in_flight"]?.int.map { "\($0) at once" },
        ].compactMap(\.self)
        object["limits"] = limits.isEmpty ? .null : .string(limits.joined(separator: ", "))
        object["state"] = token["revoked_at"]?.string == nil ? "good" : "revoked"
        if let expires = token["expires_at"]?.string, token["revoked_at"]?.string == nil, expires <= Clock.now() {
            object["state"] = "expired"
        }
        return .object(object)
    }

    enum Kind: String, CaseIterable, ExpressibleByArgument {
        case agent, user, `operator`
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists tokens; their text is never shown again.",
            discussion: """
                An operator sees everybody's.

                Examples:
                  penstock tokens list
                  penstock tokens list --user "Ada Lovelace"
                """)

        @OptionGroup(title: "Which") var owner: OwnerOption
        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func run() async throws {
            try await options.withRelay { relay, printer in
                let tokens = try await relay.list(owner.add(to: "/v1/tokens", relay))
                printer.list(
                    printer.format == .table ? tokens.map(TokensCommand.row) : tokens, TokensCommand.columns,
                    none: "There are no tokens.")
            }
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Creates a token; it is shown once.",
            discussion: """
                An agent token can list and call tools, a user token manages the user's own things, an operator token \
                the platform. An operator who makes a user token names the user.

                Examples:
                  penstock tokens create --kind agent --label helpdesk --api my_company_crm --expires 30d
                  penstock tokens create --kind user --user "Ada Lovelace" --token-out user-token
                """)

        @Option(help: "agent, user or operator.") var kind: Kind = .agent
        @Option(help: "A description for people.") var label: String?
        @Option(help: ArgumentHelp("The user it is for, by id or name (operators only).", valueName: "user")) var user:
            String?
        @Option(help: ArgumentHelp("Only this API; repeatable (agent tokens).", valueName: "slug")) var api: [String] =
            []
        @Option(help: "At most this many calls in any minute.") var perMinute: Int?
        @Option(help: "At most this many calls in a UTC day.") var perDay: Int?
        @Option(help: "At most this many calls at the same time.") var inFlight: Int?
        @Option(
            help: ArgumentHelp(
                "How long it is valid, as in 30d, 12h or 90m; by default, until it is revoked.", valueName: "time"))
        var expires: Lifetime?
        @Option(help: ArgumentHelp("New file for the token, mode 0600.", valueName: "file"), completion: .file())
        var tokenOut: String?
        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func run() async throws {
            var body = JSONObject([("kind", .string(kind.rawValue))])
            body["label"] = label.map { .string($0) }
            body["expires_in_s"] = expires.map { .number(JSONNumber(Int($0.seconds))) }
            let rate = JSONObject(
                [("requests_per_minute", perMinute), ("requests_per_day", perDay)].compactMap { name, limit in
                    limit.map { (name, .number(JSONNumber($0))) }
                })
            if !rate.isEmpty { body["rate_limit"] = .object(rate) }
            body["max_in_flight"] = inFlight.map { .number(JSONNumber($0)) }
            if !api.isEmpty { body["apis"] = .array(api.map { .string($0) }) }
            try await options.withRelay { [body] relay, printer in
                var body = body
                body["user_id"] = try await relay.userID(user).map { .string($0) }
                try await IssuedToken(path: tokenOut).deliver(printer, TokensCommand.columns, relay) {
                    try await relay.send(.POST, "/v1/tokens", .object(body)).body
                }
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Revokes a token at once.",
            discussion: """
                You can revoke your own tokens; an operator can revoke any. penstock tokens list shows the ids.

                Example:
                  penstock tokens revoke 7zk1m0q4s8x2c5vn
                """)

        @Argument(help: "The token's id, not its text.") var id: String
        @OptionGroup var confirmation: Confirmation
        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func validate() throws {
            guard !id.hasPrefix("pst_") else {
                throw ValidationError(
                    "This is a token's text, which must not appear on a command line. Use its id: penstock tokens list."
                )
            }
        }

        func run() async throws {
            try await options.withRelay { relay, printer in
                try await confirmation.send(
                    .DELETE, "/v1/tokens" / id, asking: "Revoke the token \(id.printable)?", relay)
                printer.result("Revoked \(id).")
            }
        }
    }
}
