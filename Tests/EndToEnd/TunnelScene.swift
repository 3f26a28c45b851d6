import Foundation
import NIOCore
import NIOHTTP1
import NIOSSL
import ReverseHTTP
import Value

/// The whole chain over a relay and a connector that are processes: the test is agent and origin, byte by byte.
struct TunnelScene: Sendable {
    let relay: TestRelay
    let account: TestRelay.Account
    let tunnel: TestRelay.Tunnel
    let origin: TunnelListener
    let connector: TestConnector
    private let tls: NIOSSLContext

    static func with(
        relay relaySettings: JSONObject = ["shutdown_grace": "2s"], connector more: JSONObject = [:],
        _ body: (TunnelScene) async throws -> Void
    ) async throws {
        let origin = try await TunnelListener.start()
        let relay = try await TestRelay(relaySettings)
        let account = try await relay.newAccount()
        let tunnel = try await relay.newTunnel(account)
        try await relay.apply(api("api", origin: origin.port, tunnel: tunnel), account)
        var settings: JSONObject = ["limits": ["response_bytes": "100GiB"], "shutdown_grace": "2s"]
        for (key, value) in more { settings[key] = value }
        let connector = try await TestConnector(
            relay, token: tunnel.token, allow: [TestConnector.allow("http://127.0.0.1:\(origin.port)")],
            settings: settings)
        let scene = TunnelScene(
            relay: relay, account: account, tunnel: tunnel, origin: origin, connector: connector,
            tls: try NIOSSLContext(configuration: Certificates.shared.get().clientConfiguration()))
        do {
            try await body(scene)
        } catch {
            await scene.end()
            throw TestFailure(
                "\(error)\nrelay: \(relay.process?.logTail ?? "")\nconnector: \(connector.process?.logTail ?? "")")
        }
        await scene.end()
    }

    /// An API any path of which may be asked for.
    static func api(_ slug: String, origin: Int, tunnel: TestRelay.Tunnel, timeout: Int = 600_000) -> JSON {
        Definitions.api(
            slug, "http://127.0.0.1:\(origin)", tunnel: tunnel.id,
            authentication: Definitions.apiKey("not-much-of-a-secret"), timeout: timeout)
    }

    private func end() async {
        try? await connector.kill()
        try? await relay.kill()
        await origin.stop()
    }

    /// An agent's connection.
    func agent(receiveBuffer: Int? = nil) async throws -> TunnelWire {
        try await TunnelWire.connect(port: relay.port, tls: tls, receiveBuffer: receiveBuffer)
    }

    /// An agent's connection over HTTP/2.
    func agentSession() async throws -> ClientSession {
        try await TunnelWire.session(
            port: relay.port,
            tls: NIOSSLContext(configuration: Certificates.shared.get().clientConfiguration(alpn: ["h2"])))
    }

    /// The head of a raw request.
    func head(_ method: String, _ path: String, _ fields: [String] = [], slug: String = "api") -> String {
        (["\(method) /v1/proxy/\(slug)\(path) HTTP/1.1", "Host: localhost", "Authorization: Bearer \(account.agent)"]
            + fields).joined(separator: "\r\n") + "\r\n\r\n"
    }

    /// One small call from end to end, on connections of its own: the head of the answer.
    func call(_ path: String = "/small") async throws -> String {
        let agent = try await agent()
        try await agent.write(head("GET", path, ["Connection: close"]))
        let wire = try await origin.accept()
        _ = try await wire.head()
        try await wire.answer()
        await wire.close()
        let answer = try await agent.head()
        await agent.close()
        return answer
    }

    /// The ids of the tunnel's live sessions, as its owner sees them.
    func sessions(_ other: TestRelay.Tunnel? = nil) async throws -> Set<String> {
        let answer = try await relay.send(.GET, "/v1/tunnels/\((other ?? tunnel).id)", account.user)
        return Set((answer.json["sessions"]?.array ?? []).compactMap { $0["id"]?.string })
    }
}
