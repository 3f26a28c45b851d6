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
                An API behind a firewall is reached in one of three ways:

                1. The connector: it dials out from your network, and only what its own file allows gets through.
                     penstock tunnels create office --token-out tunnel-token
                     penstock-connector check --config connector.yaml
                     penstock-connector run --config connector.yaml
                   In the definition: tunnel: {enabled: true, type: platform_agent, tunnel_id: ID}
                   The token is shown once, or written to a new file that only you can read.

                2. A Cloudflare Tunnel you run already: this prints its ingress rule, the Access policy and the definition's \
                part, and creates nothing.
                     penstock tunnels create crm --cloudflare crm.example.com --service http://crm.corp:8080

                3. No tunnel: let the relay's addresses through your firewall, and define the API by its public HTTPS name.
                     curl -H "Authorization: Bearer $PENSTOCK_TOKEN" $PENSTOCK_URL/v1/platform/ips
                """)

        @Argument(help: "A name for people, as in office.") var name: String
        @Option(
            help: ArgumentHelp(
                "Print what a Cloudflare Tunnel at this hostname needs, and create nothing.", valueName: "hostname"))
        var cloudflare: String?
        @Option(
            help: ArgumentHelp("With --cloudflare: the API as your network knows it.", valueName: "url"))
        var service: String?
        @Option(
            help: ArgumentHelp("New file for the token, mode 0600.", valueName: "file"), completion: .file())
        var tokenOut: String?
        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func validate() throws {
            if service != nil, cloudflare == nil { throw ValidationError("--service goes with --cloudflare.") }
            if tokenOut != nil, cloudflare != nil {
                throw ValidationError("--cloudflare creates no token, so --token-out has nothing to hold.")
            }
        }

        func run() async throws {
            if let cloudflare {
                Terminal.output(CloudflareGuide(hostname: cloudflare, service: service, name: name).text)
                return
            }
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
