import Testing
import Value

/// The ways from the relay to an API.
enum TestRoute: String, CaseIterable, Sendable, CustomTestStringConvertible {
    case direct, tunnel
    var testDescription: String { rawValue }
}

/// A relay with both routes to one TLS origin: straight, as the operator's `egress` settings allow, and through a
/// connector.
struct TwoRoutes: Sendable {
    let relay: TestRelay
    let account: TestRelay.Account
    let tunnel: TestRelay.Tunnel
    let connector: TestConnector
    let origin: TestOrigin

    /// The operator's settings under which a direct call reaches the tests' origins.
    static func egress(_ more: JSONObject = [:]) throws -> JSON {
        var egress: JSONObject = [
            "allow_private": ["127.0.0.0/8", "127.0.0.1/32"], "ca_file": .string(try Certificates.shared.get().root),
        ]
        for (key, value) in more { egress[key] = value }
        return .object(egress)
    }

    /// - Parameters:
    ///   - settings: laid over `relay.yaml`.
    ///   - egress: laid over its `egress`.
    ///   - allow: the connector's rules beside the origin's own.
    ///   - starts: whether the connector is started too.
    ///   - takesAnyMethod: whether the origin reads methods that few servers know.
    static func make(
        _ settings: JSONObject = [:], egress: JSONObject = [:], allow: [JSON] = [], starts: Bool = true,
        takesAnyMethod: Bool = false
    ) async throws -> TwoRoutes {
        let origin = try await TestOrigin(
            configuration: Certificates.shared.get().serverConfiguration(), takesAnyMethod: takesAnyMethod)
        var settings = settings
        settings["egress"] = try Self.egress(egress)
        let relay = try await TestRelay(settings)
        let account = try await relay.newAccount()
        let tunnel = try await relay.newTunnel(account)
        let connector = try await TestConnector(
            relay, token: tunnel.token, allow: [TestConnector.allow(origin.url)] + allow, start: starts)
        return TwoRoutes(relay: relay, account: account, tunnel: tunnel, connector: connector, origin: origin)
    }

    /// Saves a definition for one of the routes.
    ///
    /// - Parameters:
    ///   - connection: laid over `connection`.
    ///   - security: laid over `security`.
    ///   - more: laid over the whole.
    @discardableResult
    func apply(
        _ route: TestRoute = .direct, _ slug: String, _ baseURL: String? = nil,
        endpoints: [JSON] = Definitions.standard, authentication: JSON? = nil, timeout: Int = 10_000,
        connection: JSONObject = [:], security: JSONObject = [:], more: JSONObject = [:]
    ) async throws -> Answer {
        try await relay.apply(
            definition(
                route, slug, baseURL, endpoints: endpoints, authentication: authentication, timeout: timeout,
                connection: connection, security: security, more: more), account)
    }

    func definition(
        _ route: TestRoute = .direct, _ slug: String, _ baseURL: String? = nil,
        endpoints: [JSON] = Definitions.standard, authentication: JSON? = nil, timeout: Int = 10_000,
        connection: JSONObject = [:], security: JSONObject = [:], more: JSONObject = [:]
    ) -> JSON {
        let base = baseURL ?? origin.url
        var whole: JSONObject = [
            "connection": .object(
                JSONObject(["base_url": .string(base), "timeout_ms": .number(JSONNumber(timeout))], over: connection)),
            "security": .object(JSONObject(["validation": "off", "proxy": "open"], over: security)),
        ]
        if route == .direct { whole["tunnel"] = ["enabled": false] }
        return Definitions.api(
            slug, base, tunnel: tunnel.id, endpoints: endpoints, authentication: authentication, timeout: timeout,
            more: JSONObject(whole, over: more))
    }

    /// A tool call of the agent.
    func call(_ slug: String, _ endpoint: String = "hello", _ arguments: JSON = [:]) async throws -> Answer {
        try await relay.call(slug, endpoint, arguments, token: account.agent)
    }

    /// Ends everything in order.
    func end() async throws {
        try await connector.stop()
        try await relay.stop()
        try await origin.close()
    }
}

extension JSONObject {
    /// The members of both; the second's where a name stands in both.
    init(_ members: JSONObject, over more: JSONObject) {
        self = members
        for (key, value) in more { self[key] = value }
    }
}
