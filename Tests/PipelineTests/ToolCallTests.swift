import Audit
import EgressPolicy
import Failure
import Foundation
import NIOCore
import NIOHTTP1
import Registry
import Testing
import Value

@testable import Pipeline

private func scratch() -> String {
    FileManager.default.temporaryDirectory.appending(path: "penstock-pipeline-\(UUID()).db").path
}

@Suite("Tool calls", .timeLimit(.minutes(10)))
struct ToolCallTests {
    @Test("a call is rendered, allowed, given its credential, sent, and recorded before it is answered")
    func whole() async throws {
        let bench = try Bench(path: scratch()) { _ in answer(200, #"{"id":"cust_1"}"#) }
        try bench.define(crm())
        try await bench.run {
            let result = try await bench.pipeline.callTool(
                "crm", "get_customer", arguments: ["customer_id": "a b?#", "limit": 3], bench.context())
            #expect(String(decoding: result.data, as: UTF8.self) == #"{"id":"cust_1"}"#)
            let request = try #require(bench.seen.all.first)
            #expect(request.method == "GET")
            #expect(request.origin.authority == "crm.corp.example:8080")
            #expect(request.target == "/api/v1/customers/a%20b%3F%23?limit=3")
            #expect(request.headers["x-api-key"] == ["canary-7f3a"])
            #expect(request.headers["accept-encoding"] == ["gzip"])
            #expect(request.sensitive == ["x-api-key"])
            let record = try #require(try bench.records().last)
            #expect(
                record["outcome"] == "OK" && record["upstream_status"] == 200 && record["endpoint"] == "get_customer")
            #expect(record["path"] == "/customers/{customer_id}")
            #expect(!record.text().contains("canary") && !record.text().contains("a b"))
        }
    }

    @Test(
        "what an upstream status stands for",
        arguments: [
            (401, ErrorCode.authenticationFailed), (403, .rateLimited), (404, .endpointNotFound),
            (405, .endpointNotFound), (410, .endpointNotFound), (429, .rateLimited), (302, .upstreamError),
            (400, .upstreamError), (500, .upstreamError), (503, .upstreamError),
        ])
    func statuses(status: Int, code: ErrorCode) async throws {
        let bench = try Bench(path: scratch()) { _ in
            answer(status, ["content-type": "text/plain", "retry-after": "7"], "no such\u{7} thing")
        }
        try bench.define(crm())
        try await bench.run {
            let failure = await #expect(throws: CallFailure.self) {
                try await bench.pipeline.callTool(
                    "crm", "get_customer", arguments: ["customer_id": "1"], bench.context())
            }
            #expect(failure?.code == code)
            #expect(failure?.upstreamStatus == status)
            #expect(failure?.sent == true)
            #expect(failure?.retryAfter == (code == .rateLimited || status == 503 ? 7 : nil))
            #expect(failure?.upstreamBody == "no such thing")
            let records = try bench.records()
            #expect(records.last?["outcome"] == .string(code.rawValue))
        }
    }

    @Test("every violation of the arguments is named by pointer, and no value is repeated")
    func violations() async throws {
        let bench = try Bench(path: scratch()) { _ in answer(200, "{}") }
        try bench.define(crm())
        try await bench.run {
            let failure = await #expect(throws: CallFailure.self) {
                try await bench.pipeline.callTool(
                    "crm", "get_customer", arguments: ["limit": "canary", "colour": "canary"], bench.context())
            }
            #expect(failure?.code == .invalidRequest)
            #expect(Set(failure?.violations.map(\.pointer) ?? []) == ["/customer_id", "/limit", "/colour"])
            #expect(failure?.violations.contains { $0.message.contains("canary") } == false)
            #expect(bench.seen.all.isEmpty)
        }
    }

    @Test(
        "S6: a path argument cannot change the path",
        arguments: ["..", ".", "%2e%2e", "a/b", "a\\b", "", "..%2fx", "a\r\nb"])
    func pathArguments(value: String) async throws {
        let bench = try Bench(path: scratch()) { _ in answer(200, "{}") }
        try bench.define(crm())
        try await bench.run {
            let failure = await #expect(throws: CallFailure.self) {
                try await bench.pipeline.callTool(
                    "crm", "get_customer", arguments: ["customer_id": .string(value)], bench.context())
            }
            #expect(failure?.code == .invalidRequest)
            #expect(bench.seen.all.isEmpty)
        }
    }

    @Test("S9: a credential that is missing or cannot be sent stops the call", arguments: [nil, "broken\r\nX-Evil: 1"])
    func missingCredential(key: String?) async throws {
        let bench = try Bench(path: scratch()) { _ in answer(200, "{}") }
        var config: JSONObject = JSONObject([("header_name", "X-API-Key")])
        if let key { config["key"] = .string(key) }
        do {
            try bench.define(crm(authentication: ["type": "api_key", "config": .object(config)]))
        } catch is DefinitionError {
            return
        }
        try await bench.run {
            let failure = await #expect(throws: CallFailure.self) {
                try await bench.pipeline.callTool(
                    "crm", "get_customer", arguments: ["customer_id": "1"], bench.context())
            }
            #expect(failure?.code == .credentialMissing)
            #expect(bench.seen.all.isEmpty)
        }
    }

    @Test("another user's API, an API outside the token's list and one that is not there look the same")
    func isolation() async throws {
        let bench = try Bench(path: scratch()) { _ in answer(200, "{}") }
        try bench.define(crm())
        try await bench.run {
            var failures: [CallFailure] = []
            for (context, slug) in [
                (bench.context(user: "usr_b"), "crm"), (bench.context(apis: ["other"]), "crm"),
                (bench.context(), "none"),
            ] {
                do throws(CallFailure) {
                    _ = try await bench.pipeline.callTool(slug, "get_customer", arguments: [:], context)
                } catch {
                    failures.append(error)
                }
            }
            #expect(failures.count == 3 && Set(failures).count == 1)
            #expect(failures.first?.code == .unknownAPI)
        }
    }

    @Test("S10: an answer over the limit is given up, streamed or whole")
    func tooLarge() async throws {
        var limits = Pipeline.Limits()
        limits.responseBytes = 1000
        let bench = try Bench(path: scratch(), limits: limits) { request in
            guard request.method == "GET" else { return answer(200, String(repeating: "x", count: 1001)) }
            return InboundResponse(
                status: 200, headers: [:], body: .streamed { ByteBuffer(repeating: 0, count: 300) }, route: .direct)
        }
        try bench.define(crm())
        try await bench.run {
            for (endpoint, arguments) in [("get_customer", ["customer_id": "1"] as JSON), ("create", ["body": [:]])] {
                let failure = await #expect(throws: CallFailure.self) {
                    try await bench.pipeline.callTool("crm", endpoint, arguments: arguments, bench.context())
                }
                #expect(failure?.code == .responseTooLarge)
            }
        }
    }

    @Test("a token's own limits count over all APIs, and another token is not held back by them")
    func tokenLimits() async throws {
        let bench = try Bench(path: scratch()) { _ in answer(200, "{}") }
        try bench.define(crm())
        try await bench.run {
            var limited = bench.context()
            limited.token.id = "tok_limited"
            limited.token.limits = CallLimits(perMinute: 2)
            for _ in 0..<2 {
                _ = try await bench.pipeline.callTool(
                    "crm", "get_customer", arguments: ["customer_id": "1"], limited)
            }
            let failure = await #expect(throws: CallFailure.self) {
                try await bench.pipeline.callTool("crm", "get_customer", arguments: ["customer_id": "1"], limited)
            }
            #expect(failure?.code == .rateLimited)
            #expect(failure?.stage == .policy)
            #expect(failure?.fields.contains { $0.name == "ratelimit" } == true)
            _ = try await bench.pipeline.callTool(
                "crm", "get_customer", arguments: ["customer_id": "1"], bench.context())
        }
    }

    @Test("data is JSON as it came, text as a string, anything else in base64")
    func data() async throws {
        var warnings: [String] = []
        func text(_ type: String?, _ body: String) -> String {
            let answer = CollectedAnswer(
                status: 200, headers: type.map { ["content-type": $0] } ?? [:], body: ByteBuffer(string: body),
                received: body.utf8.count, retryAfter: nil, route: .direct)
            return String(decoding: Judge.data(of: answer, warnings: &warnings).bytes, as: UTF8.self)
        }
        #expect(text("application/json", #"{"a": 1.50}"#) == #"{"a": 1.50}"#)
        #expect(text("application/vnd.api+json; charset=utf-8", "[1]") == "[1]")
        #expect(text("text/plain", "a\"b") == #""a\"b""#)
        #expect(text("image/png", "\u{1}2") == #"{"content_type":"image/png","base64":"ATI="}"#)
        #expect(warnings.isEmpty)
        #expect(text("application/json", "{oops") == #""{oops""#)
        #expect(warnings.count == 1)
    }
}
