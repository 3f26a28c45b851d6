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
        let stage = try await Stage.make(timeout: 5000, authentication: Definitions.apiKey("k"))
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

    @Test("what can be found out without a call is, on both routes, of an API that is only written to")
    func withoutCall() async throws {
        let zoo = try CertificateZoo.shared.get()
        let strange = try await TestOrigin(configuration: zoo.configuration(.otherName))
        let closed = try FreePort.next()
        let folder = try Scratch("roots")
        let roots = try folder.write("roots.pem", text(of: zoo.root) + text(of: Certificates.shared.get().root))
        let scene = try await TwoRoutes.make(
            egress: ["ca_file": .string(roots)],
            allow: [
                TestConnector.allow("https://localhost:\(closed)"), TestConnector.allow("https://gone.invalid"),
                ["origin": .string("https://localhost:\(strange.port)"), "tls": ["ca_file": .string(zoo.root)]],
            ])
        let writes = [
            Definitions.endpoint("echo", "POST", "/echo"),
            Definitions.endpoint("item", "DELETE", "/items/{id}", [Definitions.parameter("id", in: "path")]),
        ]
        func test(_ slug: String) async throws -> (steps: [String], isGood: Bool?, said: [String]) {
            let answer = try await scene.relay.send(.POST, "/v1/apis/\(slug):test", scene.account.user, [:])
            let said = (answer.json["steps"]?.array ?? []).compactMap { $0["detail"]?.string }
            return (states(answer), answer.json["ok"]?.bool, said)
        }
        for route in TestRoute.allCases {
            func apply(_ name: String, _ base: String? = nil) async throws -> String {
                let slug = "\(name)_\(route.rawValue)"
                try await scene.apply(route, slug, base, endpoints: writes, authentication: Definitions.apiKey("k"))
                return slug
            }
            let good = try await test(try await apply("good"))
            let policy = route == .tunnel ? ["policy echo ok"] : []
            let policyOfItem = route == .tunnel ? ["policy item ok"] : []
            #expect(
                good.steps == ["reachable ok", "tls ok"] + policy + ["endpoint echo skipped"] + policyOfItem
                    + ["endpoint item skipped", "authentication skipped"], "\(good)")
            #expect(good.isGood == true)
            let gone = try await test(try await apply("closed", "https://localhost:\(closed)"))
            #expect(gone.steps == ["reachable failed"] && gone.isGood == false, "\(gone)")
            let name = try await test(try await apply("name", "https://gone.invalid"))
            #expect(name.steps == ["reachable failed"] && name.said.first?.contains("resolved") == true, "\(name)")
            let wrong = try await test(try await apply("wrong", "https://localhost:\(strange.port)"))
            #expect(wrong.steps == ["reachable ok", "tls failed"] && wrong.isGood == false, "\(wrong)")
        }
        let denied = "denied_tunnel"
        try await scene.apply(.tunnel, denied, "https://127.0.0.1:\(closed)", endpoints: writes)
        let refused = try await test(denied)
        #expect(
            refused.steps == [
                "policy echo failed", "endpoint echo skipped", "policy item failed", "endpoint item skipped",
                "reachable skipped",
            ] && refused.isGood == false, "\(refused)")
        #expect(refused.said.first?.hasSuffix("No rule of the connector allows this origin.") == true, "\(refused)")
        #expect(scene.origin.seen.isEmpty && strange.seen.isEmpty, "no API has seen a request")
        #expect(scene.origin.opened == 2, "one connection on each route")
        try await scene.end()
        try await strange.close()
        withExtendedLifetime(folder) {}
        let agreed = try await scene.relay.command(
            "audit", "reconcile", scene.connector.auditFile, "--tunnel", scene.tunnel.id)
        #expect(agreed.end == .exit(0), "\(agreed)")
        let probes = try await scene.relay.auditRecords().filter { $0["action"] == "probe" }
        #expect(probes.count { $0["route"] == "direct" } == 4 && probes.count { $0["route"] == "tunnel" } > 4)
    }

    @Test(
        "a credential that is not stored is named with the command that stores it, without a call",
        arguments: TestRoute.allCases)
    func credential(route: TestRoute) async throws {
        let scene = try await TwoRoutes.make()
        try await scene.apply(
            route, "keyless", authentication: ["type": "api_key", "config": ["header_name": "X-API-Key"]])
        let shown = try await scene.relay.penstock(["apis", "test", "keyless"], token: scene.account.user)
        #expect(shown.end == .exit(1), "\(shown)")
        #expect(shown.output.contains("reachable") && shown.output.contains("tls: The certificate was accepted."))
        #expect(shown.output.contains("penstock credentials set keyless --from-file key=FILE"), "\(shown)")
        #expect(shown.output.contains(#"--arguments 'item={"id":"value"}'"#), "\(shown)")
        #expect(scene.origin.seen.isEmpty)
        let key = try scene.relay.folder.write("key", "k")
        let stored = try await scene.relay.penstock(
            ["credentials", "set", "keyless", "--from-file", "key=\(key)"], token: scene.account.user)
        #expect(stored.end == .exit(0), "the command is one that can be typed: \(stored)")
        try await scene.end()
    }

    @Test("a connector that knows no probes is never sent one")
    func older() async throws {
        try await TunnelScene.with { scene in
            let tunnel = try await scene.relay.newTunnel(scene.account, "older")
            try await scene.relay.apply(
                Definitions.api(
                    "older", "http://127.0.0.1:\(scene.origin.port)", tunnel: tunnel.id,
                    endpoints: [Definitions.endpoint("echo", "POST", "/echo")]), scene.account)
            let wire = try await scene.agent()
            try await wire.write(
                "GET /v1/tunnel HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(tunnel.token)\r\n"
                    + "Connection: Upgrade\r\nUpgrade: ptth\r\nALPN: h2\r\nPenstock-Instance: older\r\n"
                    + "Penstock-Epoch: 1\r\nPenstock-Version: 0.0.9\r\n\r\n")
            #expect(try await wire.head().hasPrefix("HTTP/1.1 101"))
            _ = try await wire.bytes(TunnelFrame.preface.count)
            try await wire.write(TunnelFrame.settings)
            for _ in 0..<3 {
                let answer = try await scene.relay.send(.POST, "/v1/apis/older:test", scene.account.user, [:])
                #expect(
                    states(answer) == ["policy skipped", "endpoint echo skipped", "reachable skipped"], "\(answer)")
            }
            let session = try await scene.relay.send(.GET, "/v1/tunnels/\(tunnel.id)", scene.account.user)
            #expect(session.json["sessions"]?.array?.compactMap { $0["streams"]?.int } == [0], "\(session)")
            await wire.close()
        }
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
