import NIOCore
import NIOHTTP1
import NIOSSL
import ReverseHTTP
import Testing
import Value

/// A relay that is not to be trusted, before a real connector.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct TunnelRelayTests {
    /// The connector dials the test, which is also its origin.
    private func with(
        allow: (Int) -> JSON,
        _ body: (_ relay: TunnelListener, _ origin: TunnelListener, _ connector: TestConnector) async throws -> Void
    ) async throws {
        let relay = try await TunnelListener.start(tls: Certificates.shared.get().serverContext())
        let origin = try await TunnelListener.start()
        let idle = try await TestRelay(serve: false)
        let connector = try await TestConnector(
            idle, token: "pst_tunnel_test", allow: [allow(origin.port)], relayPort: relay.port, start: false)
        try await connector.start(ready: false)
        do {
            try await body(relay, origin, connector)
        } catch {
            try? await connector.kill()
            throw TestFailure("\(error)\n\(connector.process?.logTail ?? "")")
        }
        try await connector.kill()
        await relay.stop()
        await origin.stop()
    }

    @Test("T8: rapid resets cost the relay its session and cancel the origin's work; the other session keeps working")
    func rapidReset() async throws {
        try await with {
            TestConnector.allow("http://127.0.0.1:\($0)")
        } _: { relay, origin, connector in
            let rogue = try await relay.accept()
            _ = try await rogue.acceptTunnel()
            let honest = try await relay.accept().acceptTunnelSession()
            let authority = "127.0.0.1:\(origin.port)"
            // Work that the origin has begun.
            try await rogue.write(TunnelFrame.preface + TunnelFrame.settings)
            try await rogue.write(TunnelFrame.request(stream: 1, authority: authority, path: "/work"))
            let work = try await origin.accept()
            #expect(try await work.head().hasPrefix("GET /work HTTP/1.1"))
            var stream: UInt32 = 3
            await withDiscardingTaskGroup { group in
                group.addTask { await rogue.untilEnd() }
                for _ in 0..<500 {
                    var bytes: [UInt8] = []
                    for _ in 0..<100 {
                        bytes += TunnelFrame.request(stream: stream, authority: authority, path: "/reset")
                        bytes += TunnelFrame.reset(stream: stream)
                        stream += 2
                    }
                    do { try await rogue.write(bytes) } catch { return }
                }
            }
            await work.untilEnd()
            let call = Task {
                try await honest.send(
                    Request(head: RequestHead(method: "GET", scheme: "http", authority: authority, path: "/honest")))
            }
            // Connections for the calls that were reset may come first, with or without their request.
            var served = false
            while !served {
                let wire = try await origin.accept()
                if let head = try? await wire.head(), head.hasPrefix("GET /honest ") {
                    try await wire.answer()
                    served = true
                }
            }
            #expect(try await call.value.head.status == 200)
            #expect(connector.process?.end == nil)
        }
    }

    struct Ask: Sendable, CustomTestStringConvertible {
        var method = "GET"
        var scheme = "http"
        var authority: String?
        var path = "/api/v1/a"
        var headers: HTTPHeaders = [:]
        var testDescription: String { "\(method) \(scheme)://\(authority ?? "ORIGIN") \(path) \(headers)" }
    }

    static let asks = [
        // T9: other origins, methods and paths, and fields that would make them.
        Ask(authority: "127.0.0.1:1"), Ask(authority: "localhost"), Ask(authority: "169.254.169.254"),
        Ask(authority: "[::1]:80"), Ask(authority: "0x7f.1:80"), Ask(scheme: "https"), Ask(method: "POST"),
        Ask(method: "DELETE"), Ask(method: "CONNECT"), Ask(method: "TRACE"), Ask(method: "get"), Ask(path: "/"),
        Ask(path: "/api/v2/a"), Ask(path: "/api/v1"), Ask(path: "/API/V1/a"), Ask(path: "/admin?x=/api/v1/a"),
        Ask(headers: ["x-http-method-override": "DELETE"]), Ask(headers: ["x-original-url": "/admin"]),
        Ask(headers: ["x-rewrite-url": "/admin"]),
        // T10: targets that two readers could understand differently.
        Ask(path: "//api/v1/a"), Ask(path: "/api/v1//a"), Ask(path: "/api/v1/./a"), Ask(path: "/api/v1/../../admin"),
        Ask(path: "/api/v1/%2e%2e/admin"), Ask(path: "/api/v1/%2E./admin"), Ask(path: "/api/v1/a%2fb"),
        Ask(path: "/api/v1/a%5cb"), Ask(path: "/api/v1/a\\b"), Ask(path: "/api/v1/a#b"), Ask(path: "/api/v1/%zz"),
        Ask(path: "/api/v1/%00"), Ask(path: "http://127.0.0.1:1/api/v1/a"), Ask(path: "http:/api/v1/a"), Ask(path: "*"),
        Ask(path: "api/v1/a"), Ask(path: ""),
        Ask(path: "/api/v1/a%2fb", headers: ["penstock-slash": "allow"]),
    ]

    @Test("T9, T10: what the local file does not allow is refused to a malicious relay, and reaches no origin")
    func policy() async throws {
        let rule: (Int) -> JSON = {
            TestConnector.allow("http://127.0.0.1:\($0)", methods: ["GET"], paths: ["/api/v1/*"])
        }
        try await with(allow: rule) { relay, origin, connector in
            let session = try await relay.accept().acceptTunnelSession()
            let own = "127.0.0.1:\(origin.port)"
            for ask in Self.asks {
                let head = RequestHead(
                    method: ask.method, scheme: ask.scheme, authority: ask.authority ?? own, path: ask.path,
                    headers: ask.headers)
                do {
                    let response = try await session.send(Request(head: head))
                    #expect([400, 403].contains(response.head.status), "\(ask.testDescription)")
                } catch {
                    // HTTP/2 itself knows no such request: the stream is reset.
                    #expect((error as? StreamError)?.code == .reset, "\(ask.testDescription): \(error)")
                }
            }
            // The first request that any connection brings is the one that is allowed.
            async let allowed = session.send(
                Request(head: RequestHead(method: "GET", scheme: "http", authority: own, path: "/api/v1/a?b=c")))
            let wire = try await origin.accept()
            #expect(try await wire.head().hasPrefix("GET /api/v1/a?b=c HTTP/1.1"))
            try await wire.answer()
            #expect(try await allowed.head.status == 200)
            #expect(connector.process?.end == nil)
        }
    }
}
