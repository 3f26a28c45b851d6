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

    @Test("security.ip_allowlist narrows where a direct call may go")
    func addressList() async throws {
        let scene = try await TwoRoutes.make(starts: false)
        try await scene.apply(.direct, "narrow", security: ["ip_allowlist": ["127.0.0.2", "203.0.113.0/24"]])
        try await scene.apply(.direct, "wide", security: ["ip_allowlist": ["127.0.0.0/8", "::1"]])
        let refused = try await scene.call("narrow")
        expectProblem(refused, "URL_NOT_ALLOWED", 403, stage: "policy")
        #expect(refused.json["sent"] == false)
        expectProblem(
            try await scene.relay.proxy(.GET, "narrow", "/hello", token: scene.account.agent), "URL_NOT_ALLOWED", 403,
            stage: "policy")
        #expect(scene.origin.opened == 0)
        #expect(try await scene.call("wide").status == 200)
        // A connection that one API may use is not lent to another.
        expectProblem(try await scene.call("narrow"), "URL_NOT_ALLOWED", 403, stage: "policy")
        try await scene.end()
    }

    @Test("S2, S4: without egress.allow_private no spelling of a private address is called, and metadata never is")
    func privateAddresses() async throws {
        let origin = try await TestOrigin(tls: Certificates.shared.get())
        for ranges: JSON in [[], ["10.0.0.0/8"]] {
            let scene = try await TwoRoutes.make(egress: ["allow_private": ranges], starts: false)
            try await scene.apply(.direct, "named", origin.url)
            let answer = try await scene.call("named")
            expectProblem(answer, "URL_NOT_ALLOWED", 403, stage: "policy")
            #expect(answer.json["sent"] == false)
            expectProblem(
                try await scene.relay.proxy(.GET, "named", "/hello", token: scene.account.agent), "URL_NOT_ALLOWED",
                403, stage: "policy")
            for host in [
                "127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "[::1]", "[::ffff:127.0.0.1]",
                "[64:ff9b::7f00:1]", "192.168.1.1", "169.254.169.254", "[fd00:ec2::254]", "0.0.0.0", "localhost.",
            ] {
                let slug = "refused"
                let saved = try await scene.relay.send(
                    .POST, "/v1/apis", scene.account.user,
                    scene.definition(.direct, slug, "https://\(host):\(origin.port)"))
                if saved.status == 201 {
                    expectProblem(try await scene.call(slug), "URL_NOT_ALLOWED", 403, stage: "policy")
                    _ = try await scene.relay.send(.DELETE, "/v1/apis/\(slug)", scene.account.user)
                } else {
                    #expect([400, 403].contains(saved.status), "\(host) \(saved)")
                }
            }
            try await scene.end()
        }
        #expect(origin.opened == 0)
        let open = try await TwoRoutes.make(egress: ["allow_private": ["0.0.0.0/0", "::/0"]], starts: false)
        for host in ["169.254.169.254", "100.100.100.200", "[fd00:ec2::254]", "0.0.0.0", "224.0.0.1"] {
            let saved = try await open.relay.send(
                .POST, "/v1/apis", open.account.user, open.definition(.direct, "metadata", "https://\(host)"))
            expectProblem(saved, "URL_NOT_ALLOWED", 403)
        }
        let plain = try await open.relay.send(
            .POST, "/v1/apis", open.account.user, open.definition(.direct, "plain", "http://localhost:1"))
        #expect(plain.code == "URL_NOT_ALLOWED" && plain.status == 403, "\(plain)")
        try await open.end()
        try await origin.close()
    }

    @Test("S2, S3: token endpoints and webhooks are held to the same addresses as APIs, behind a tunnel too")
    func otherAddresses() async throws {
        let issuer = try await TestOrigin(tls: Certificates.shared.get())
        let scene = try await TwoRoutes.make(egress: ["allow_private": []])
        func authentication(_ port: Int) -> JSON {
            [
                "type": "oauth2",
                "config": [
                    "client_id": "c", "client_secret": "s3cret", "via": "direct",
                    "token_url": .string("https://localhost:\(port)/token"),
                ],
            ]
        }
        for (slug, port) in [("issuer", issuer.port), ("own", scene.relay.port)] {
            try await scene.apply(
                .tunnel, slug, authentication: authentication(port),
                more: ["alerts": ["webhook_url": .string(issuer.url + "/hook"), "secret": "the-signing-secret"]])
            for _ in 0..<4 {
                let answer = try await scene.call(slug)
                #expect(answer.code == "URL_NOT_ALLOWED" && answer.json["sent"] == false, "\(answer)")
                #expect(!answer.text.contains("localhost") && !answer.text.contains("127.0.0.1"), "\(answer)")
            }
        }
        let nobody = try FreePort.next()
        try await scene.apply(
            .direct, "nobody", "https://localhost:\(nobody)",
            more: ["alerts": ["webhook_url": .string(issuer.url + "/hook"), "secret": "the-signing-secret"]])
        for _ in 0..<4 { _ = try await scene.call("nobody") }
        for literal in ["https://127.0.0.1:\(issuer.port)/token", "http://localhost/token", "https://169.254.169.254/"]
        {
            var definition = scene.definition(.tunnel, "literal", authentication: authentication(1)).object ?? [:]
            var api = definition["custom_api"]?.object ?? [:]
            api["authentication"] = [
                "type": "oauth2",
                "config": [
                    "client_id": "c", "client_secret": "s3cret", "via": "direct", "token_url": .string(literal),
                ],
            ]
            definition["custom_api"] = .object(api)
            let saved = try await scene.relay.send(.POST, "/v1/apis", scene.account.user, .object(definition))
            #expect(saved.code == "URL_NOT_ALLOWED" && saved.status == 403, "\(literal) \(saved)")
        }
        #expect(scene.origin.seen.isEmpty)
        try await scene.end()
        #expect(issuer.opened == 0)
        try await issuer.close()
    }

    @Test("S3: the relay never calls one of its own listeners")
    func ownListeners() async throws {
        let scene = try await TwoRoutes.make(starts: false)
        for (slug, port) in [("own", scene.relay.port), ("admin", scene.relay.adminPort)] {
            for host in ["localhost", "127.0.0.1"] {
                let name = slug + host.filter(\.isLetter)
                try await scene.apply(.direct, name, "https://\(host):\(port)")
                let answer = try await scene.call(name)
                expectProblem(answer, "URL_NOT_ALLOWED", 403, stage: "policy")
                #expect(answer.json["sent"] == false)
            }
        }
        try await scene.end()
    }

    @Test(
        "S5: a redirect is not followed unless asked, and then only within its origin, without what was injected",
        arguments: TestRoute.allCases)
    func redirects(route: TestRoute) async throws {
        let scene = try await TwoRoutes.make(starts: route == .tunnel)
        let other = try await TestOrigin(tls: Certificates.shared.get())
        let key = Definitions.apiKey("a-key-of-sorts")
        try await scene.apply(route, "still", authentication: key)
        try await scene.apply(route, "follows", authentication: key, connection: ["follow_redirects": true])
        let origin = scene.origin
        let targets = [
            "/items/1", origin.url + "/items/1", other.url + "/items/1", "https://127.0.0.1:\(origin.port)/items/1",
            "//localhost:\(other.port)/items/1", "http://localhost:\(origin.port)/items/1",
        ]
        for (index, target) in targets.enumerated() {
            origin.script("/hello") { _ in .json([:], status: 302, headers: ["location": target]) }
            let before = origin.seen.count
            expectProblem(try await scene.call("still"), "UPSTREAM_ERROR", 502, stage: "origin", upstream: 302)
            #expect(origin.seen.count == before + 1)
            let raw = try await scene.relay.proxy(.GET, "still", "/hello", token: scene.account.agent)
            #expect(raw.status == 302)
            // What stays with the API is led into the proxy's own path; nothing else is passed.
            #expect(raw.headers["location"] == (index < 2 ? ["/v1/proxy/still/items/1"] : []), "\(raw)")
            let followed = try await scene.call("follows")
            if index < 2 {
                #expect(followed.status == 200, "\(target) \(followed)")
                #expect(origin.seen.last?.path == "/items/1")
                #expect(origin.seen.last?.headers["x-api-key"] == ["a-key-of-sorts"])
            } else {
                #expect(followed.status == 502 || followed.status == 403, "\(target) \(followed)")
                #expect(origin.seen.last?.path == "/hello")
            }
        }
        #expect(other.seen.isEmpty)
        #expect(other.opened == 0)
        try await scene.end()
        try await other.close()
    }

    @Test("verify_ssl: false is refused, unless the operator allows it")
    func unverified() async throws {
        let foreign = try await TestOrigin(tls: Certificates.foreign.get())
        let strict = try await TwoRoutes.make(starts: false)
        let definition = strict.definition(.direct, "loose", foreign.url, connection: ["verify_ssl": false])
        let refused = try await strict.relay.send(.POST, "/v1/apis", strict.account.user, definition)
        expectProblem(refused, "URL_NOT_ALLOWED", 403)
        try await strict.end()
        let loose = try await TwoRoutes.make(egress: ["allow_unverified_tls": true], starts: false)
        try await loose.apply(.direct, "loose", foreign.url, connection: ["verify_ssl": false])
        try await loose.apply(.direct, "tight", foreign.url)
        #expect(try await loose.call("loose").status == 200)
        expectProblem(try await loose.call("tight"), "SSL_ERROR", 502, stage: "tls")
        #expect(try await loose.call("loose").status == 200)
        try await loose.end()
        try await foreign.close()
    }

    @Test("An API's own CA and client certificate are used, and the client's key is in the vault")
    func identities() async throws {
        let zoo = try CertificateZoo.shared.get()
        let demanding = try await TestOrigin(configuration: zoo.demandingConfiguration())
        let scene = try await TwoRoutes.make(starts: false)
        let key = text(of: zoo.key(.client))
        let root: JSON = .string(text(of: zoo.root))
        try await scene.apply(.direct, "ca", demanding.url, connection: ["ca_certificate": root])
        // TLS 1.3: the client certificate is missed only after the server's own has been accepted.
        expectProblem(try await scene.call("ca"), "SSL_ERROR", 502, stage: "tls")
        let connection: JSONObject = [
            "ca_certificate": root, "client_certificate": .string(text(of: zoo.chain(.client))),
            "client_key": .string(key),
        ]
        let saved = try await scene.apply(.direct, "mutual", demanding.url, connection: connection)
        let answer = try await scene.call("mutual")
        #expect(answer.status == 200, "\(answer)")
        #expect(try await scene.relay.proxy(.GET, "mutual", "/hello", token: scene.account.agent).status == 200)
        let shown = try await scene.relay.send(.GET, "/v1/apis/mutual", scene.account.user)
        for text in [saved.text, shown.text] { #expect(!text.contains("PRIVATE KEY")) }
        #expect(shown.text.contains("vault://"), "\(shown)")
        let middle = key.split(separator: "\n")[1]
        #expect(!shown.text.contains(middle))
        try await scene.end()
        #expect(!text(of: scene.relay.database).contains(middle))
        try await demanding.close()
    }

    @Test("An API behind a Cloudflare tunnel gets the service token of Cloudflare Access beside its own credential")
    func cloudflare() async throws {
        let scene = try await TwoRoutes.make(starts: false)
        let origin = scene.origin
        origin.script("/hello") { seen in
            let isKnown =
                seen.headers["cf-access-client-id"] == ["client-id.access"]
                && seen.headers["cf-access-client-secret"] == ["the-service-secret"]
            return isKnown
                ? .json(["echo": .array(seen.headers.map { .string("\($0.name): \($0.value)") })])
                : .json(["error": "access denied"], status: 403)
        }
        let access: JSON = ["client_id": "client-id.access", "client_secret": "the-service-secret"]
        try await scene.apply(
            .direct, "cf", authentication: Definitions.bearer("the-own-token"),
            more: ["tunnel": ["enabled": true, "type": "cloudflare", "access": access]])
        try await scene.apply(
            .direct, "without", more: ["tunnel": ["enabled": true, "type": "cloudflare", "tunnel_id": nil]])
        expectProblem(try await scene.call("without"), "AUTHENTICATION_FAILED", 502, stage: "origin", upstream: 403)
        let answer = try await scene.call("cf")
        #expect(answer.status == 200, "\(answer)")
        #expect(origin.seen.last?.headers["authorization"] == ["Bearer the-own-token"])
        // A caller cannot put its own in their place, and sees none of them.
        let raw = try await scene.relay.proxy(
            .GET, "cf", "/hello", token: scene.account.agent, headers: ["CF-Access-Client-Secret": "mine"])
        #expect(raw.status == 200, "\(raw)")
        let shown = try await scene.relay.send(.GET, "/v1/apis/cf", scene.account.user)
        for text in [answer.text, raw.text, shown.text] {
            for secret in ["the-service-secret", "client-id.access", "the-own-token"] {
                #expect(!text.contains(secret), "\(text)")
            }
        }
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
