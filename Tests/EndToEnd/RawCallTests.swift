import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Testing
import Value

@Suite("Raw calls, as HTTP clients make them", .serialized, .timeLimit(.minutes(4)))
struct RawCallTests {
    @Test("HEAD is answered on a GET endpoint, on both routes", arguments: TestRoute.allCases)
    func head(route: TestRoute) async throws {
        let routes = try await TwoRoutes.make()
        try await routes.apply(route, "crm", security: ["proxy": "endpoints"])
        let answer = try await routes.relay.proxy(.HEAD, "crm", "/hello", token: routes.account.agent)
        #expect(answer.status == 200 && answer.bytes.readableBytes == 0, "\(answer)")
        #expect(routes.origin.seen.last?.method == "HEAD")
        let other = try await routes.relay.proxy(.HEAD, "crm", "/echo", token: routes.account.agent)
        #expect(other.status == 404, "\(other)")
        try await routes.end()
    }

    @Test("Location on 201 and 3xx leads into the proxy's own path, and nowhere else", arguments: TestRoute.allCases)
    func location(route: TestRoute) async throws {
        let routes = try await TwoRoutes.make()
        let origin = routes.origin
        try await routes.apply(route, "crm", origin.url + "/api/v1")
        for (status, location, mapped) in [
            (201, "/api/v1/items/7?a=b#c", "/v1/proxy/crm/items/7?a=b#c"), (201, "7", "/v1/proxy/crm/things/7"),
            (302, origin.url + "/api/v1/items/8", "/v1/proxy/crm/items/8"),
            (307, "../items/9", "/v1/proxy/crm/items/9"),
            (303, "?page=2", "/v1/proxy/crm/things/new?page=2"), (302, "../../other", nil),
            (301, "https://elsewhere.example/api/v1/items", nil), (302, "/api/v10/items", nil), (302, "/admin", nil),
            (200, "/api/v1/items", nil), (302, "//elsewhere.example/api/v1", nil), (302, "/api/v1/%2e%2e/admin", nil),
        ] as [(Int, String, String?)] {
            origin.script("/api/v1/things/new") { _ in
                .json(["id": 7], status: status, headers: ["location": location])
            }
            let answer = try await routes.relay.proxy(.POST, "crm", "/things/new", token: routes.account.agent)
            #expect(answer.status == status)
            #expect(answer.headers.first(name: "location") == mapped, "\(location)")
        }
        try await routes.end()
    }

    @Test("penstock-error tells the relay's answers from the API's")
    func errorHeader() async throws {
        let stage = try await Stage.make()
        stage.origin.script("/liar") { _ in
            .json(["code": "TIMEOUT"], status: 504, headers: ["penstock-error": "TIMEOUT"])
        }
        let theirs = try await stage.relay.proxy(.GET, Stage.slug, "/liar", token: stage.account.agent)
        #expect(theirs.status == 504 && !theirs.headers.contains(name: "penstock-error"), "\(theirs)")
        let ours = try await stage.relay.proxy(.GET, "none", "/x", token: stage.account.agent)
        #expect(ours.headers.first(name: "penstock-error") == "UNKNOWN_API", "\(ours)")
        let unknown = try await stage.relay.proxy(.GET, Stage.slug, "/x", token: "pst_agent_wrong")
        #expect(unknown.headers.first(name: "penstock-error") == "UNAUTHORIZED", "\(unknown)")
        try await stage.end()
    }

    @Test("a WebSocket or gRPC request is refused with a sentence")
    func otherProtocols() async throws {
        let stage = try await Stage.make()
        let agent = stage.account.agent
        let grpc = try await stage.relay.proxy(
            .POST, Stage.slug, "/crm.Customers/Get", token: agent,
            headers: ["content-type": "application/grpc+proto", "te": "trailers"],
            body: .bytes(ByteBuffer(string: "\0\0\0\0\0")), client: TestClient.http2.get())
        expectProblem(grpc, "NOT_IMPLEMENTED", 501, stage: "policy")
        #expect(grpc.json["detail"]?.string?.hasPrefix("gRPC calls are not passed on.") == true)
        let socket = try await RawConnection(port: stage.relay.port)
        try await socket.send(
            "GET /v1/proxy/crm/live HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(agent)\r\n"
                + "Connection: keep-alive, Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n")
        try await eventually("the end of the connection") { socket.isClosed }
        #expect(
            socket.text.hasPrefix("HTTP/1.1 501 ") && socket.text.contains("WebSocket connections are not passed on."))
        #expect(stage.origin.seen.isEmpty)
        try await stage.end()
    }

    @Test("unknown query fields of a tool call are INVALID_REQUEST by name, and a bare ? is none")
    func toolQuery() async throws {
        let stage = try await Stage.make()
        let path = "/v1/tools/crm/hello"
        let bare = try await stage.relay.send(.POST, path + "?", stage.account.agent, [:])
        #expect(bare.status == 200, "\(bare)")
        let query = try await stage.relay.send(.POST, path + "?x=1&verbose&x=2", stage.account.agent, [:])
        expectProblem(query, "INVALID_REQUEST", 400, stage: "validation")
        #expect(pointers(query) == ["/verbose", "/x"] && query.json["detail"]?.string?.contains("verbose, x") == true)
        #expect(stage.origin.seen.count == 1)
        try await stage.end()
    }

    @Test("JSON of the relay's own is compressed for who asks, and a raw answer stays as it is")
    func compression() async throws {
        let stage = try await Stage.make()
        stage.origin.script("/hello") { _ in
            .json(["text": .string(String(repeating: "through the dam ", count: 4000))])
        }
        func get(_ method: HTTPMethod, _ path: String, _ coding: String?) async throws -> Answer {
            try await stage.relay.send(
                method, path,
                method == .GET && path != "/v1/proxy/crm/hello" ? stage.account.user : stage.account.agent,
                method == .POST ? [:] : nil, headers: coding.map { ["accept-encoding": $0] } ?? [:])
        }
        for (method, path) in [(HTTPMethod.POST, "/v1/tools/crm/hello"), (.GET, "/v1/apis/crm")] {
            let plain = try await get(method, path, nil)
            #expect(plain.headers.first(name: "vary") == "accept-encoding" && plain.status == 200, "\(plain)")
            #expect(!plain.headers.contains(name: "content-encoding"))
            let refused = try await get(method, path, "br, gzip;q=0")
            #expect(!refused.headers.contains(name: "content-encoding"))
        }
        let whole = try await get(.POST, "/v1/tools/crm/hello", nil)
        let small = try await get(.POST, "/v1/tools/crm/hello", "br;q=1, gzip;q=0.5")
        #expect(small.headers["content-encoding"] == ["gzip"])
        #expect(small.bytes.readableBytes < whole.bytes.readableBytes / 10)
        let folder = try Scratch("gzip")
        try Data(small.bytes.readableBytesView).write(to: URL(fileURLWithPath: folder / "answer.gz"))
        let unpacked = try await ChildProcess.run("/bin/gzip", ["-dc", folder / "answer.gz"])
        let data = try JSON.parse(unpacked.output)["data"]
        #expect(data == whole.json["data"] && data != nil)
        let raw = try await get(.GET, "/v1/proxy/crm/hello", "gzip")
        #expect(!raw.headers.contains(name: "content-encoding") && raw.json["text"] != nil)
        try await stage.end()
    }
}
