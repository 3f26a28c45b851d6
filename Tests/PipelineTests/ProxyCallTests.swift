import Audit
import Failure
import Foundation
import NIOCore
import NIOHTTP1
import Synchronization
import Testing
import Value

@testable import Pipeline

private func scratch() -> String {
    FileManager.default.temporaryDirectory.appending(path: "penstock-pipeline-\(UUID()).db").path
}

@Suite("Raw calls", .timeLimit(.minutes(10)))
struct ProxyCallTests {
    private func request(_ method: String, _ target: String, _ headers: HTTPHeaders = [:]) -> RawRequest {
        RawRequest(slug: "crm", method: method, target: target, headers: headers, body: .none)
    }

    @Test("S8: what frames, names or authenticates the request is the relay's to write")
    func headers() async throws {
        let bench = try Bench(path: scratch()) { _ in
            answer(200, ["content-type": "text/plain", "set-cookie": "a=b"], "ok")
        }
        try bench.define(crm())
        try await bench.run {
            let headers: HTTPHeaders = [
                "Host": "evil", "Authorization": "Bearer agent", "Cookie": "a=b", "X-Forwarded-For": "1.2.3.4",
                "Connection": "x-drop", "X-Drop": "1", "X-HTTP-Method-Override": "DELETE", "X-API-Key": "mine",
                "Penstock-Slash": "allow", "Prefer": "yes", "Content-Type": "text/plain",
            ]
            nonisolated(unsafe) var got: RawAnswer?
            try await bench.pipeline.proxy(request("GET", "/customers/1?x=%20", headers), bench.context()) { got = $0 }
            let sent = try #require(bench.seen.all.first)
            #expect(sent.target == "/api/v1/customers/1?x=%20")
            #expect(sent.headers["x-api-key"] == ["canary-7f3a"])
            #expect(sent.headers["prefer"] == ["yes"])
            for name in [
                "host", "authorization", "cookie", "x-forwarded-for", "x-drop", "x-http-method-override",
                "penstock-slash",
            ] {
                #expect(sent.headers[name].isEmpty, "\(name)")
            }
            #expect(got?.status == 200)
            #expect(got?.headers.contains(name: "set-cookie") == false)
            let records = try bench.records()
            #expect(records.last?["kind"] == "call")
        }
    }

    @Test(
        "T10: an ambiguous path is refused and nothing is sent",
        arguments: [
            "/customers//1", "/customers/./1", "/customers/../1", "/customers/%2e%2e", "/customers/a%2fb",
            "/customers/1#x", "/customers/%zz",
        ])
    func ambiguous(target: String) async throws {
        let bench = try Bench(path: scratch()) { _ in answer(200, "ok") }
        try bench.define(crm())
        try await bench.run {
            let failure = await #expect(throws: CallFailure.self) {
                try await bench.pipeline.proxy(request("GET", target), bench.context()) { _ in }
            }
            #expect(failure?.code == .invalidRequest)
            #expect(bench.seen.all.isEmpty)
        }
    }

    @Test("a method and path that no endpoint has is refused")
    func noEndpoint() async throws {
        let bench = try Bench(path: scratch()) { _ in answer(200, "ok") }
        try bench.define(crm())
        try await bench.run {
            for (method, target) in [("DELETE", "/customers/1"), ("GET", "/orders/1"), ("GET", "/customers/1/2")] {
                let failure = await #expect(throws: CallFailure.self) {
                    try await bench.pipeline.proxy(request(method, target), bench.context()) { _ in }
                }
                #expect(failure?.code == .endpointNotFound)
            }
            #expect(bench.seen.all.isEmpty)
        }
    }

    /// An API that answers with three pieces of five bytes.
    private func streaming(_ durability: AuditWriter.Durability) throws -> Bench {
        let left = Mutex(3)
        return try Bench(path: scratch(), durability: durability) { _ in
            InboundResponse(
                status: 200, headers: [:],
                body: .streamed {
                    left.withLock { left in
                        left -= 1
                        return left >= 0 ? ByteBuffer(string: "12345") : nil
                    }
                }, route: .direct)
        }
    }

    @Test("a streamed answer is recorded twice: its beginning before its head, and its end with the bytes")
    func streamed() async throws {
        let bench = try streaming(.strict)
        try bench.define(crm())
        try await bench.run {
            try await bench.pipeline.proxy(request("GET", "/customers/1"), bench.context()) { answer in
                let begun = try bench.records()
                #expect(begun.map { $0["kind"] } == ["begin"])
                guard case .streamed(let next) = answer.body else {
                    Issue.record("the body was not streamed")
                    return
                }
                while try await next() != nil {}
            }
            let records = try bench.records()
            #expect(records.map { $0["kind"] } == ["begin", "end"])
            #expect(records.last?["response_bytes"] == 15)
        }
    }

    @Test("relaxed: a streamed answer goes on while the record of its beginning waits, and both are written")
    func relaxed() async throws {
        let bench = try streaming(.relaxed)
        try bench.define(crm())
        let passed = Mutex(0)
        try await bench.run {
            try await bench.pipeline.proxy(request("GET", "/customers/1"), bench.context()) { answer in
                guard case .streamed(let next) = answer.body else { return }
                while let bytes = try await next() { passed.withLock { $0 += bytes.readableBytes } }
            }
        }
        #expect(passed.withLock { $0 } == 15)
        #expect(try bench.records().map { $0["kind"] } == ["begin", "end"])
    }

    @Test(
        "a raw 403 that is about a rate limit is counted as one, as a tool call's is, and says nothing of the credential",
        arguments: [false, true])
    func rateLimit(isStreamed: Bool) async throws {
        let bench = try Bench(path: scratch()) { request in
            var answer =
                switch request.target.split(separator: "/").last {
                case "after": answer(403, ["retry-after": "7"], "no")
                case "spent": answer(403, ["x-ratelimit-remaining": "0"], "no")
                case "text": answer(403, ["content-type": "text/plain"], "API rate limit exceeded for you.")
                default: answer(403, ["content-type": "text/plain"], "You may not see this.")
                }
            if isStreamed, case .whole(var bytes?) = answer.body {
                // In two pieces, so that the words are cut.
                let first = bytes.readSlice(length: min(6, bytes.readableBytes)) ?? ByteBuffer()
                let pieces = Mutex([first, bytes])
                answer.body = .streamed { pieces.withLock { $0.isEmpty ? nil : $0.removeFirst() } }
            }
            return answer
        }
        try bench.define(crm())
        try await bench.run {
            for (name, code) in [
                ("after", "RATE_LIMITED"), ("spent", "RATE_LIMITED"), ("text", "RATE_LIMITED"),
                ("plain", "AUTHENTICATION_FAILED"),
            ] {
                // As often as makes an API's credential one that is refused.
                for _ in 1...3 {
                    try await bench.pipeline.proxy(request("GET", "/customers/" + name), bench.context()) { answer in
                        #expect(answer.status == 403)
                        if case .streamed(let next) = answer.body { while try await next() != nil {} }
                    }
                }
                let record = try bench.records().last
                #expect(record?["outcome"]?.string == code && record?["stage"] == "origin", "\(name)")
                #expect(record?["kind"]?.string == (isStreamed ? "end" : "call"))
                let tool = await #expect(throws: CallFailure.self) {
                    try await bench.pipeline.callTool(
                        "crm", "get_customer", arguments: ["customer_id": .string(name)], bench.context())
                }
                #expect(tool?.code.rawValue == code, "\(name)")
                let isRefused = bench.pipeline.health.health(of: "api_crm")?.status == .authenticationFailing
                #expect(isRefused == (code == "AUTHENTICATION_FAILED"), "\(name)")
            }
        }
    }

    @Test(
        "the query cannot set the parameter of the API's credential, in any spelling",
        arguments: ["key=1", "a=b&k%65y=1"])
    func queryCredential(query: String) async throws {
        let bench = try Bench(path: scratch()) { _ in answer(200, "ok") }
        try bench.define(crm(authentication: ["type": "api_key", "config": ["query_name": "key", "key": "canary&7"]]))
        try await bench.run {
            let failure = await #expect(throws: CallFailure.self) {
                try await bench.pipeline.proxy(request("GET", "/customers/1?" + query), bench.context()) { _ in }
            }
            #expect(failure?.code == .invalidRequest)
            try await bench.pipeline.proxy(request("GET", "/customers/1?a=b"), bench.context()) { _ in }
            #expect(bench.seen.all.last?.target == "/api/v1/customers/1?a=b&key=canary%267")
        }
    }
}
