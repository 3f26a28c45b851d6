import Value

/// The usual cast: a relay, an account with a tunnel, a connector that is online, an origin, and the API `crm` over them.
struct Stage: Sendable {
    let relay: TestRelay
    let account: TestRelay.Account
    let tunnel: TestRelay.Tunnel
    let origin: TestOrigin
    let connector: TestConnector

    static let slug = "crm"

    /// - Parameters:
    ///   - relaySettings: laid over `relay.yaml`.
    ///   - connectorSettings: laid over `connector.yaml`.
    ///   - allow: the connector's rules beside the origin's own.
    static func make(
        relay relaySettings: JSONObject = [:], connector connectorSettings: JSONObject = [:], tls: Bool = false,
        allow: [JSON] = [], timeout: Int = 10_000, authentication: JSON? = nil, data: String? = nil
    ) async throws -> Stage {
        let origin = try await TestOrigin(tls: tls ? Certificates.shared.get() : nil)
        let relay = try await TestRelay(relaySettings, data: data)
        let account = try await relay.newAccount()
        let tunnel = try await relay.newTunnel(account)
        let connector = try await TestConnector(
            relay, token: tunnel.token, allow: [TestConnector.allow(origin.url)] + allow, settings: connectorSettings)
        try await relay.apply(
            Definitions.api(
                slug, origin.url, tunnel: tunnel.id, authentication: authentication, timeout: timeout), account)
        return Stage(relay: relay, account: account, tunnel: tunnel, origin: origin, connector: connector)
    }

    /// A tool call of the agent.
    func call(_ endpoint: String, _ arguments: JSON = [:], slug: String = slug) async throws -> Answer {
        try await relay.call(slug, endpoint, arguments, token: account.agent)
    }

    /// Ends everything in order.
    func end() async throws {
        try await connector.stop()
        try await relay.stop()
        try await origin.close()
    }
}
