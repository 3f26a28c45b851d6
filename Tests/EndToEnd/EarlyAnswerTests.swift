import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Testing
import Value

/// Every caller here writes its whole body before it looks for an answer. Nothing but the relay's reading on lets it
/// get there.
@Suite("An upload that is answered early", .serialized, .timeLimit(.minutes(4)))
struct EarlyAnswerTests {
    private static let piece = String(repeating: "x", count: 1 << 20)

    /// Writes head and body over HTTP/1.1, then waits for the answer and the end of the connection.
    private static func upload(
        _ path: String, token: String?, mebibytes: Int, chunked: Bool = false, to relay: TestRelay,
        halfway: () async throws -> Void = {}
    ) async throws -> String {
        let raw = try await RawConnection(port: relay.port)
        let authorization = token.map { "Authorization: Bearer \($0)\r\n" } ?? ""
        let length = chunked ? "Transfer-Encoding: chunked" : "Content-Length: \(mebibytes << 20)"
        do {
            try await raw.send(
                "POST \(path) HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\(authorization)\(length)"
                    + "\r\n\r\n")
            for number in 0..<mebibytes {
                if number == mebibytes / 2 { try await halfway() }
                try await raw.send(chunked ? "100000\r\n\(piece)\r\n" : piece)
            }
        } catch {
            // This client takes the relay's half-close for the end of its own writing; the answer came before.
        }
        try await raw.wait(for: "\r\n\r\n")
        try await eventually("the end of the connection") { raw.isClosed }
        return raw.text
    }

    @Test("is answered at once and read on: refused by the connector, by the relay, and by nobody's token")
    func refused() async throws {
        let routes = try await TwoRoutes.make()
        try await routes.apply(.tunnel, "dead", "http://127.0.0.9:9/")
        try await routes.apply(.direct, "gone", "https://127.0.0.1:\(FreePort.next())")
        let agent = routes.account.agent
        for isChunked in [false, true] {
            for (path, token, code) in [
                ("/v1/proxy/dead/x", agent, "URL_NOT_ALLOWED"), ("/v1/proxy/gone/x", agent, "CONNECTION_REFUSED"),
                ("/v1/proxy/none/x", agent, "UNKNOWN_API"), ("/v1/proxy/dead/x", nil, "UNAUTHORIZED"),
                ("/v1/tools/dead/echo", nil, "UNAUTHORIZED"), ("/v1/apis", nil, "UNAUTHORIZED"),
                ("/v1/tools/dead/echo", agent, "INVALID_REQUEST"),
                ("/v1/tools/dead/echo?x=1", agent, "INVALID_REQUEST"),
            ] as [(String, String?, String)] {
                let text = try await Self.upload(
                    path, token: token, mebibytes: 12, chunked: isChunked, to: routes.relay)
                #expect(text.hasPrefix("HTTP/1.1 4") || text.hasPrefix("HTTP/1.1 5"), "\(path): \(text.prefix(200))")
                #expect(text.contains("\"\(code)\"") && text.contains("connection: close\r\n"), "\(path): \(text)")
            }
        }
        try await routes.end()
    }

    @Test("is answered as the API says, on both routes", arguments: TestRoute.allCases)
    func refusedByOrigin(route: TestRoute) async throws {
        let routes = try await TwoRoutes.make()
        try await routes.apply(route, "small")
        for isChunked in [false, true] {
            let text = try await Self.upload(
                "/v1/proxy/small/gated", token: routes.account.agent, mebibytes: 8, chunked: isChunked,
                to: routes.relay
            ) {
                let gate = try await routes.origin.nextGate()
                try await gate.answer(413, "no")
            }
            #expect(text.hasPrefix("HTTP/1.1 413 ") && text.contains("connection: close\r\n"), "\(text)")
        }
        try await routes.end()
    }

    @Test("is answered for each of many at the same time, over HTTP/1.1 and over HTTP/2", arguments: [1, 2])
    func many(version: Int) async throws {
        let routes = try await TwoRoutes.make()
        try await routes.apply(.tunnel, "dead", "http://127.0.0.9:9/")
        let relay = routes.relay
        let agent = routes.account.agent
        try await withThrowingTaskGroup(of: Int.self) { group in
            for number in 0..<12 {
                let token = number % 3 == 0 ? nil : agent
                group.addTask {
                    if version == 1 {
                        let text = try await Self.upload("/v1/proxy/dead/x", token: token, mebibytes: 8, to: relay)
                        return Int(text.dropFirst("HTTP/1.1 ".count).prefix(3)) ?? 0
                    }
                    let body = HTTPClientRequest.Body.bytes(ByteBuffer(repeating: 0x78, count: 8 << 20))
                    let answer = try await TestClient.send(
                        .POST, relay.url + "/v1/proxy/dead/x", token: token, body: body, client: TestClient.http2.get())
                    return answer.status
                }
            }
            var statuses: [Int: Int] = [:]
            for try await status in group { statuses[status, default: 0] += 1 }
            #expect(statuses == [401: 4, 403: 8])
        }
        try await routes.end()
    }
}
