import NIOCore
import NIOHTTP1
import Testing
import Value

@Suite("Every way a call can fail has its own answer", .serialized, .timeLimit(.minutes(4)))
struct ErrorTableTests {
    @Test("A wrong token is UNAUTHORIZED at every door")
    func unauthorized() async throws {
        let stage = try await Stage.make()
        let relay = stage.relay
        for token in [nil, "", "pst_agent_no", "x", stage.account.agent + "x", String(stage.account.agent.dropLast())] {
            expectProblem(
                try await relay.send(.POST, "/v1/tools/crm/hello", token, [:]), "UNAUTHORIZED", 401, stage: "policy")
            expectProblem(
                try await relay.send(.GET, "/v1/proxy/crm/hello", token), "UNAUTHORIZED", 401, stage: "policy")
            for path in ["/v1/apis", "/v1/tools", "/v1/tunnels", "/v1/tokens", "/v1/users", "/v1/tunnel"] {
                expectProblem(try await relay.send(.GET, path, token), "UNAUTHORIZED", 401, stage: "policy")
            }
        }
        let agent = stage.account.agent
        for path in ["/v1/apis", "/v1/tunnels", "/v1/tokens", "/v1/users"] {
            expectProblem(try await relay.send(.GET, path, agent), "FORBIDDEN", 403, stage: "policy")
        }
        expectProblem(
            try await relay.call("crm", "hello", token: relay.operatorToken), "FORBIDDEN", 403, stage: "policy")
        expectProblem(
            try await relay.call("crm", "hello", token: stage.tunnel.token), "UNAUTHORIZED", 401, stage: "policy")
        #expect(stage.origin.seen.isEmpty)
        try await stage.end()
    }

    @Test("Unknown things and other people's answer alike")
    func unknown() async throws {
        let stage = try await Stage.make()
        let relay = stage.relay
        let bob = try await relay.newAccount("bob")
        func alike(_ ask: (String) async throws -> Answer) async throws {
            let (other, none) = (try await ask("crm"), try await ask("nothing"))
            expectProblem(other, "UNKNOWN_API", 404)
            func body(_ answer: Answer) -> JSONObject {
                var object = answer.json.object ?? [:]
                object["request_id"] = nil
                return object
            }
            #expect(body(other) == body(none))
            let names = { (answer: Answer) in answer.headers.map(\.name) }
            #expect(names(other) == names(none))
        }
        try await alike { try await relay.call($0, "hello", token: bob.agent) }
        try await alike { try await relay.proxy(.GET, $0, "/hello", token: bob.agent) }
        try await alike { try await relay.send(.GET, "/v1/tools/\($0)", bob.agent) }
        try await alike { try await relay.send(.GET, "/v1/apis/\($0)", bob.user) }
        try await alike { try await relay.send(.DELETE, "/v1/apis/\($0)", bob.user) }
        #expect(try await relay.send(.GET, "/v1/tunnels/\(stage.tunnel.id)", bob.user).status == 404)
        #expect(try await relay.send(.DELETE, "/v1/tunnels/\(stage.tunnel.id)", bob.user).status == 404)
        // A tunnel of someone else's cannot be named in a definition either.
        let theft = try await relay.send(
            .POST, "/v1/apis", bob.user, Definitions.api("crm", stage.origin.url, tunnel: stage.tunnel.id))
        expectProblem(theft, "INVALID_REQUEST", 400)
        expectProblem(try await stage.call("nothing"), "ENDPOINT_NOT_FOUND", 404, stage: "policy")
        #expect(try await stage.call("hello").status == 200)
        try await stage.end()
    }

    @Test("S11: a refused HEAD has no body that could be taken for the next answer")
    func refusedHead() async throws {
        let stage = try await Stage.make()
        for (slug, token) in [("nothing", stage.account.agent), ("crm", "pst_agent_no")] {
            let connection = try await RawConnection(port: stage.relay.port)
            let rest = "/v1/proxy/\(slug)/hello HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(token)\r\n\r\n"
            try await connection.send("HEAD " + rest)
            try await connection.wait(for: "\r\n\r\n")
            try await connection.send("GET " + rest)
            try await connection.wait(for: "\"request_id\"")
            let answers = connection.text.split(separator: "\r\n\r\n", omittingEmptySubsequences: false)
            #expect(answers.count == 3, "\(connection.text)")
            #expect(answers.dropFirst().first?.hasPrefix("HTTP/1.1 4") == true, "\(connection.text)")
            try await connection.close()
        }
        try await stage.end()
    }

    @Test("What the API itself answers becomes its code, with the status and the body it sent")
    func upstream() async throws {
        let stage = try await Stage.make()
        func status(_ code: Int) async throws -> Answer {
            try await stage.call("status", ["code": .number(JSONNumber(code))])
        }
        for code in [401, 403] {
            expectProblem(try await status(code), "AUTHENTICATION_FAILED", 502, stage: "origin", upstream: code)
        }
        for code in [404, 405, 410] {
            let answer = try await status(code)
            expectProblem(answer, "ENDPOINT_NOT_FOUND", 404, stage: "origin", upstream: code)
            #expect(answer.json["title"] == "The API has no such resource")
            #expect(answer.json["upstream_body"]?.string?.contains("by the origin") == true)
        }
        for code in [302, 400, 418, 500, 503] {
            let answer = try await status(code)
            expectProblem(answer, "UPSTREAM_ERROR", 502, stage: "origin", upstream: code)
            #expect(answer.json["upstream_body"]?.string?.contains("by the origin") == true)
        }
        stage.origin.script("/status/429") { _ in .json([:], status: 429, headers: ["retry-after": "7"]) }
        let limited = try await status(429)
        expectProblem(limited, "RATE_LIMITED", 429, stage: "origin", upstream: 429)
        #expect(limited.headers.first(name: "retry-after") == "7")
        #expect(limited.json["retry_after_s"] == 7)
        stage.origin.script("/hello") { _ in .bytes(Array(repeating: 0x62, count: 100_000), status: 500) }
        let long = try await stage.call("hello")
        expectProblem(long, "UPSTREAM_ERROR", 502, stage: "origin", upstream: 500)
        #expect((1...(8 << 10)).contains(long.json["upstream_body"]?.string?.utf8.count ?? 0))

        // A raw call passes the API's own answer through.
        let raw = try await stage.relay.proxy(.GET, Stage.slug, "/status/404", token: stage.account.agent)
        #expect(raw.status == 404)
        #expect(raw.json == ["said": "by the origin"])
        try await stage.end()
    }

    @Test("An origin that cannot be reached, cannot be trusted, or speaks nonsense is told apart")
    func unreachable() async throws {
        let nobody = "http://127.0.0.1:\(try FreePort.next())"
        let foreign = try await TestOrigin(tls: Certificates.foreign.get())
        let stage = try await Stage.make(allow: [
            TestConnector.allow(nobody), TestConnector.allow(foreign.url),
            TestConnector.allow("http://gone.invalid:80"),
        ])
        let forbidden = "http://127.0.0.1:\(try FreePort.next())"
        func expect(_ slug: String, _ base: String, _ code: String, _ status: Int, _ place: String) async throws {
            try await stage.relay.apply(Definitions.api(slug, base, tunnel: stage.tunnel.id), stage.account)
            for _ in 0..<2 {
                let answer = try await stage.call("hello", slug: slug)
                expectProblem(answer, code, status, stage: place)
                #expect(answer.json["sent"] == false, "\(answer)")
                let raw = try await stage.relay.proxy(.GET, slug, "/hello", token: stage.account.agent)
                expectProblem(raw, code, status, stage: place)
            }
        }
        try await expect("refused", nobody, "CONNECTION_REFUSED", 502, "tcp")
        try await expect("untrusted", foreign.url, "SSL_ERROR", 502, "tls")
        try await expect("plain", "https://127.0.0.1:\(stage.origin.port)", "URL_NOT_ALLOWED", 403, "connector")
        try await expect("forbidden", forbidden, "URL_NOT_ALLOWED", 403, "connector")
        try await expect("metadata", "http://169.254.169.254", "URL_NOT_ALLOWED", 403, "connector")
        try await expect("nowhere", "http://gone.invalid", "CONNECTION_REFUSED", 502, "dns")
        #expect(foreign.seen.isEmpty)

        stage.origin.script("/hello") { _ in .hangUp }
        let hungUp = try await stage.call("hello")
        expectProblem(hungUp, "CONNECTION_REFUSED", 502, stage: "origin")
        #expect(hungUp.json["sent"] == true, "\(hungUp)")
        stage.origin.script("/hello") { _ in .raw("SSH-2.0-OpenSSH_9.9\r\n") }
        expectProblem(try await stage.call("hello"), "UPSTREAM_ERROR", 502, stage: "origin")
        try await stage.end()
        try await foreign.close()
    }

    @Test("S11: an origin whose framing is ambiguous gives no answer and its connection is not used again")
    func framing() async throws {
        let stage = try await Stage.make()
        let head = "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"
        for fields in [
            "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "Content-Length: 5\r\nContent-Length: 6\r\n",
            "Transfer-Encoding: gzip\r\n", "Content-Length: -1\r\n", "Transfer-Encoding: chunked, chunked\r\n",
        ] {
            stage.origin.script("/hello") { _ in
                .raw(head + fields + "\r\n5\r\nhello\r\n0\r\n\r\nHTTP/1.1 200 OK\r\n\r\n", close: false)
            }
            let opened = stage.origin.opened
            let answer = try await stage.call("hello")
            #expect(answer.status == 502, "\(fields) \(answer)")
            #expect(try await stage.call("status", ["code": 200]).status == 200)
            #expect(stage.origin.opened > opened, "\(fields)")
        }
        try await stage.end()
    }

    @Test("An API that does not answer in time is a TIMEOUT, and its request is given up at the origin")
    func timeout() async throws {
        let stage = try await Stage.make(timeout: 300)
        let answer = try await stage.call("never")
        expectProblem(answer, "TIMEOUT", 504, stage: "origin")
        #expect(answer.json["sent"] == true)
        expectProblem(
            try await stage.relay.proxy(.GET, Stage.slug, "/never", token: stage.account.agent), "TIMEOUT", 504,
            stage: "origin")
        try await eventually("the origin's connections close") { stage.origin.connections == 0 }
        #expect(try await stage.call("hello").status == 200)
        try await stage.end()
    }

    @Test("S10: an answer beyond the relay's or the connector's limit is RESPONSE_TOO_LARGE")
    func tooLarge() async throws {
        let stage = try await Stage.make(
            relay: ["limits": ["response_bytes": "64KiB"]], connector: ["limits": ["response_bytes": "256KiB"]])
        #expect(try await stage.call("bytes", ["count": 65_000]).status == 200)
        for (count, upstream) in [(65_537, 200), (200_000, 200), (5_000_000, nil)] {
            // What is beyond the connector's limit already stops there, and its status stays unknown.
            expectProblem(
                try await stage.call("bytes", ["count": .number(JSONNumber(count))]), "RESPONSE_TOO_LARGE", 502,
                stage: upstream == nil ? "connector" : "relay", upstream: upstream)
        }
        let agent = stage.account.agent
        let within = try await stage.relay.proxy(.GET, Stage.slug, "/bytes/200000", token: agent)
        #expect(within.bytes.readableBytes == 200_000)
        expectProblem(
            try await stage.relay.proxy(.GET, Stage.slug, "/bytes/300000", token: agent), "RESPONSE_TOO_LARGE", 502,
            stage: "connector")
        #expect(try await stage.call("hello").status == 200)
        try await stage.end()
    }

    @Test("Without a connector a call is TUNNEL_OFFLINE and says when to come back")
    func offline() async throws {
        let stage = try await Stage.make()
        try await stage.connector.stop()
        try await eventually("the relay knows") {
            try await stage.relay.isOnline(stage.tunnel, stage.account) == false
        }
        // Both wait a while for a tunnel that was there just now.
        async let tool = stage.call("hello")
        async let raw = stage.relay.proxy(.GET, Stage.slug, "/hello", token: stage.account.agent)
        for answer in [try await tool, try await raw] {
            expectProblem(answer, "TUNNEL_OFFLINE", 503, stage: "tunnel")
            #expect((answer.headers.first(name: "retry-after").flatMap { Int($0) } ?? 0) > 0)
            #expect(answer.json["retryable"] == true)
            #expect(answer.json["sent"] == false)
        }
        try await stage.connector.start()
        #expect(try await stage.call("hello").status == 200)
        try await stage.end()
    }
}
