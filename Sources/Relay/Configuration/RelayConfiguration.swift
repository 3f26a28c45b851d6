package import EgressPolicy
package import NIOCore
package import Vault

/// What `relay.yaml` says. Every default is in its doc comment.
package struct RelayConfiguration: Sendable {
    /// An address to listen on.
    package struct Listen: Sendable, Equatable {
        package var host: String
        package var port: Int

        package init(host: String, port: Int) {
            self.host = host
            self.port = port
        }
    }

    package struct TLS: Sendable, Equatable {
        package var certificateChain: String
        package var privateKey: String
    }

    package struct Limits: Sendable, Equatable {
        /// A tool call's arguments, or a definition, in bytes. Default 10 MiB.
        package var requestBytes = 10 << 20
        /// A tool call's answer, in bytes. Bodies that are streamed are bounded by windows, not by this. Default 10 MiB.
        package var responseBytes = 10 << 20
        /// Calls in flight over all users. Default 10,000.
        package var callsInFlight = 10_000
        /// One request's header fields, in bytes. Default 64 KiB.
        package var headerBytes = 64 << 10
    }

    /// How calls leave that need no tunnel.
    package struct Egress: Sendable, Equatable {
        /// Told to users, who let them through their firewalls. Default: none.
        package var addresses: [String] = []
        /// The local address that calls leave from. Default: the system's choice.
        package var bind: String?
        /// `http://[user:password@]host:port`, through which all calls leave. Default: none.
        package var proxy: String?
        /// The proxy resolves names, and the relay does not see what they resolve to. Default: false.
        package var proxyResolves = false
        /// Ranges of private addresses that APIs may be at, over HTTPS. Default: none.
        package var allowPrivate: [CIDR] = []
        /// A definition may say `verify_ssl: false`. Default: false.
        package var allowUnverifiedTLS = false
        /// PEM file of roots that are trusted beside the system's. Default: none.
        package var caFile: String?
    }

    /// An endpoint that speaks OpenAI's chat completions, which names what discoveries infer.
    package struct LLM: Sendable, Equatable {
        /// As `https://api.example.com/v1`; also `http://`, since the operator chose it.
        package var base: BaseURL
        package var model: String
        /// The file with its key; nil for none.
        package var apiKeyFile: String?
    }

    /// Where the vault's master key comes from.
    package enum MasterKeySource: Sendable, Equatable {
        case file(String)
        /// Base64, in `PENSTOCK_VAULT_MASTER_KEY`.
        case environment(String)
        /// What a program prints.
        case command(MasterKeyCommand)
    }

    /// Agents, people and tunnels: one port. Default 0.0.0.0:8443.
    package var listen = Listen(host: "0.0.0.0", port: 8443)
    /// How clients name this relay. Default: none.
    package var publicURL: String?
    package var tls: TLS
    /// Metrics and health, without authentication. Default 127.0.0.1:9090.
    package var admin = Listen(host: "127.0.0.1", port: 9090)
    package var dataDirectory: String
    package var masterKey: MasterKeySource
    package var limits = Limits()
    package var egress = Egress()
    /// Default: none.
    package var llm: LLM?
    /// `strict`: an audit record is on disk before its answer. Default strict.
    package var durability = Durability.strict
    /// How long audit records are kept, in days. Default 400.
    package var auditRetentionDays = 400
    /// How long calls in flight may take to finish once the relay leaves. Default 30 s.
    package var shutdownGrace = TimeAmount.seconds(30)

    /// What the operator should know of settings that do nothing yet; logged at the start.
    package var notices: [String] = []

    package enum Durability: String, Sendable, CaseIterable {
        case strict, relaxed
    }
}
