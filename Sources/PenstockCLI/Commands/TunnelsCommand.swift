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
              penstock tunnels token office --token-out new-tunnel-token
            """,
        subcommands: [List.self, Create.self, Show.self, IssueToken.self, Revoke.self], aliases: ["tunnel"])

    static let columns = [
        Column("ID"), Column("Name"), Column("User", "user_id"), Column("Online"), Column("Last seen", "last_seen_at"),
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
                An operator sees everybody's.

                Example:
                  penstock tunnels list
                """)

        @OptionGroup(title: "Which") var owner: OwnerOption
        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func run() async throws {
            try await options.withRelay { relay, printer in
                printer.list(
                    try await relay.list(owner.add(to: "/v1/tunnels", relay)), TunnelsCommand.columns,
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
                     penstock platform ips
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
                try await IssuedToken(path: tokenOut).deliver(printer, TunnelsCommand.columns, relay) {
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
                  penstock tunnels show office
                """)

        @Argument(help: "The tunnel's name or id.", completion: Completions.tunnels) var tunnel: String
        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func run() async throws {
            try await options.withRelay { relay, printer in
                let tunnel = try await relay.tunnel(tunnel)
                printer.object(tunnel, TunnelsCommand.columns)
                guard printer.format == .table else { return }
                let sessions = tunnel["sessions"]?.array ?? []
                Terminal.output("")
                printer.list(sessions, TunnelsCommand.sessionColumns, none: "No connector is connected.")
            }
        }
    }

    struct IssueToken: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "token",
            abstract: "Creates one more token for a tunnel's connectors.",
            discussion: """
                To replace a token, create another, give it to the connector, and revoke the old one with penstock \
                tokens revoke. The new token is shown once.

                Example:
                  penstock tunnels token office --token-out new-tunnel-token
                """)

        @Argument(help: "The tunnel's name or id.", completion: Completions.tunnels) var tunnel: String
        @Option(help: "A description for people.") var label: String?
        @Option(
            help: ArgumentHelp("How long it is valid, as in 30d; by default, until it is revoked.", valueName: "time"))
        var expires: Lifetime?
        @Option(
            help: ArgumentHelp("New file for the token, mode 0600.", valueName: "file"), completion: .file())
        var tokenOut: String?
        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func run() async throws {
            try await options.withRelay { relay, printer in
                let tunnel = try await relay.tunnel(tunnel)
                var body = JSONObject([("label", .string(label ?? tunnel["name"]?.string ?? ""))])
                body["expires_in_s"] = expires.map { .number(JSONNumber(Int($0.seconds))) }
                let path = "/v1/tunnels" / (tunnel["id"]?.string ?? "") / "tokens"
                try await IssuedToken(path: tokenOut).deliver(printer, TokensCommand.columns, relay) {
                    try await relay.send(.POST, path, .object(body)).body
                }
            }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Revokes a tunnel: its connectors are disconnected for good.",
            discussion: """
                Lists the APIs that use it, and asks. You can revoke your own tunnels; an operator can revoke any.

                Example:
                  penstock tunnels revoke office --yes
                """)

        @Argument(help: "The tunnel's name or id.", completion: Completions.tunnels) var tunnel: String
        @OptionGroup var confirmation: Confirmation
        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func run() async throws {
            try await options.withRelay { relay, printer in
                let found = try await relay.tunnel(tunnel)
                let id = found["id"]?.string ?? tunnel
                let users = try await relay.list("/v1/apis").filter { $0["tunnel"]?.string == id }
                    .compactMap { $0["slug"]?.string }
                if !users.isEmpty {
                    Terminal.error(
                        "These APIs go through it, and cannot be called without it: "
                            + users.joined(separator: ", ").printable)
                }
                try await confirmation.send(
                    .DELETE, "/v1/tunnels" / id,
                    asking: "Revoke the tunnel \(Table.text(found["name"])) (\(id.printable))?", relay)
                printer.result("Revoked \(id).")
            }
        }
    }
}
