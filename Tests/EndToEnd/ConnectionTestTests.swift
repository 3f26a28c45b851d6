import AsyncHTTPClient
import NIOHTTP1
import Testing
import Value

@Suite("An API is tested as it is defined", .serialized, .timeLimit(.minutes(4)))
struct ConnectionTestTests {
    private func states(_ answer: Answer) -> [String] {
        (answer.json["steps"]?.array ?? []).map { step in
            let endpoint = step["endpoint"]?.string.map { " \($0)" } ?? ""
            return "\(step["name"]?.string ?? "?")\(endpoint) \(step["state"]?.string ?? "?")"
        }
    }

    @Test("each step is told, what may change something is left alone, and arguments come from the caller")
    func saved() async throws {
        let stage = try await Stage.make(timeout: 1000, authentication: Definitions.apiKey("k"))
        let answer = try await stage.relay.send(
            .POST, "/v1/apis/crm:test", stage.account.user,
            ["arguments": ["item": ["id": "x"], "status": ["code": 404], "bytes": ["count": 3], "never": [:]]])
        #expect(answer.status == 200, "\(answer)")
        let steps = states(answer)
        #expect(steps.prefix(3) == ["reachable ok", "tls skipped", "authentication ok"], "\(steps)")
        for step in [
            "endpoint hello ok", "endpoint echo skipped", "endpoint item ok", "endpoint search skipped",
            "endpoint status failed", "endpoint sink skipped",
        ] { #expect(steps.contains(step), "\(step) in \(steps)") }
        #expect(answer.json["ok"]?.bool == false)
        #expect(!stage.origin.seen.contains { $0.method != "GET" })
        let confirmed = try await stage.relay.send(
            .POST, "/v1/apis/crm:test", stage.account.user, ["confirm": true, "arguments": ["never": [:]]])
        #expect(states(confirmed).contains("endpoint echo ok"), "\(confirmed)")
        try await stage.end()
    }

    @Test("a refused credential, an unreachable host and a mismatched schema are named as that")
    func faults() async throws {
        let stage = try await Stage.make(allow: [TestConnector.allow("http://127.0.0.1:1")])
        func definition(_ base: String, _ path: String, schema: JSON? = nil) -> JSON {
            var endpoint: JSONObject = ["name": "one", "method": "GET", "path": .string(path)]
            if let schema { endpoint["response_schema"] = schema }
            return [
                "name": "Draft", "connection": ["base_url": .string(base)],
                "authentication": Definitions.apiKey("plain-draft-key"), "endpoints": [.object(endpoint)],
                "tunnel": ["enabled": true, "type": "platform_agent", "tunnel_id": .string(stage.tunnel.id)],
            ]
        }
        func test(_ definition: JSON) async throws -> [String] {
            states(
                try await stage.relay.send(.POST, "/v1/apis:test", stage.account.user, ["definition": definition]))
        }
        #expect(try await test(definition(stage.origin.url, "/status/401")).contains("authentication failed"))
        let good = try await test(definition(stage.origin.url, "/hello", schema: ["type": "object"]))
        #expect(good.suffix(2) == ["endpoint one ok", "response_schema one ok"], "\(good)")
        let mismatch = try await test(definition(stage.origin.url, "/hello", schema: ["type": "array"]))
        #expect(mismatch.suffix(2) == ["endpoint one ok", "response_schema one failed"], "\(mismatch)")
        #expect(try await test(definition("http://127.0.0.1:1", "/hello")).first == "reachable failed")
        #expect(stage.origin.seen.last?.headers["x-api-key"] == ["plain-draft-key"])
        let list = try await stage.relay.send(.GET, "/v1/apis", stage.account.user)
        #expect(list.json["items"]?.array?.count == 1, "a draft is not kept")
        try await stage.end()
    }

    @Test("as an event stream each step comes when it ends")
    func events() async throws {
        let stage = try await Stage.make()
        let answer = try await TestClient.send(
            .POST, stage.relay.url + "/v1/apis/crm:test", token: stage.account.user,
            headers: ["accept": "text/event-stream", "content-type": "application/json"],
            body: .bytes(Array(#"{"arguments": {"never": {"nonsense": 1}}}"#.utf8)))
        #expect(answer.headers["content-type"] == ["text/event-stream"])
        #expect(answer.text.hasPrefix("event: step\ndata: {\"name\":\"reachable\""), "\(answer.text)")
        #expect(answer.text.contains("event: done\ndata: {\"ok\":"))
        let unknown = try await stage.relay.send(.POST, "/v1/apis/nothing:test", stage.account.user, [:])
        expectProblem(unknown, "UNKNOWN_API", 404)
        try await stage.end()
    }

    @Test("logs are filtered and paged, and the summary adds them up")
    func summary() async throws {
        let stage = try await Stage.make()
        for _ in 0..<7 { _ = try await stage.call("hello") }
        for _ in 0..<2 { _ = try await stage.call("status", ["code": 404]) }
        _ = try await stage.call("status", ["code": 500])
        let path = "/v1/apis/crm/summary"
        let summary = try await stage.relay.send(.GET, path, stage.account.user).json
        #expect(summary["calls"]?.int == 10)
        #expect(summary["success_rate"]?.double == 0.7)
        #expect(summary["errors"] == ["ENDPOINT_NOT_FOUND": 2, "UPSTREAM_ERROR": 1])
        #expect(summary["latency_ms"]?["p50"]?.double != nil)
        #expect(summary["endpoints"]?.array?.count == 2)
        let logs = "/v1/apis/crm/logs"
        func count(_ query: String) async throws -> Int? {
            try await stage.relay.send(.GET, logs + query, stage.account.user).json["items"]?.array?.count
        }
        #expect(try await count("?endpoint=hello") == 7)
        #expect(try await count("?status=404") == 2)
        #expect(try await count("?status=UPSTREAM_ERROR") == 1)
        #expect(try await count("?since=2999-01-01T00:00:00Z") == 0)
        #expect(try await count("?until=2999-01-01") == 10)
        let page = try await stage.relay.send(.GET, logs + "?limit=4", stage.account.user)
        let cursor = try #require(page.json["next_cursor"]?.string)
        #expect(try await count("?limit=100&cursor=\(cursor)") == 6)
        expectProblem(
            try await stage.relay.send(.GET, logs + "?since=yesterday", stage.account.user), "INVALID_REQUEST", 400)
        let shown = try await stage.relay.send(.GET, "/v1/apis/crm", stage.account.user).json
        #expect(shown["metadata"]?["total_calls"]?.int == 10)
        #expect(shown["metadata"]?["last_used_at"]?.string != nil)
        try await stage.end()
    }
}
