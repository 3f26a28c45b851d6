import NIOCore
import NIOHTTP1
import Synchronization
import Testing
import Value

@Suite("An API's limits hold, and calls are repeated only where that is harmless", .serialized, .timeLimit(.minutes(4)))
struct LimitTests {
    private static func isLimited(_ answer: Answer, sourceLocation: SourceLocation = #_sourceLocation) {
        expectProblem(answer, "RATE_LIMITED", 429, stage: "policy", sourceLocation: sourceLocation)
        let wait = answer.headers.first(name: "retry-after").flatMap { Int($0) } ?? 0
        #expect(wait > 0, "\(answer)", sourceLocation: sourceLocation)
        #expect(answer.json["retry_after_s"]?.int == wait, sourceLocation: sourceLocation)
        #expect(answer.json["sent"] == false && answer.json["retryable"] == true, sourceLocation: sourceLocation)
    }

    @Test("requests_per_minute and requests_per_day count tools and raw calls, and survive a restart")
    func rates() async throws {
        let scene = try await TwoRoutes.make(starts: false)
        let relay = scene.relay
        for (slug, limit, name) in [
            ("minute", "requests_per_minute", "\"minute\";q=3;w=60"),
            ("day", "requests_per_day", "\"day\";q=3;w=86400"),
        ] {
            try await scene.apply(.direct, slug, security: ["rate_limit": .object(JSONObject([(limit, 3)]))])
            let first = try await scene.call(slug)
            #expect(first.headers.first(name: "ratelimit-policy") == name, "\(first)")
            #expect(first.headers.first(name: "ratelimit")?.contains("r=2") == true, "\(first)")
            let raw = try await relay.proxy(.GET, slug, "/hello", token: scene.account.agent)
            #expect(raw.status == 200)
            #expect(raw.headers.first(name: "ratelimit")?.contains("r=1") == true, "\(raw)")
            #expect(try await scene.call(slug).status == 200)
            for _ in 0..<2 {
                Self.isLimited(try await scene.call(slug))
                Self.isLimited(try await relay.proxy(.GET, slug, "/hello", token: scene.account.agent))
            }
        }
        #expect(scene.origin.seen.count == 6)
        try await relay.stop()
        try await relay.start()
        for slug in ["minute", "day"] { Self.isLimited(try await scene.call(slug)) }
        // A crash gives no second quota either.
        try await relay.kill()
        try await relay.start()
        for slug in ["minute", "day"] { Self.isLimited(try await scene.call(slug)) }
        #expect(scene.origin.seen.count == 6)
        try await scene.end()
    }

    @Test("max_in_flight refuses what is more at once, and gives places back however calls end")
    func inFlight() async throws {
        let scene = try await TwoRoutes.make(starts: false)
        try await scene.apply(
            .direct, "few", endpoints: Definitions.standard + [Definitions.endpoint("gated", "GET", "/gated")],
            timeout: 60_000, security: ["max_in_flight": 2])
        for round in 0..<3 {
            async let tool = scene.call("few", "gated")
            let first = try await scene.origin.nextGate()
            async let raw = scene.relay.proxy(.GET, "few", "/gated", token: scene.account.agent)
            let second = try await scene.origin.nextGate()
            Self.isLimited(try await scene.call("few"))
            Self.isLimited(try await scene.relay.proxy(.GET, "few", "/hello", token: scene.account.agent))
            if round == 1 {
                for gate in [first, second] {
                    try await gate.head(200, ["content-type": "application/json"])
                    try await gate.send("{")
                    try await gate.hangUp()
                }
                expectProblem(try await tool, "CONNECTION_REFUSED", 502, stage: "origin")
                _ = try? await raw
            } else {
                for gate in [first, second] {
                    try await gate.head(200, ["content-type": "application/json"])
                    try await gate.send("{}")
                    try await gate.finish()
                }
                for answer in [try await tool, try await raw] { #expect(answer.status == 200, "\(answer)") }
            }
            #expect(try await scene.call("few").status == 200)
        }
        try await scene.end()
    }

    @Test(
        "max_in_flight gives its places back: four at once, many one after another, and a fifth once one has returned")
    func inFlightGivenBack() async throws {
        let scene = try await TwoRoutes.make(starts: false)
        try await scene.apply(
            .direct, "four", endpoints: Definitions.standard + [Definitions.endpoint("gated", "GET", "/gated")],
            timeout: 60_000, security: ["max_in_flight": 4])
        let agent = scene.account.agent
        for _ in 0..<20 {
            #expect(try await scene.call("four").status == 200)
            #expect(try await scene.relay.proxy(.GET, "four", "/hello", token: agent).status == 200)
        }
        for _ in 0..<3 {
            try await withThrowingTaskGroup(of: Answer.self) { group in
                var gates: [Gate] = []
                for index in 0..<4 {
                    group.addTask {
                        index % 2 == 0
                            ? try await scene.call("four", "gated")
                            : try await scene.relay.proxy(.GET, "four", "/gated", token: agent)
                    }
                    gates.append(try await scene.origin.nextGate())
                }
                Self.isLimited(try await scene.call("four"))
                Self.isLimited(try await scene.relay.proxy(.GET, "four", "/hello", token: agent))
                func finish(_ gate: Gate) async throws {
                    try await gate.head(200, ["content-type": "application/json"])
                    try await gate.send("{}")
                    try await gate.finish()
                }
                try await finish(gates.removeFirst())
                #expect(try await group.next()?.status == 200)
                // The relay gives the place back just behind the answer.
                try await eventually("a fifth call") { try await scene.call("four").status == 200 }
                for gate in gates { try await finish(gate) }
                for try await answer in group { #expect(answer.status == 200, "\(answer)") }
            }
        }
        try await scene.end()
    }

    @Test("a silent API of one user with many calls leaves the others their share of calls_in_flight")
    func shares() async throws {
        let scene = try await TwoRoutes.make(["limits": ["calls_in_flight": 20]])
        let bob = try await scene.relay.newAccount("bob")
        try await scene.apply(.tunnel, "silent", timeout: 60_000)
        try await scene.apply(.direct, "other", timeout: 60_000)
        try await scene.relay.apply(scene.definition(.direct, "bobs"), bob)
        try await withThrowingTaskGroup(of: Void.self) { group in
            for index in 0..<30 {
                group.addTask {
                    let slug = index < 20 ? "silent" : "other"
                    _ = try? await scene.call(slug, "never")
                }
            }
            try await eventually("alice's share is used up") {
                scene.origin.seen.count { $0.path == "/never" } == 10
            }
            for slug in ["silent", "other"] {
                expectProblem(try await scene.call(slug), "OVERLOADED", 503, stage: "relay")
                expectProblem(
                    try await scene.relay.proxy(.GET, slug, "/hello", token: scene.account.agent), "OVERLOADED", 503,
                    stage: "relay")
            }
            for _ in 0..<5 {
                #expect(try await scene.relay.call("bobs", "hello", token: bob.agent).status == 200)
            }
            group.cancelAll()
        }
        try await eventually("alice's calls are over") { try await scene.call("silent").status == 200 }
        try await scene.end()
    }

    @Test("The circuit breaker opens after repeated failures, says so in metadata, and closes again")
    func breaker() async throws {
        let port = try FreePort.next()
        let scene = try await TwoRoutes.make(starts: false)
        try await scene.apply(.direct, "broken", "https://localhost:\(port)")
        func state() async throws -> String? {
            try await scene.relay.send(.GET, "/v1/apis/broken", scene.account.user)
                .json["metadata"]?["circuit_breaker"]?.string
        }
        #expect(try await state() == "closed")
        for _ in 0..<5 {
            expectProblem(try await scene.call("broken"), "CONNECTION_REFUSED", 502, stage: "tcp")
        }
        #expect(try await state() == "open")
        let held = try await scene.call("broken")
        expectProblem(held, "OVERLOADED", 503, stage: "policy")
        #expect(held.json["title"] == "The API's circuit is open", "\(held)")
        #expect((held.headers.first(name: "retry-after").flatMap { Int($0) } ?? 0) > 0)
        let shown = try await scene.relay.send(.GET, "/v1/apis/broken", scene.account.user)
        #expect(shown.json["metadata"]?["status"] == "connection_failing", "\(shown)")
        let back = try await TestOrigin(tls: Certificates.shared.get(), port: port)
        try await eventually("the breaker lets a call through") { try await scene.call("broken").status == 200 }
        try await eventually("the breaker closes") {
            _ = try await scene.call("broken")
            return try await state() == "closed"
        }
        let healthy = try await scene.relay.send(.GET, "/v1/apis/broken", scene.account.user)
        #expect(healthy.json["metadata"]?["status"] == "active", "\(healthy)")
        // An API that answers, with whatever, is not broken.
        for _ in 0..<10 { _ = try await scene.call("broken", "status", ["code": 500]) }
        #expect(try await state() == "closed")
        try await scene.end()
        try await back.close()
    }

    @Test(
        "retry_attempts repeats what is idempotent and nothing that may have been processed",
        arguments: TestRoute.allCases)
    func retries(route: TestRoute) async throws {
        let scene = try await TwoRoutes.make(starts: route == .tunnel)
        let endpoints =
            [("GET", "get"), ("PUT", "put"), ("DELETE", "delete"), ("POST", "post"), ("PATCH", "patch")].map {
                Definitions.endpoint($0.1, $0.0, "/flaky")
            }
        /// Calls once; the first `failures` answers are `reply`.
        func call(_ endpoint: String, _ failures: Int, _ reply: TestOrigin.Reply) async throws -> (Answer, Int) {
            let left = Counter(failures)
            // Each its own breaker, which is not what this is about.
            let slug = "flaky\(scene.origin.seen.count)"
            try await scene.apply(
                route, slug, endpoints: endpoints, timeout: 30_000, connection: ["retry_attempts": 2])
            scene.origin.script("/flaky") { _ in left.take() ? reply : .json(["well": true]) }
            let before = scene.origin.seen.count
            let answer = try await scene.call(slug, endpoint)
            return (answer, scene.origin.seen.count - before)
        }
        let busy = TestOrigin.Reply.json([:], status: 503, headers: ["retry-after": "0"])
        for endpoint in ["get", "put", "delete"] {
            let (answer, sent) = try await call(endpoint, 2, busy)
            #expect(answer.status == 200 && sent == 3, "\(endpoint) \(sent) \(answer)")
            let (cut, again) = try await call(endpoint, 1, .hangUp)
            #expect(cut.status == 200 && again == 2, "\(endpoint) \(again) \(cut)")
        }
        let (tired, attempts) = try await call("get", 3, busy)
        expectProblem(tired, "UPSTREAM_ERROR", 502, stage: "origin", upstream: 503)
        #expect(attempts == 3)
        for endpoint in ["post", "patch"] {
            let (answer, sent) = try await call(endpoint, 1, busy)
            expectProblem(answer, "UPSTREAM_ERROR", 502, stage: "origin", upstream: 503)
            #expect(sent == 1)
            let (cut, again) = try await call(endpoint, 1, .hangUp)
            expectProblem(cut, "CONNECTION_REFUSED", 502, stage: "origin")
            #expect(again == 1 && cut.json["sent"] == true, "\(cut)")
        }
        // What would last beyond the deadline is not waited for.
        let (later, once) = try await call(
            "get", 1, .json([:], status: 503, headers: ["retry-after": "3600"]))
        expectProblem(later, "UPSTREAM_ERROR", 502, stage: "origin", upstream: 503)
        #expect(later.json["retry_after_s"] == 3600 && once == 1, "\(later)")
        // Where the attempts of one call open the breaker, the call still ends with what the API said.
        let slug = "persistent"
        try await scene.apply(route, slug, endpoints: endpoints, timeout: 30_000, connection: ["retry_attempts": 10])
        scene.origin.script("/flaky") { _ in busy }
        let insistent = try await scene.call(slug, "get")
        expectProblem(insistent, "UPSTREAM_ERROR", 502, stage: "origin", upstream: 503)
        #expect(insistent.json["sent"] == true, "\(insistent)")
        expectProblem(try await scene.call(slug, "get"), "OVERLOADED", 503, stage: "policy")
        // Nor what says that it is wrong.
        let (wrong, single) = try await call("get", 1, .json([:], status: 500))
        #expect(wrong.code == "UPSTREAM_ERROR" && single == 1, "\(wrong)")
        try await scene.end()
    }

    private final class Counter: Sendable {
        private let left: Mutex<Int>
        init(_ count: Int) { left = Mutex(count) }
        func take() -> Bool {
            left.withLock {
                $0 -= 1
                return $0 >= 0
            }
        }
    }
}
