import ArgumentParser
import NIOHTTP1
import Value

/// `penstock users`: for operators.
struct UsersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "users",
        abstract: "Creates, lists, suspends and deletes users (with an operator token).",
        discussion: """
            Examples:
              penstock users create "Ada Lovelace"
              penstock users list
            """,
        subcommands: [List.self, Show.self, Create.self, Suspend.self, Resume.self, Delete.self], aliases: ["user"])

    static let columns = [
        Column("ID"), Column("Name"), Column("Created", "created_at"), Column("Suspended", "suspended_at"),
    ]

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists users.",
            discussion: """
                Example:
                  penstock users list
                """)

        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func run() async throws {
            try await options.withRelay { relay, printer in
                printer.list(
                    try await relay.list("/v1/users"), UsersCommand.columns,
                    none: "There are no users yet. Create one: penstock users create NAME")
            }
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Creates a user.",
            discussion: """
                Example:
                  penstock users create "Ada Lovelace"
                """)

        @Argument(help: "The user's name.") var name: String
        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func run() async throws {
            try await options.withRelay { relay, printer in
                let user = try await relay.send(.POST, "/v1/users", ["name": .string(name)]).body
                printer.object(user, UsersCommand.columns)
                if let id = user["id"]?.string {
                    printer.note("Give them a token: penstock tokens create --kind user --user \(id)")
                }
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows a user, and how many APIs, tunnels and tokens the user has.",
            discussion: """
                Example:
                  penstock users show "Ada Lovelace"
                """)

        @Argument(help: "The user's name or id.") var user: String
        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func run() async throws {
            try await options.withRelay { relay, printer in
                var user = try await relay.user(user).object ?? JSONObject()
                let id = user["id"]?.string ?? ""
                for (name, path) in [("apis", "/v1/apis"), ("tunnels", "/v1/tunnels"), ("tokens", "/v1/tokens")] {
                    let items = try await relay.list(RelayPath(stringLiteral: path).query("user_id", id))
                    user[name] = .number(JSONNumber(items.count))
                }
                printer.object(
                    .object(user),
                    UsersCommand.columns + [Column("APIs", "apis"), Column("Tunnels"), Column("Tokens")])
            }
        }
    }

    struct Suspend: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Suspends a user: none of their tokens works until they are resumed.",
            discussion: """
                Their connectors are disconnected. Their APIs, tunnels, tokens and credentials stay.

                Example:
                  penstock users suspend "Ada Lovelace" --yes
                """)

        @Argument(help: "The user's name or id.") var user: String
        @OptionGroup var confirmation: Confirmation
        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func run() async throws {
            try await options.withRelay { relay, printer in
                let user = try await relay.user(user)
                let path = ("/v1/users" / (user["id"]?.string ?? "")).verb("suspend")
                let suspended = try await confirmation.send(
                    .POST, path, asking: "Suspend the user \(Table.text(user["name"]))?", relay)
                printer.object(suspended, UsersCommand.columns)
            }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ends a user's suspension.",
            discussion: """
                Example:
                  penstock users resume "Ada Lovelace"
                """)

        @Argument(help: "The user's name or id.") var user: String
        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func run() async throws {
            try await options.withRelay { relay, printer in
                let user = try await relay.user(user)
                let path = ("/v1/users" / (user["id"]?.string ?? "")).verb("resume")
                printer.object(try await relay.send(.POST, path).body, UsersCommand.columns)
            }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Deletes a user and everything the user owns, for good.",
            discussion: """
                Deletes the user's APIs, tunnels and tokens, and destroys the key that opens the user's credentials. \
                Only a backup can bring them back. The command asks for the user's name; without a terminal, give it \
                with --confirm.

                Example:
                  penstock users delete "Ada Lovelace" --confirm "Ada Lovelace"
                """)

        @Argument(help: "The user's name or id.") var user: String
        @Option(help: ArgumentHelp("The user's name, instead of being asked for it.", valueName: "name"))
        var confirm: String?
        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func run() async throws {
            try await options.withRelay { relay, printer in
                let user = try await relay.user(user)
                let (id, name) = (user["id"]?.string ?? "", user["name"]?.string ?? "")
                try Terminal.confirm(
                    "This deletes the user \(name) (\(id)) with all APIs, tunnels, tokens and credentials.", name: name,
                    given: confirm)
                _ = try await relay.send(.DELETE, "/v1/users" / id)
                printer.result("Deleted \(id).")
            }
        }
    }
}
