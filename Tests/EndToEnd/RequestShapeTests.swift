import AsyncHTTPClient
import NIOCore
import NIOHTTP1
import Testing
import Value

@Suite("What a caller may say, and what reaches the origin", .serialized, .timeLimit(.minutes(4)))
struct RequestShapeTests {
    @Test("Every wrong argument is named by its JSON Pointer")
    func arguments() async throws {
        let stage = try await Stage.make()
        func pointersOf(_ endpoint: String, _ arguments: JSON) async throws -> [String] {
            let answer = try await stage.call(endpoint, arguments)
            expectProblem(answer, "INVALID_REQUEST", 400, stage: "validation")
            return pointers(answer)
        }
        #expect(try await pointersOf("item", [:]) == ["/id"])
        #expect(try await pointersOf("item", ["id": 7]) == ["/id"])
        #expect(Set(try await pointersOf("search", ["limit": "ten", "colour": "red"])) == ["/q", "/limit", "/colour"])
        #expect(try await pointersOf("item", [1, 2]) == [""])
        #expect(try await pointersOf("item", ["id": "x", "a/b~c": 1]) == ["/a~1b~0c"])
        let broken = try await TestClient.send(
            .POST, stage.relay.url + "/v1/tools/crm/item", token: stage.account.agent,
            body: .bytes(Array(#"{"id": "#.utf8)))
        expectProblem(broken, "INVALID_REQUEST", 400, stage: "validation")
        #expect(broken.json["detail"]?.string?.contains("line 1") == true, "\(broken)")
        #expect(stage.origin.seen.isEmpty)
        try await stage.end()
    }

    @Test("S6: a path parameter cannot change the number of segments")
    func pathParameters() async throws {
        let stage = try await Stage.make()
        for value in ["a/b", "..", ".", "%2e", "%2E%2e", ".%2e", "a\\b", "", "../x", "a\u{0}b", "a\r\nb", "%252e%252e"]
        {
            let answer = try await stage.call("item", ["id": .string(value)])
            if value == "%252e%252e", answer.status == 200 { continue }
            expectProblem(answer, "INVALID_REQUEST", 400, stage: "validation")
            #expect(pointers(answer) == ["/id"], "\(value)")
        }
        for (value, seen) in [("a?b#c%d e", "a%3Fb%23c%25d%20e"), ("%2f", "%252f"), ("ä;=&+", "%C3%A4%3B%3D%26%2B")] {
            let answer = try await stage.call("item", ["id": .string(value)])
            #expect(answer.json["data"]?["target"]?.string == "/items/" + seen, "\(answer)")
        }
        let query = try await stage.call("search", ["q": "a&b=c#d e+f/%"])
        let target = try #require(query.json["data"]?["target"]?.string)
        #expect(target.hasPrefix("/search?q="))
        #expect(!target.dropFirst("/search?q=".count).contains { "&=#+ ".contains($0) }, "\(target)")
        try await stage.end()
    }

    @Test("T10: an ambiguous raw path is refused, not rewritten, and the origin sees the bytes the caller sent")
    func rawPaths() async throws {
        let stage = try await Stage.make()
        for path in ["/a//b", "/a/./b", "/a/../b", "/a/%2e%2e/b", "/a/%2E/b", "/a%2fb", "/a%5cb", "/a/..", "/%00"] {
            let raw = try await RawConnection(port: stage.relay.port)
            try await raw.send(
                "GET /v1/proxy/crm\(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n"
                    + "Authorization: Bearer \(stage.account.agent)\r\n\r\n")
            try await eventually("an answer to \(path)") { raw.isClosed }
            #expect(raw.text.hasPrefix("HTTP/1.1 400 ") || raw.text.hasPrefix("HTTP/1.1 403 "), "\(path) \(raw.text)")
        }
        #expect(stage.origin.seen.isEmpty)
        let path = "/items/~%7e%41;v=1,2:@!$&'()*+=?q=%20+%3D&&x"
        let answer = try await stage.relay.proxy(.GET, Stage.slug, path, token: stage.account.agent)
        #expect(answer.status == 200, "\(answer)")
        #expect(stage.origin.seen.last?.target == path)
        try await stage.end()
    }

    @Test("S7: control characters in a raw request are refused at the door")
    func controlCharacters() async throws {
        let stage = try await Stage.make()
        let authorization = "Authorization: Bearer \(stage.account.agent)\r\n"
        for request in [
            "GET /v1/proxy/crm/hello HTTP/1.1\r\nHost: localhost\r\n\(authorization)X-A: a\u{0}b\r\n\r\n",
            "GET /v1/proxy/crm/hello HTTP/1.1\r\nHost: localhost\r\n\(authorization)X-A: a\rX-B: b\r\n\r\n",
            "GET /v1/proxy/crm/hello HTTP/1.1\r\nHost: localhost\r\n\(authorization)X A: b\r\n\r\n",
            "GET /v1/proxy/crm/he\u{1}llo HTTP/1.1\r\nHost: localhost\r\n\(authorization)\r\n",
            "GE\u{0}T /v1/proxy/crm/hello HTTP/1.1\r\nHost: localhost\r\n\(authorization)\r\n",
            "GET /v1/proxy/crm/hello HTTP/1.1\r\nHost: localhost\r\n\(authorization)X-A: b\r\n folded\r\n\r\n",
        ] {
            let raw = try await RawConnection(port: stage.relay.port)
            try await raw.send(request)
            try await eventually("an answer to \(request.debugDescription)") {
                raw.isClosed || raw.text.contains("\r\n\r\n")
            }
            #expect(!raw.text.hasPrefix("HTTP/1.1 2"), "\(request.debugDescription): \(raw.text)")
            try await raw.close()
        }
        #expect(stage.origin.seen.isEmpty)
        #expect(try await stage.call("hello").status == 200)
        try await stage.end()
    }

    @Test("S8: a caller's headers never set what frames, routes or identifies the request")
    func reservedHeaders() async throws {
        let stage = try await Stage.make(authentication: Definitions.bearer("the-real-one"))
        let answer = try await stage.relay.proxy(
            .GET, Stage.slug, "/echo", token: stage.account.agent,
            headers: [
                "cookie": "a=b", "x-forwarded-for": "1.2.3.4", "x-forwarded-host": "evil", "forwarded": "for=1.2.3.4",
                "proxy-authorization": "Basic eA==", "proxy-connection": "x", "x-http-method-override": "DELETE",
                "connection": "x-nominated", "x-nominated": "1", "te": "trailers", "upgrade": "websocket",
                "penstock-slash": "allow", "penstock-request-id": "forged", "penstock-deadline-ms": "999999",
                "x-csrf-token": "kept", "accept": "text/plain",
            ])
        #expect(answer.status == 200, "\(answer)")
        let headers = try #require(stage.origin.seen.last).headers
        #expect(headers["authorization"] == ["Bearer the-real-one"])
        #expect(headers["host"] == ["127.0.0.1:\(stage.origin.port)"])
        #expect(headers["x-csrf-token"] == ["kept"])
        #expect(headers["accept"] == ["text/plain"])
        let kept = Set(headers.map { $0.name.lowercased() })
        for name in [
            "cookie", "x-forwarded-for", "x-forwarded-host", "forwarded", "proxy-authorization", "proxy-connection",
            "x-http-method-override", "x-nominated", "te", "upgrade", "penstock-slash", "penstock-request-id",
            "penstock-deadline-ms",
        ] { #expect(!kept.contains(name), "\(name)") }
        try await stage.end()
    }
}
