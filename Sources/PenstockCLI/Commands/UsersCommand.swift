import ArgumentParser
import NIOHTTP1
import Value

/// `penstock users`: for operators.
struct UsersCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "users",
        abstract: "Creates and lists users (with an operator token).",
        discussion: """
            Examples:
              penstock users create "Ada Lovelace"
              penstock users list
            """,
        subcommands: [List.self, Create.self])

    static let columns = [Column("ID"), Column("Name"), Column("Created", "created_at")]

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
}
