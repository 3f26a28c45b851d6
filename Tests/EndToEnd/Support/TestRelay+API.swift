import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Value

/// The relay's HTTP API.
extension TestRelay {
    func send(
        _ method: HTTPMethod, _ path: String, _ token: String?, _ body: JSON? = nil, headers: HTTPHeaders = [:],
        client: HTTPClient? = nil
    ) async throws -> Answer {
        var headers = headers
        if body != nil { headers.replaceOrAdd(name: "content-type", value: "application/json") }
        return try await TestClient.send(
            method, url + path, token: token, headers: headers, body: body.map { .bytes($0.bytes()) }, client: client)
    }

    /// The same, where only success will do.
    private func demand(_ method: HTTPMethod, _ path: String, _ token: String, _ body: JSON?) async throws -> Answer {
        let answer = try await send(method, path, token, body)
        guard (200..<300).contains(answer.status) else { throw TestFailure("\(method) \(path): \(answer)") }
        return answer
    }

    /// - Parameter name: one of its own by default, since a relay has no two users of a name.
    func newAccount(_ name: String? = nil) async throws -> Account {
        let name = name ?? "alice-\(UUID().uuidString.prefix(8).lowercased())"
        let id = try await member("id", demand(.POST, "/v1/users", operatorToken, ["name": .string(name)]))
        let user = try await member(
            "token", demand(.POST, "/v1/tokens", operatorToken, ["kind": "user", "user_id": .string(id)]))
        let agent = try await demand(.POST, "/v1/tokens", user, ["kind": "agent", "label": "test"])
        return Account(id: id, user: user, agent: try member("token", agent), agentID: try member("id", agent))
    }

    func newTunnel(_ account: Account, _ name: String = "office") async throws -> Tunnel {
        let answer = try await demand(.POST, "/v1/tunnels", account.user, ["name": .string(name)])
        return Tunnel(
            id: try member("id", answer), token: try member("token", answer), tokenID: try member("token_id", answer))
    }

    private func member(_ name: String, _ answer: Answer) throws -> String {
        guard let text = answer.json[name]?.string else { throw TestFailure("no \(name) in \(answer)") }
        return text
    }

    /// Saves a definition; only success will do.
    @discardableResult
    func apply(_ definition: JSON, _ account: Account) async throws -> Answer {
        try await demand(.POST, "/v1/apis", account.user, definition)
    }

    /// A tool call.
    func call(
        _ slug: String, _ endpoint: String, _ arguments: JSON = [:], token: String, client: HTTPClient? = nil
    ) async throws -> Answer {
        try await send(.POST, "/v1/tools/\(slug)/\(endpoint)", token, arguments, client: client)
    }

    /// A raw call, its body whole.
    func proxy(
        _ method: HTTPMethod = .GET, _ slug: String, _ path: String, token: String, headers: HTTPHeaders = [:],
        body: HTTPClientRequest.Body? = nil, client: HTTPClient? = nil
    ) async throws -> Answer {
        try await TestClient.send(
            method, "\(url)/v1/proxy/\(slug)\(path)", token: token, headers: headers, body: body, client: client)
    }

    /// Whether a connector is there, as the tunnel's owner sees it.
    func isOnline(_ tunnel: Tunnel, _ account: Account) async throws -> Bool {
        try await send(.GET, "/v1/tunnels/\(tunnel.id)", account.user).json["online"]?.bool == true
    }

    /// The admin listener's metrics.
    func metrics() async throws -> String {
        try await TestClient.send(.GET, "http://127.0.0.1:\(adminPort)/metrics").text
    }

    /// The audit's records, oldest first.
    func auditRecords() async throws -> [JSON] {
        let exported = try await command("audit", "export")
        guard exported.end == .exit(0) else { throw TestFailure("audit export: \(exported.errors)") }
        return try exported.output.split(separator: "\n").map { try JSON.parse(String($0)) }
    }

    /// Whether the audit's chain is whole.
    func auditVerifies() async throws -> Bool {
        let verified = try await command("audit", "verify")
        if verified.end != .exit(0) { throw TestFailure("audit verify: \(verified.output) \(verified.errors)") }
        return true
    }
}
