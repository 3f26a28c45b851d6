import Foundation
import NIOCore
import NIOHTTP1
import Synchronization
import Testing
import Value

@Suite("What the records and figures say of calls", .serialized, .timeLimit(.minutes(4)))
struct RecordTests {
    private static let endpoints =
        Definitions.standard + [
            Definitions.endpoint("flaky", "GET", "/flaky"), Definitions.endpoint("gated", "GET", "/gated"),
            Definitions.endpoint("stalled", "GET", "/stalled"),
        ]

    /// The lines of a connector's audit, once there are as many as calls that reached it.
    private static func lines(_ connector: TestConnector) throws -> [JSON] {
        try text(of: connector.auditFile).split(separator: "\n").map { try JSON.parse(String($0)) }
    }

    private static func reconcile(_ scene: TwoRoutes) async throws -> (
        end: ChildProcess.End, output: String, errors: String
    ) {
        try await scene.relay.command("audit", "reconcile", scene.connector.auditFile, "--tunnel", scene.tunnel.id)
    }

    @Test("audit reconcile agrees on honest data: retries, rotation overlap, token fetches, tests, timeouts, failures")
    func honest() async throws {
        let scene = try await TwoRoutes.make(starts: false)
        let (relay, agent, origin) = (scene.relay, scene.account.agent, scene.origin)
        func apply(_ slug: String, _ authentication: JSON? = nil, retries: Int = 0, timeout: Int = 10_000) async throws
        {
            try await scene.apply(
                .tunnel, slug, endpoints: Self.endpoints, authentication: authentication, timeout: timeout,
                connection: ["retry_attempts": .number(JSONNumber(retries))])
        }
        try await apply("plain", retries: 2)
        expectProblem(try await scene.call("plain"), "TUNNEL_OFFLINE", 503)
        try await scene.connector.start()

        // A retry: answered 503 twice, then well.
        let failures = Mutex(2)
        origin.script("/flaky") { _ in
            let fails = failures.withLock { left in
                defer { left -= 1 }
                return left > 0
            }
            return fails ? .json([:], status: 503, headers: ["retry-after": "0"]) : .json(["well": true])
        }
        let retried = try await scene.call("plain", "flaky")
        #expect(retried.status == 200, "\(retried)")
        // What fails, on both kinds of calls.
        for code in [404, 500, 429, 403] {
            _ = try await scene.call("plain", "status", ["code": .number(JSONNumber(code))])
            _ = try await relay.proxy(.GET, "plain", "/status/\(code)", token: agent)
        }
        expectProblem(try await scene.call("plain", "hello", ["unknown": 1]), "INVALID_REQUEST", 400)
        // A rotation's overlap: the API takes the one before still.
        origin.script("/hello") { seen in
            seen.headers.first(name: "x-api-key") == "new" ? .json([:], status: 401) : .json(["hello": "world"])
        }
        try await apply("keyed", Definitions.apiKey("old"))
        let rotated = try await relay.send(
            .POST, "/v1/apis/keyed/credentials:rotate", scene.account.user, ["key": "new"])
        #expect((200..<300).contains(rotated.status), "\(rotated)")
        let overlapping = try await scene.call("keyed")
        #expect(overlapping.status == 200, "\(overlapping)")
        let overlappingRaw = try await relay.proxy(.GET, "keyed", "/hello", token: agent)
        #expect(overlappingRaw.status == 200, "\(overlappingRaw)")
        // An access token by way of the tunnel, and a second one when the first is refused.
        let count = Mutex(0)
        origin.script("/token") { _ in
            let number = count.withLock { count in
                count += 1
                return count
            }
            return .json(["access_token": .string("token-number-\(number)"), "token_type": "Bearer", "expires_in": 600])
        }
        origin.script("/echo") { seen in
            seen.headers.first(name: "authorization") == "Bearer token-number-1" ? .json([:], status: 401) : .json([:])
        }
        try await apply(
            "oauth",
            [
                "type": "oauth2",
                "config": ["client_id": "c", "client_secret": "s", "token_url": .string(origin.url + "/token")],
            ])
        let fetched = try await scene.call("oauth", "echo")
        #expect(fetched.status == 200, "\(fetched)")
        // A timeout before the head, and one behind it.
        try await apply("slow", timeout: 300)
        expectProblem(try await scene.call("slow", "never"), "TIMEOUT", 504)
        origin.script("/stalled") { _ in
            .raw("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 10\r\n\r\nabc", close: false)
        }
        expectProblem(try await scene.call("slow", "stalled"), "TIMEOUT", 504)
        // What the connector refuses, and an origin that is not there.
        let port = try FreePort.next()
        for (slug, base) in [("denied", "http://127.0.0.1:\(port)"), ("gone", "http://127.0.0.1:\(scene.origin.port)")]
        {
            try await scene.apply(.tunnel, slug, base)
            expectProblem(try await scene.call(slug), "URL_NOT_ALLOWED", 403, stage: "connector")
        }
        // A test of several endpoints.
        try await scene.apply(
            .tunnel, "tested",
            endpoints: [
                Definitions.endpoint("hello", "GET", "/hello"), Definitions.endpoint("flaky", "GET", "/flaky"),
                Definitions.endpoint("nothing", "GET", "/nothing"),
            ])
        let tested = try await relay.send(.POST, "/v1/apis/tested:test", scene.account.user, [:])
        #expect(tested.status == 200, "\(tested)")
        let testID = try #require(tested.headers.first(name: "x-request-id"))
        try await scene.end()

        let agreed = try await Self.reconcile(scene)
        #expect(agreed.end == .exit(0), "\(agreed)")
        let lines = try Self.lines(scene.connector)
        let ids = lines.compactMap { $0["request_id"]?.string }
        #expect(ids.count == lines.count && Set(ids).count == ids.count, "each request has an id of its own")

        let records = try await relay.auditRecords()
        func attempts(_ call: Answer) -> [JSON] {
            records.filter { $0["kind"] == "attempt" && $0["parent"]?.string == call.requestID }
        }
        func record(_ call: Answer) -> JSON? {
            records.first { $0["kind"] == "call" && $0["request_id"]?.string == call.requestID }
        }
        #expect(attempts(retried).compactMap { $0["upstream_status"]?.int } == [503, 503, 200])
        #expect(record(retried)?["attempts"] == 3)
        #expect(attempts(overlapping).compactMap { $0["upstream_status"]?.int } == [401, 200])
        let overlappingID = overlappingRaw.headers.first(name: "x-request-id")
        #expect(records.count { $0["kind"] == "attempt" && $0["parent"]?.string == overlappingID } == 2)
        #expect(attempts(fetched).count { $0["action"] == "token.fetch" && $0["route"] == "tunnel" } == 2)
        #expect(attempts(fetched).count { $0["action"] == nil } == 2)
        // Both sides name the parent.
        for line in lines {
            guard let parent = line["parent"]?.string, let id = line["request_id"]?.string else { continue }
            #expect(records.contains { $0["request_id"]?.string == id && $0["parent"]?.string == parent }, "\(line)")
        }
        let tests = records.filter { $0["kind"] == "call" && $0["parent"]?.string == testID }
        #expect(tests.count > 1)
        #expect(Set(tests.compactMap { $0["request_id"]?.string }).count == tests.count)
        #expect(lines.contains { $0["parent"]?.string == testID })
        // Failed calls too have the route that was chosen, and the connector and session that were tried.
        for record in records where record["kind"] == "call" && record["api_id"] != nil {
            #expect(record["route"] == "tunnel" && record["tunnel_id"]?.string == scene.tunnel.id, "\(record)")
            let isBefore = ["TUNNEL_OFFLINE", "INVALID_REQUEST"].contains(record["outcome"]?.string)
            #expect((record["session"] == nil) == isBefore, "\(record)")
            #expect((record["connector"] == nil) == isBefore, "\(record)")
        }
    }

    @Test("raw calls with upstream 4xx and 5xx are counted as what they are in logs, summary and metrics")
    func rawOutcomes() async throws {
        let scene = try await TwoRoutes.make()
        let codes = [
            (200, "OK"), (304, "OK"), (401, "AUTHENTICATION_FAILED"), (403, "AUTHENTICATION_FAILED"),
            (404, "ENDPOINT_NOT_FOUND"), (410, "ENDPOINT_NOT_FOUND"), (429, "RATE_LIMITED"), (400, "UPSTREAM_ERROR"),
            (500, "UPSTREAM_ERROR"), (503, "UPSTREAM_ERROR"),
        ]
        for route in TestRoute.allCases {
            let slug = route.rawValue
            try await scene.apply(route, slug)
            for (code, _) in codes {
                let answer = try await scene.relay.proxy(.GET, slug, "/status/\(code)", token: scene.account.agent)
                #expect(answer.status == code, "\(answer)")
            }
            for (code, outcome) in codes {
                let logs = try await scene.relay.send(
                    .GET, "/v1/apis/\(slug)/logs?status=\(code)", scene.account.user)
                #expect(logs.json["items"]?.array?.map { $0["outcome"]?.string } == [outcome], "\(code) \(logs)")
            }
            let summary = try await scene.relay.send(.GET, "/v1/apis/\(slug)/summary", scene.account.user)
            #expect(summary.json["calls"] == 10 && summary.json["success_rate"] == 0.2, "\(summary)")
            #expect(summary.json["errors"]?["UPSTREAM_ERROR"] == 3, "\(summary)")
            #expect(summary.json["errors"]?["AUTHENTICATION_FAILED"] == 2, "\(summary)")
            let metrics = try await scene.relay.metrics()
            for line in [
                "penstock_calls_total{route=\"\(slug)\",outcome=\"OK\"} 2",
                "penstock_calls_total{route=\"\(slug)\",outcome=\"UPSTREAM_ERROR\"} 3",
                "penstock_calls_total{route=\"\(slug)\",outcome=\"RATE_LIMITED\"} 1",
            ] { #expect(metrics.contains(line + "\n"), "\(line)\n\(metrics)") }
        }
        try await scene.end()
    }

    @Test("a caller who leaves is CANCELLED, not TIMEOUT", arguments: TestRoute.allCases)
    func cancelled(route: TestRoute) async throws {
        let scene = try await TwoRoutes.make(starts: route == .tunnel)
        try await scene.apply(route, "api", endpoints: Self.endpoints, timeout: 120_000)
        let agent = scene.account.agent
        let requests = [
            "GET /v1/proxy/api/gated HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(agent)\r\n\r\n",
            "POST /v1/tools/api/gated HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer \(agent)\r\n"
                + "Content-Type: application/json\r\nContent-Length: 2\r\n\r\n{}",
        ]
        for request in requests {
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
                try await eventually("the origin's connection closes") { gate.isGone }
            }
        }
        try await eventually("all four are recorded") {
            let logs = try await scene.relay.send(.GET, "/v1/apis/api/logs", scene.account.user)
            return logs.json["items"]?.array?.count == 4
        }
        let logs = try await scene.relay.send(.GET, "/v1/apis/api/logs", scene.account.user)
        for item in logs.json["items"]?.array ?? [] {
            #expect(item["outcome"] == "CANCELLED" && item["route"]?.string == route.rawValue, "\(item)")
        }
        #expect(try await scene.relay.metrics().contains("outcome=\"CANCELLED\"} 4\n"))
        try await scene.end()
        if route == .tunnel {
            let agreed = try await Self.reconcile(scene)
            #expect(agreed.end == .exit(0), "\(agreed)")
        }
    }

    @Test("a missing user, tunnel or token has a title and a code of its own")
    func missing() async throws {
        let scene = try await TwoRoutes.make(starts: false)
        let (relay, user, boss) = (scene.relay, scene.account.user, scene.relay.operatorToken)
        try await scene.apply(.direct, "api")
        let cases: [(HTTPMethod, String, String, JSON?, String, String)] = [
            (.DELETE, "/v1/users/usr_none", boss, nil, "UNKNOWN_USER", "No such user"),
            (.POST, "/v1/tokens", boss, ["kind": "user", "user_id": "usr_none"], "UNKNOWN_USER", "No such user"),
            (.GET, "/v1/tunnels/tun_none", user, nil, "UNKNOWN_TUNNEL", "No such tunnel"),
            (.DELETE, "/v1/tunnels/tun_none", user, nil, "UNKNOWN_TUNNEL", "No such tunnel"),
            (.POST, "/v1/tunnels/tun_none/tokens", user, [:], "UNKNOWN_TUNNEL", "No such tunnel"),
            (.DELETE, "/v1/tokens/tok_none", user, nil, "UNKNOWN_TOKEN", "No such token"),
            (.DELETE, "/v1/apis/none", user, nil, "UNKNOWN_API", "No such API"),
        ]
        for (method, path, token, body, code, title) in cases {
            let answer = try await relay.send(method, path, token, body)
            expectProblem(answer, code, 404)
            #expect(answer.json["title"]?.string == title, "\(answer)")
        }
        try await scene.end()
    }
}
