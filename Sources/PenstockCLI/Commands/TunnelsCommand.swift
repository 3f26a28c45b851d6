import ArgumentParser
import NIOHTTP1
import Value

/// `penstock tunnels`: the ways into networks where a connector runs.
struct TunnelsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tunnels",
        abstract: "Creates, lists, shows and revokes tunnels.",
        discussion: """
            Examples:
              penstock tunnels create office --token-out tunnel-token
              penstock tunnels list
            """,
        subcommands: [List.self, Create.self, Show.self, Revoke.self])

    static let columns = [
        Column("ID"), Column("Name"), Column("Online"), Column("Last seen", "last_seen_at"),
        Column("Created", "created_at"),
    ]
    static let sessionColumns = [
        Column("Instance"), Column("Version", "connector_version"), Column("From", "remote_address"),
        Column("Age s", "age_s"), Column("Streams"), Column("Limit", "stream_limit"),
        Column("Round trip ms", "round_trip_ms"),
    ]

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists your tunnels.",
            discussion: """
                Example:
                  penstock tunnels list
                """)

        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func run() async throws {
            try await options.withRelay { relay, printer in
                printer.list(
                    try await relay.list("/v1/tunnels"), TunnelsCommand.columns,
                    none: "There are no tunnels yet. Create one: penstock tunnels create NAME")
            }
        }
    }

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Creates a tunnel and the token of its connector.",
            discussion: """
                The token is shown once, or written to a new file that only you can read.

                Example:
                  penstock tunnels create office --token-out tunnel-token
                """)

        @Argument(help: "A name for people, as in office.") var name: String
        @Option(
            help: ArgumentHelp("New file for the token, mode 0600.", valueName: "file"), completion: .file())
        var tokenOut: String?
        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func run() async throws {
            try await options.withRelay { relay, printer in
                try await IssuedToken(path: tokenOut).deliver(printer, TunnelsCommand.columns) {
                    try await relay.send(.POST, "/v1/tunnels", ["name": .string(name)]).body
                }
            }
        }
    }

    struct Show: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows a tunnel and the connectors that hold it open.",
            discussion: """
                Example:
                  penstock tunnels show tun_01J…
                """)

        @Argument(help: "The tunnel's id.") var id: String
        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func run() async throws {
            try await options.withRelay { relay, printer in
                let tunnel = try await relay.send(.GET, "/v1/tunnels" / id).body
                printer.object(tunnel, TunnelsCommand.columns)
                guard printer.format == .table else { return }
                let sessions = tunnel["sessions"]?.array ?? []
                Terminal.output("")
                printer.list(sessions, TunnelsCommand.sessionColumns, none: "No connector is connected.")
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Revokes a tunnel: its connectors are disconnected for good.",
            discussion: """
                Example:
                  penstock tunnels revoke tun_01J… --yes
                """)

        @Argument(help: "The tunnel's id.") var id: String
        @Flag(name: .shortAndLong, help: "Do not ask.") var yes = false
        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func run() async throws {
            try await options.withRelay { relay, printer in
                if !yes { try Terminal.confirm("Revoke the tunnel \(id.printable)?") }
                _ = try await relay.send(.DELETE, "/v1/tunnels" / id)
                printer.note("Revoked \(id).")
            }
        }
    }
}
