import Value

/// Where everything of one demo is: addresses, ports, files, and the texts of its configuration files.
struct DemoPlan: Sendable {
    /// The host name that only the connector's file resolves.
    static let crmHost = "crm.corp.example"
    /// A loopback address that the relay is not allowed to dial.
    static let crmAddress = "127.0.0.77"
    /// The host that the connector's policy does not list.
    static let payrollHost = "payroll.corp.example"

    let folder: TemporaryFolder
    let relayPort: Int
    let adminPort: Int
    let healthPort: Int
    let crmPort: Int

    init(_ folder: TemporaryFolder) throws(CommandFailure) {
        self.folder = folder
        relayPort = try LoopbackPort.free(on: "127.0.0.1")
        adminPort = try LoopbackPort.free(on: "127.0.0.1")
        healthPort = try LoopbackPort.free(on: "127.0.0.1")
        crmPort = try LoopbackPort.free(on: Self.crmAddress)
    }

    var relayURL: String { "https://localhost:\(relayPort)" }
    var crmOrigin: String { "http://\(Self.crmHost):\(crmPort)" }
    var payrollOrigin: String { "http://\(Self.payrollHost):\(crmPort)" }
    var dataFolder: String { folder / "data" }

    var relayFile: String { folder / "relay.yaml" }
    var connectorFile: String { folder / "connector.yaml" }
    var definitionFile: String { folder / "my_company_crm.yaml" }
    var rootFile: String { folder / "root.pem" }
    var certificateFile: String { folder / "relay.crt" }
    var privateKeyFile: String { folder / "relay.key" }
    var operatorTokenFile: String { folder / "operator-token" }
    var userTokenFile: String { folder / "user-token" }
    var agentTokenFile: String { folder / "agent-token" }
    var agentHeaderFile: String { folder / "agent-header" }
    var tunnelTokenFile: String { folder / "tunnel-token" }
    var crmKeyFile: String { folder / "crm-key" }
    var connectorAuditFile: String { folder / "connector-audit.jsonl" }

    var relayConfiguration: JSON {
        [
            "listen": "127.0.0.1:\(relayPort)",
            "public_url": .string(relayURL),
            "tls": ["certificate_chain": .string(certificateFile), "private_key": .string(privateKeyFile)],
            "admin": ["listen": "127.0.0.1:\(adminPort)"],
            "data_dir": .string(dataFolder),
            "store": ["kind": "sqlite"],
            "vault": ["master_key_file": .string("\(dataFolder)/master.key")],
            "shutdown_grace": "3s",
        ]
    }

    var connectorConfiguration: JSON {
        [
            "relay": .string(relayURL),
            "token_file": .string(tunnelTokenFile),
            "ca_file": .string(rootFile),
            "allow": [["origin": .string(crmOrigin), "methods": ["GET", "POST"], "paths": ["/api/v1/*"]]],
            "hosts": [(Self.crmHost): .string(Self.crmAddress)],
            "audit": ["file": .string(connectorAuditFile)],
            "health": ["listen": "127.0.0.1:\(healthPort)"],
            "shutdown_grace": "3s",
        ]
    }
}
