import AsyncHTTPClient
import Foundation
import NIOCore
import NIOHTTP1
import Testing
import Value

@Suite("A public API is called straight from the relay", .serialized, .timeLimit(.minutes(4)))
struct DirectRouteTests {
    private static let gated = Definitions.standard + [Definitions.endpoint("gated", "GET", "/gated")]

    @Test("An API without a tunnel is a tool and a proxy, and its audit says that it was called directly")
    func called() async throws {
        let scene = try await TwoRoutes.make(egress: ["addresses": ["52.0.2.10", "54.0.0.0/24"]], starts: false)
        try await scene.apply(.direct, "d", authentication: Definitions.apiKey("a-key-of-sorts"))
        let relay = scene.relay
        let agent = scene.account.agent
        let hello = try await scene.call("d")
        #expect(hello.status == 200, "\(hello)")
        #expect(hello.json["data"] == ["hello": "world"])
        #expect(hello.json["status"] == 200)
        let found = try await scene.call("d", "search", ["q": "a b&c", "limit": 3])
        #expect(found.json["data"]?["target"] == "/search?q=a%20b%26c&limit=3", "\(found)")
        let posted = try await relay.proxy(
            .POST, "d", "/echo?x=1", token: agent, headers: ["content-type": "text/plain", "prefer": "kept"],
            body: .bytes(ByteBuffer(string: "the body")))
        #expect(posted.status == 200, "\(posted)")
        #expect(posted.json["target"] == "/echo?x=1")
        #expect(posted.json["body"] == "the body")
        let head = try await relay.proxy(.HEAD, "d", "/bytes/1234", token: agent)
        #expect(head.status == 200, "\(head)")
        #expect(head.headers.first(name: "content-length") == "1234")
        for seen in scene.origin.seen {
            #expect(seen.headers["host"] == ["localhost:\(scene.origin.port)"])
            #expect(seen.headers["x-api-key"] == ["a-key-of-sorts"])
            #expect(!seen.headers.contains(name: "authorization"))
            #expect(!seen.headers.contains { $0.name.lowercased().hasPrefix("penstock") })
        }
        #expect(scene.origin.seen.last { $0.method == "POST" }?.headers["prefer"] == ["kept"])
        for token in [agent, scene.account.user, relay.operatorToken] {
            let ips = try await relay.send(.GET, "/v1/platform/ips", token)
            #expect(ips.json["addresses"] == ["52.0.2.10", "54.0.0.0/24"], "\(ips)")
        }
        try await scene.end()
        let calls = try await relay.auditRecords().filter { $0["api"] == "d" }
        #expect(calls.count >= 4)
        for record in calls { #expect(record["route"]?.string == "direct", "\(record.text())") }
        #expect(try await relay.auditVerifies())
    }

    @Test("T6: both directions of a direct call take turns, chunk by chunk")
    func conversation() async throws {
        let scene = try await TwoRoutes.make(starts: false)
        try await scene.apply(.direct, "d", authentication: Definitions.apiKey("a-key-of-sorts"))
        for type in ["text/event-stream", "application/octet-stream", "application/grpc"] {
            let (chunks, sender) = AsyncStream<ByteBuffer>.makeStream()
            sender.yield(ByteBuffer(string: "ask 0"))
            async let opening = TestClient.open(
                .POST, "\(scene.relay.url)/v1/proxy/d/gated", token: scene.account.agent,
                headers: ["content-type": "application/grpc"], body: .stream(chunks, length: .unknown))
            let gate = try await scene.origin.nextGate()
            try await eventually("ask 0") { String(buffer: gate.received) == "ask 0" }
            #expect(gate.request.headers["transfer-encoding"] == ["chunked"])
            try await gate.head(200, ["content-type": type])
            let response = try await opening
            #expect(response.status == .ok)
            var answer = response.body.makeAsyncIterator()
            var asked = "ask 0"
            for number in 1..<5 {
                try await gate.send("reply \(number)")
                #expect(try await answer.next().map { String(buffer: $0) } == "reply \(number)")
                sender.yield(ByteBuffer(string: "ask \(number)"))
                asked += "ask \(number)"
                let all = asked
                try await eventually("ask \(number)") { String(buffer: gate.received) == all }
            }
            sender.finish()
            try await eventually("the request's end") { gate.hasWholeRequest }
            try await gate.finish()
            #expect(try await answer.next() == nil)
        }
        try await scene.end()
    }

    @Test("A caller that leaves ends the transfer at the origin, of a tool as of a stream")
    func vanished() async throws {
        let scene = try await TwoRoutes.make(starts: false)
        try await scene.apply(.direct, "d", endpoints: Self.gated, timeout: 120_000)
        let agent = scene.account.agent
        for request in [
            "GET /v1/proxy/d/gated HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(agent)\r\n\r\n",
            "POST /v1/tools/d/gated HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(agent)\r\n"
                + "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
        ] {
            for hasHead in [false, true] {
                let connection = try await RawConnection(port: scene.relay.port)
                try await connection.send(request)
                let gate = try await scene.origin.nextGate()
                if hasHead {
                    try await gate.head()
                    try await gate.send("data: 1\n\n")
                    if request.hasPrefix("GET") { try await connection.wait(for: "data: 1") }
                }
                try await connection.close()
                try await eventually("the origin's connection closes, \(hasHead) \(request.prefix(20))") { gate.isGone }
            }
        }
        #expect(try await scene.call("d").status == 200)
        try await scene.end()
    }

    @Test("Answers without a body, parts and conditions pass a raw call as they are", arguments: TestRoute.allCases)
    func bodiless(route: TestRoute) async throws {
        let scene = try await TwoRoutes.make(starts: route == .tunnel)
        try await scene.apply(route, "api", authentication: Definitions.apiKey("a-key-of-sorts"))
        let agent = scene.account.agent
        scene.origin.script("/hello") { seen in
            if seen.method == "OPTIONS" { return .bytes([], status: 204, headers: ["allow": "GET"]) }
            if seen.headers["if-none-match"] == ["\"v1\""] {
                return .bytes([], status: 304, headers: ["etag": "\"v1\""])
            }
            guard seen.headers["range"] == ["bytes=0-3"] else { return .json([:], status: 412) }
            return .bytes(
                Array("part".utf8), status: 206,
                headers: ["content-range": "bytes 0-3/10", "content-type": "text/plain"])
        }
        let none = try await scene.relay.proxy(.OPTIONS, "api", "/hello", token: agent)
        #expect(none.status == 204 && none.headers["allow"] == ["GET"] && none.text.isEmpty, "\(none)")
        let same = try await scene.relay.proxy(
            .GET, "api", "/hello", token: agent, headers: ["if-none-match": "\"v1\""])
        #expect(same.status == 304 && same.headers["etag"] == ["\"v1\""] && same.text.isEmpty, "\(same)")
        let part = try await scene.relay.proxy(.GET, "api", "/hello", token: agent, headers: ["range": "bytes=0-3"])
        #expect(part.status == 206 && part.text == "part" && part.headers["content-range"] == ["bytes 0-3/10"])
        let head = try await scene.relay.proxy(.HEAD, "api", "/status/503", token: agent)
        #expect(head.status == 503 && head.text.isEmpty, "\(head)")
        let empty = try await scene.call("api", "status", ["code": 204])
        #expect(empty.status == 200 && empty.json["data"] == .null && empty.json["status"] == 204, "\(empty)")
        try await scene.end()
    }

    @Test(
        "S11: the answer to a HEAD ends with its head, whatever the API says of its length",
        arguments: TestRoute.allCases)
    func heads(route: TestRoute) async throws {
        let scene = try await TwoRoutes.make(starts: route == .tunnel)
        try await scene.apply(route, "d")
        let connection = try await RawConnection(port: scene.relay.port)
        let fields = "Host: localhost\r\nAuthorization: Bearer \(scene.account.agent)\r\n\r\n"
        for (index, framing) in ["Transfer-Encoding: chunked", "Content-Length: 5", "X: no length"].enumerated() {
            scene.origin.script("/hello") { _ in
                .raw("HTTP/1.1 200 OK\r\nX-Page: \(index)\r\n\(framing)\r\n\r\n", close: false)
            }
            try await connection.send("HEAD /v1/proxy/d/hello HTTP/1.1\r\n" + fields)
            try await eventually("the answer") { connection.text.lowercased().contains("x-page: \(index)") }
        }
        try await connection.send("GET /v1/proxy/d/items/1 HTTP/1.1\r\n" + fields)
        try await connection.wait(for: "/items/1")
        let answers = connection.text.components(separatedBy: "\r\n\r\n")
        #expect(answers.prefix(4).allSatisfy { $0.hasPrefix("HTTP/1.1 200 OK\r\n") }, "\(connection.text)")
        try await connection.close()
        try await scene.end()
    }

    @Test("T7: a relay that leaves lets direct calls finish, tools and streams alike")
    func drain() async throws {
        let scene = try await TwoRoutes.make(["shutdown_grace": "20s"], starts: false)
        try await scene.apply(.direct, "d", endpoints: Self.gated, timeout: 60_000)
        async let tool = scene.call("d", "gated")
        let first = try await scene.origin.nextGate()
        async let opening = TestClient.open(
            .GET, "\(scene.relay.url)/v1/proxy/d/gated", token: scene.account.agent)
        let second = try await scene.origin.nextGate()
        try await second.head()
        try await second.send("data: 1\n\n")
        let stream = try await opening
        scene.relay.process?.kill(SIGTERM)
        try await eventually("the relay takes no more") {
            await !Readiness.answers(port: scene.relay.adminPort)
        }
        for gate in [first, second] { #expect(!gate.isGone) }
        try await first.head(200, ["content-type": "application/json"])
        try await first.send("{}")
        try await first.finish()
        try await second.send("data: 2\n\n")
        try await second.finish()
        let answer = try await tool
        #expect(answer.status == 200, "\(answer)")
        #expect(try await String(buffer: stream.body.collect(upTo: 100)) == "data: 1\n\ndata: 2\n\n")
        #expect(try await scene.relay.process?.ended() == .exit(0))
        #expect(try await scene.relay.auditVerifies())
        try await scene.origin.close()
    }

    @Test("T5: a large upload and a large download pass in flat memory, whichever side is slow")
    func bulk() async throws {
        let scene = try await TwoRoutes.make(starts: false)
        try await scene.apply(.direct, "bulk", authentication: Definitions.apiKey("a-key-of-sorts"), timeout: 120_000)
        let relay = try #require(scene.relay.process)
        #expect(try await scene.call("bulk").status == 200)
        let size = 64 << 20
        let before = relay.rss
        let response = try await TestClient.open(
            .GET, "\(scene.relay.url)/v1/proxy/bulk/bytes/\(size)", token: scene.account.agent)
        var received = 0
        var most = 0
        for try await piece in response.body {
            received += piece.readableBytes
            if received % (16 << 20) < piece.readableBytes { most = max(most, relay.rss) }
        }
        #expect(received == size)
        let block = ByteBuffer(repeating: 0x61, count: 1 << 20)
        let (blocks, sender) = AsyncStream<ByteBuffer>.makeStream()
        for _ in 0..<(size >> 20) { sender.yield(block) }
        sender.finish()
        async let upload = scene.relay.proxy(
            .POST, "bulk", "/sink", token: scene.account.agent, body: .stream(blocks, length: .unknown))
        try await eventually("half of it has come", within: .seconds(60)) { scene.origin.received > size / 2 }
        most = max(most, relay.rss)
        let answer = try await upload
        #expect(answer.json["bytes"]?.int == size, "\(answer)")
        #expect(most - before < 32 << 20, "\(before) \(most)")
        try await scene.end()
    }

    @Test("A definition is tested directly, saved or as a draft, and each fault is at its own step")
    func connectionTests() async throws {
        let scene = try await TwoRoutes.make(starts: false)
        let foreign = try await TestOrigin(tls: Certificates.foreign.get())
        let nobody = try FreePort.next()
        scene.origin.script("/hello") { seen in
            seen.headers["x-api-key"] == ["right-key"] ? .json(["hello": "world"]) : .json([:], status: 401)
        }
        func steps(_ base: String, key: String) async throws -> [String: String] {
            let definition = scene.definition(
                .direct, "draft", base, endpoints: [Definitions.endpoint("hello", "GET", "/hello")],
                authentication: Definitions.apiKey(key))
            let answer = try await scene.relay.send(
                .POST, "/v1/apis:test", scene.account.user, ["definition": definition])
            #expect(answer.status == 200, "\(answer)")
            #expect(!answer.text.contains(key))
            var states: [String: String] = ["ok": answer.json["ok"]?.bool == true ? "true" : "false"]
            for step in answer.json["steps"]?.array ?? [] {
                states[step["name"]?.string ?? ""] = step["state"]?.string
            }
            return states
        }
        #expect(
            try await steps(scene.origin.url, key: "right-key") == [
                "ok": "true", "reachable": "ok", "tls": "ok", "authentication": "ok", "endpoint": "ok",
            ])
        let refused = try await steps(scene.origin.url, key: "wrong-key")
        #expect(refused["ok"] == "false" && refused["reachable"] == "ok" && refused["authentication"] == "failed")
        let untrusted = try await steps(foreign.url, key: "right-key")
        #expect(untrusted["ok"] == "false" && untrusted["reachable"] == "ok" && untrusted["tls"] == "failed")
        let gone = try await steps("https://localhost:\(nobody)", key: "right-key")
        #expect(gone["ok"] == "false" && gone["reachable"] == "failed")
        #expect(try await scene.relay.send(.GET, "/v1/apis/draft", scene.account.user).status == 404)
        try await scene.apply(.direct, "saved", authentication: Definitions.apiKey("right-key"), timeout: 500)
        let events = try await TestClient.send(
            .POST, "\(scene.relay.url)/v1/apis/saved:test", token: scene.account.user,
            headers: ["accept": "text/event-stream", "content-type": "application/json"],
            body: .bytes(ByteBuffer(string: #"{"arguments": {"item": {"id": "1"}}}"#)))
        #expect(events.text.contains("event: step") && events.text.contains("event: done"), "\(events)")
        #expect(foreign.seen.isEmpty)
        try await scene.end()
        try await foreign.close()
    }
}
