import AsyncHTTPClient
import Crypto
import NIOHTTP1
import Value

extension Demo {
    func makeCertificates() async throws {
        try await report.step("Made a root for this demo, and the relay's certificate under it (P-256)") {
            let certificates = try DemoCertificates(name: "localhost", address: [127, 0, 0, 1])
            try PrivateFile.write(certificates.root, to: plan.rootFile)
            try PrivateFile.write(certificates.certificate, to: plan.certificateFile)
            try PrivateFile.write(certificates.privateKey, to: plan.privateKeyFile)
            return nil
        }
    }

    func startCRM() async throws {
        try await report.step("Started the sample CRM, which asks for an API key") {
            try PrivateFile.write(crmKey + "\n", to: plan.crmKeyFile)
            let child = try children.startSelf(
                "crm",
                ["demo-crm", "--listen", "\(DemoPlan.crmAddress):\(plan.crmPort)", "--key-file", plan.crmKeyFile])
            try await HTTPClient.withHTTPClient { http in
                try await waitUntil("http://\(DemoPlan.crmAddress):\(plan.crmPort)/", answers: 401, child, http)
            }
            return "It listens on \(DemoPlan.crmAddress). Its name, \(DemoPlan.crmHost), is known to no DNS."
        }
    }

    /// - Returns: the first operator token.
    func startRelay() async throws -> Token {
        let token = try await report.step("Initialised the relay: data folder, master key, operator token") {
            let child = try children.start(
                "relay-init", executables.relay,
                ["init", "--data-dir", plan.dataFolder, "--operator-token-file", plan.operatorTokenFile])
            try await children.finish(child)
            return (nil, try DemoFiles.token(plan.operatorTokenFile))
        }
        try await report.step("Started the relay: TLS, SQLite, encrypted vault") {
            try PrivateFile.write(YAMLWriter.text(plan.relayConfiguration), to: plan.relayFile)
            let child = try children.start("relay", executables.relay, ["serve", "--config", plan.relayFile])
            try await HTTPClient.withHTTPClient { http in
                try await waitUntil("http://127.0.0.1:\(plan.adminPort)/readyz", answers: 200, child, http)
            }
            return "It serves \(plan.relayURL)"
        }
        return token
    }

    /// A user, and for that user a token of their own and one for an agent.
    func createTokens(_ relay: RelayClient) async throws -> (user: RelayClient, agent: RelayClient) {
        try await report.step("Created the user Ada, with a token of her own and one for her agent") {
            let id = try text("id", of: try await relay.send(.POST, "/v1/users", ["name": "Ada"]).body)
            let userToken = try await issue(
                relay, ["kind": "user", "user_id": .string(id), "label": "demo"], to: plan.userTokenFile)
            let user = acting(relay, as: userToken)
            let agentToken = try await issue(user, ["kind": "agent", "label": "demo agent"], to: plan.agentTokenFile)
            try PrivateFile.write("Authorization: Bearer \(agentToken.text)\n", to: plan.agentHeaderFile)
            return (nil, (user, acting(relay, as: agentToken)))
        }
    }

    /// - Returns: the tunnel's id.
    func createTunnel(_ user: RelayClient) async throws -> String {
        try await report.step("Created a tunnel; its token goes to the connector") {
            let tunnel = try await user.send(.POST, "/v1/tunnels", ["name": "office"]).body
            try PrivateFile.write(try text("token", of: tunnel) + "\n", to: plan.tunnelTokenFile)
            return (nil, try text("id", of: tunnel))
        }
    }

    func startConnector(_ user: RelayClient, tunnel: String) async throws {
        try await report.step("Started the connector, which dialled out to the relay") {
            try PrivateFile.write(YAMLWriter.text(plan.connectorConfiguration), to: plan.connectorFile)
            let child = try children.start("connector", executables.connector, ["run", "--config", plan.connectorFile])
            // The client that speaks to the relay takes nothing but the relay's certificate.
            try await HTTPClient.withHTTPClient { http in
                try await waitUntil("http://127.0.0.1:\(plan.healthPort)/readyz", answers: 200, child, http)
            }
            try await waitForSession(user, tunnel)
            return "Its file allows GET and POST on \(plan.crmOrigin)/api/v1/* and nothing else."
        }
    }

    /// Waits until the relay, too, sees the tunnel open.
    private func waitForSession(_ user: RelayClient, _ tunnel: String) async throws {
        let deadline = ContinuousClock.now + Self.patience
        while ContinuousClock.now < deadline {
            let answer = try await user.send(.GET, "/v1/tunnels" / tunnel).body
            if answer["sessions"]?.array?.isEmpty == false { return }
            try await Task.sleep(for: .milliseconds(10))
        }
        throw CommandFailure(.failed, "the connector is ready, but the relay knows no session of its tunnel")
    }

    func applyDefinition(_ user: RelayClient, tunnel: String) async throws {
        try await report.step("Applied the definition of my_company_crm; its API key went into the vault") {
            let text = YAMLWriter.text(DemoDefinitions.crm(plan, tunnel: tunnel))
            try PrivateFile.write(text, to: plan.definitionFile)
            let file = try DefinitionFile.read(plan.definitionFile)
            let stored = try await APIsCommand.Apply.apply(file.resolved(), slug: file.slug, user).stored
            guard !stored.text().contains(crmKey) else {
                throw CommandFailure(.failed, "the relay gave the API key back")
            }
            return nil
        }
    }

    /// The same relay, spoken to with another token.
    func acting(_ relay: RelayClient, as token: Token) -> RelayClient {
        RelayClient(address: relay.address, token: token, http: relay.http, logger: relay.logger)
    }

    private func issue(_ relay: RelayClient, _ body: JSON, to path: String) async throws(CommandFailure) -> Token {
        let token = try text("token", of: try await relay.send(.POST, "/v1/tokens", body).body)
        try PrivateFile.write(token + "\n", to: path)
        return try Token(token, from: "the relay's answer")
    }

    private func text(_ key: String, of answer: JSON) throws(CommandFailure) -> String {
        guard let text = answer[key]?.string else { throw CommandFailure(.failed, "the relay's answer has no \(key)") }
        return text
    }
}
