import Audit
import Failure
import Foundation
import NIOCore
import Registry
import Synchronization
import Testing
import Value

@testable import Pipeline

private func scratch() -> String {
    FileManager.default.temporaryDirectory.appending(path: "penstock-test-\(UUID()).db").path
}

/// The steps of one test, in words.
private struct Steps {
    var all: [TestStep] = []
    var isGood = false

    var words: [String] {
        all.map { [$0.name, $0.endpoint, $0.state.rawValue].compactMap { $0 }.joined(separator: " ") }
    }

    subscript(name: String) -> TestStep? { all.first { $0.name == name } }
}

@Suite("A connection test finds out what it can without a call", .timeLimit(.minutes(1)))
struct ConnectionTestTests {
    /// An API that a test may not call: nothing of it is GET.
    private static func postOnly(_ change: (inout JSONObject) -> Void = { _ in }) -> JSON {
        var definition = crm().object ?? [:]
        definition["endpoints"] = [
            ["name": "create", "method": "POST", "path": "/customers"],
            [
                "name": "change", "method": "PUT", "path": "/customers/{id}",
                "parameters": [
                    ["name": "id", "in": "path", "type": "string", "required": true]
                ],
            ],
        ]
        change(&definition)
        return .object(definition)
    }

    private func test(_ bench: Bench, _ plan: TestPlan = TestPlan(), _ context: CallContext? = nil) async throws
        -> Steps
    {
        let api = try #require(bench.directory.compiledIfReady(user: "usr_a", slug: "crm"))
        var steps: [TestStep] = []
        let isGood = try await bench.pipeline.test(api, plan, context ?? bench.context(kind: .user)) {
            steps.append($0)
        }
        return Steps(all: steps, isGood: isGood)
    }

    @Test("An API that is only written to is tested without a request to it")
    func postOnly() async throws {
        let depths = Mutex<[ProbeDepth]>([])
        let bench = try Bench(
            path: scratch(),
            probing: { _, depth in
                depths.withLock { $0.append(depth) }
                return .passed(ProbePassed(route: .tunnel(id: "tun_a", connector: "c", session: "1")))
            }
        ) { _ in answer(200, "{}") }
        try bench.define(Self.postOnly())
        let context = bench.context(kind: .user)
        try await bench.run {
            let steps = try await test(bench, TestPlan(), context)
            #expect(
                steps.words == [
                    "reachable ok", "tls skipped", "policy create ok", "endpoint create skipped", "policy change ok",
                    "endpoint change skipped", "authentication skipped",
                ])
            #expect(steps.isGood, "what could not be tried is no fault")
            #expect(steps["endpoint"]?.needs == .confirm)
        }
        #expect(bench.seen.all.isEmpty)
        #expect(depths.withLock { $0 } == [.connect, .policy], "one connection tells enough")
        let probes = bench.seen.probes
        #expect(probes.map(\.method) == ["POST", "PUT"])
        #expect(probes.map(\.target) == ["/api/v1/customers", "/api/v1/customers/1"])
        #expect(probes.allSatisfy { $0.headers.isEmpty && $0.sensitive.isEmpty })
        let records = try bench.records()
        #expect(records.count == 2 && records.allSatisfy { $0["kind"] == "attempt" && $0["action"] == "probe" })
        #expect(records.allSatisfy { $0["parent"]?.string == context.requestID && $0["session"] == "1" })
        #expect(records.compactMap { $0["request_id"]?.string } == probes.map(\.requestID))
        #expect(bench.pipeline.figures.outcomes.isEmpty, "a probe is no call")
    }

    @Test("What is called shows by itself that it is allowed; what a policy refuses is not called")
    func refused() async throws {
        let bench = try Bench(
            path: scratch(),
            probing: { request, _ in
                guard request.method == "POST" else {
                    throw CallFailure(.urlNotAllowed, stage: .connector, detail: "No rule allows this path.")
                }
                return .passed(ProbePassed(route: .tunnel(id: "tun_a", connector: "c", session: "1")))
            }
        ) { _ in answer(200, "{}") }
        try bench.define(crm())
        try await bench.run {
            var plan = TestPlan()
            plan.arguments["get_customer"] = ["customer_id": "c 1"]
            let steps = try await test(bench, plan)
            #expect(
                steps.words == [
                    "policy get_customer failed", "endpoint get_customer skipped", "reachable ok", "tls skipped",
                    "policy create ok", "endpoint create skipped", "authentication skipped",
                ])
            #expect(!steps.isGood && steps["policy"]?.detail == "No rule allows this path.")
            #expect(steps["policy"]?.code == .urlNotAllowed)
        }
        #expect(bench.seen.all.isEmpty)
        #expect(bench.seen.probes.first?.target == "/api/v1/customers/c%201", "the path is judged as it would be sent")
        #expect(bench.seen.probes.count == 2)
    }

    @Test("The API's own allowlist is asked before anything leaves")
    func allowlist() async throws {
        let bench = try Bench(path: scratch()) { _ in answer(200, "{}") }
        try bench.define(
            Self.postOnly { $0["security"] = ["url_allowlist": ["http://crm.corp.example:8080/api/v1/customers/1"]] })
        try await bench.run {
            let steps = try await test(bench)
            #expect(
                steps.words == [
                    "policy create failed", "endpoint create skipped", "reachable ok", "tls skipped",
                    "policy change ok", "endpoint change skipped", "authentication skipped",
                ])
            #expect(!steps.isGood)
        }
        #expect(bench.seen.probes.map(\.method) == ["PUT"])
    }

    @Test(
        "A way that is not open is named by where it ends, and ends the test",
        arguments: [
            (CallFailure(.connectionRefused, stage: .dns, detail: "d"), ["reachable failed"]),
            (CallFailure(.timeout, stage: .tcp, detail: "d"), ["reachable failed"]),
            (CallFailure(.tunnelOffline, stage: .tunnel, detail: "d"), ["reachable failed"]),
            (CallFailure(.urlNotAllowed, stage: .policy, detail: "d"), ["reachable failed"]),
            (CallFailure(.sslError, stage: .tls, detail: "d"), ["reachable ok", "tls failed"]),
            (CallFailure(.timeout, stage: .tls, detail: "d"), ["reachable ok", "tls failed"]),
        ])
    func closed(failure: CallFailure, expected: [String]) async throws {
        let bench = try Bench(path: scratch(), probing: { _, _ in throw failure }) { _ in answer(200, "{}") }
        try bench.define(Self.postOnly())
        try await bench.run {
            for _ in 0..<10 {
                let steps = try await test(bench)
                #expect(steps.words == expected && !steps.isGood)
                #expect(steps.all.last?.code == failure.code && steps.all.last?.detail == "d")
            }
        }
        #expect(bench.seen.probes.count == 10 && bench.seen.all.isEmpty)
        #expect(bench.pipeline.breaker(of: "api_crm") == "closed", "a probe says nothing to the circuit breaker")
    }

    @Test("A credential that is not stored is said by its fields, and nothing is sent that would need it")
    func credential() async throws {
        let bench = try Bench(path: scratch()) { _ in answer(200, "{}") }
        let without: JSON = ["type": "basic_auth", "config": ["username": "ada"]]
        var definition = crm(authentication: without).object ?? [:]
        definition["endpoints"] = [
            ["name": "list", "method": "GET", "path": "/customers"],
            ["name": "create", "method": "POST", "path": "/customers"],
            ["name": "health", "method": "GET", "path": "/health", "security": []],
        ]
        try bench.define(.object(definition))
        try await bench.run {
            let steps = try await test(bench)
            #expect(
                steps.words == [
                    "reachable ok", "tls skipped", "policy list ok", "authentication failed", "endpoint list skipped",
                    "policy create ok", "endpoint create skipped", "endpoint health ok",
                ], "\(steps.words)")
            let missing = try #require(steps["authentication"])
            #expect(missing.code == .credentialMissing && missing.needs == .credential)
            #expect(missing.missing.contains("password"), "\(missing)")
            #expect(steps["endpoint"]?.needs == .credential && !steps.isGood)
        }
        #expect(bench.seen.all.map(\.target) == ["/api/v1/health"])
    }

    @Test("A connector that is too old is not asked, and said to be")
    func tooOld() async throws {
        let bench = try Bench(path: scratch(), probing: { _, _ in .notUnderstood }) { _ in answer(200, "{}") }
        try bench.define(Self.postOnly())
        try await bench.run {
            let steps = try await test(bench)
            #expect(
                steps.words == [
                    "policy skipped", "endpoint create skipped", "endpoint change skipped", "reachable skipped",
                ])
            #expect(!steps.isGood, "nothing was learnt")
        }
        #expect(bench.seen.probes.count == 1)
        #expect(try bench.records().isEmpty, "nothing was sent")
    }

    @Test("With a connector that is too old, calls teach what they always did")
    func tooOldAndCalled() async throws {
        let bench = try Bench(path: scratch(), probing: { _, _ in .notUnderstood }) { _ in answer(200, "{}") }
        try bench.define(crm())
        try await bench.run {
            var plan = TestPlan()
            plan.arguments["get_customer"] = ["customer_id": "1"]
            let words = try await test(bench, plan).words
            #expect(
                words == [
                    "policy skipped", "reachable ok", "tls skipped", "authentication ok", "endpoint get_customer ok",
                    "endpoint create skipped",
                ], "\(words)")
        }
    }

    @Test("An argument that is missing is said by its name")
    func arguments() async throws {
        let bench = try Bench(path: scratch()) { _ in answer(200, "{}") }
        try bench.define(crm())
        try await bench.run {
            let steps = try await test(bench)
            #expect(
                steps.words.prefix(4) == [
                    "reachable ok", "tls skipped", "policy get_customer ok", "endpoint get_customer skipped",
                ])
            #expect(steps["endpoint"]?.needs == .arguments && steps["endpoint"]?.missing == ["customer_id"])
            #expect(steps.isGood)
        }
    }

    @Test("A probe takes a place among the calls in flight and nothing from the rates")
    func limits() async throws {
        let bench = try Bench(path: scratch()) { _ in answer(200, "{}") }
        try bench.define(
            Self.postOnly { $0["security"] = ["rate_limit": ["requests_per_minute": 1], "max_in_flight": 1] })
        let api = try #require(bench.directory.compiledIfReady(user: "usr_a", slug: "crm"))
        let context = bench.context(kind: .user)
        try await bench.run {
            for _ in 0..<3 { #expect(try await test(bench).isGood) }
            let places = try bench.pipeline.takePlaces(api, context)
            let full = try await test(bench)
            #expect(full.words == ["reachable failed"] && full.all.first?.code == .rateLimited, "\(full)")
            bench.pipeline.giveBack(places)
            #expect(try await test(bench).isGood)
        }
        #expect(bench.pipeline.callsInFlight == 0)
        #expect(bench.seen.probes.count == 8)
    }

    @Test("A probe of a URL with a secret in it does not hold the secret")
    func secretURL() async throws {
        let bench = try Bench(path: scratch()) { _ in answer(200, "{}") }
        try bench.define(
            Self.postOnly {
                $0["connection"] = ["base_url": "http://crm.corp.example:8080/catch/{secret}"]
                $0["authentication"] = ["type": "url_secret", "config": ["secret": "canary-7f3a"]]
            })
        try await bench.run {
            let steps = try await test(bench)
            #expect(steps.isGood)
        }
        #expect(bench.seen.probes.first?.target == "/catch/1/customers")
    }

    @Test("A host that takes connections and answers nothing ends the test with the first call")
    func silent() async throws {
        let bench = try Bench(path: scratch()) { _ in
            throw CallFailure(.timeout, stage: .origin, detail: "The API did not answer in time.", sent: true)
        }
        var definition = crm().object ?? [:]
        definition["endpoints"] = .array(
            (0..<3).map { ["name": .string("get_\($0)"), "method": "GET", "path": .string("/\($0)")] })
        try bench.define(.object(definition))
        try await bench.run {
            let steps = try await test(bench)
            #expect(steps.words == ["reachable ok", "tls skipped", "endpoint get_0 failed"])
        }
        #expect(bench.seen.all.count == 1)
    }
}
