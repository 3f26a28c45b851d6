import Audit
import Failure
import Foundation
import NIOCore
import NIOHTTP1
import Testing
import Value

@testable import Pipeline
@testable import Registry

@Suite("What comes back", .timeLimit(.minutes(10)))
struct AnswerTests {
    private static func scratch() -> String {
        FileManager.default.temporaryDirectory.appending(path: "penstock-answer-\(UUID()).db").path
    }

    private func respond(_ status: Int, _ headers: HTTPHeaders, _ body: [UInt8]) -> InboundResponse {
        InboundResponse(status: status, headers: headers, body: .whole(ByteBuffer(bytes: body)), route: .direct)
    }

    private func definition(_ schema: JSON? = nil, headers: JSON? = nil) -> JSON {
        var endpoint: JSONObject = ["name": "one", "method": "GET", "path": "/one"]
        endpoint["response_schema"] = schema
        endpoint["response_headers"] = headers
        return [
            "name": "API", "slug": "api", "connection": ["base_url": "https://api.example.com:443/v1"],
            "authentication": ["type": "bearer_token", "config": ["token": "canary-7f3a-secret"]],
            "endpoints": [.object(endpoint)],
        ]
    }

    private func call(
        _ definition: JSON, _ status: Int = 200, _ headers: HTTPHeaders = [:], _ body: [UInt8]
    ) async throws -> ToolAnswer {
        let response = respond(status, headers, body)
        let bench = try Bench(path: Self.scratch()) { _ in response }
        try bench.define(definition)
        var result: ToolAnswer?
        try await bench.run {
            result = try await bench.pipeline.callTool("api", "one", arguments: [:], bench.context())
        }
        return try #require(result)
    }

    private func data(_ type: String, _ body: [UInt8], _ schema: JSON? = nil) async throws -> String {
        let answer = try await call(definition(schema), 200, ["content-type": type], body)
        return String(decoding: answer.data, as: UTF8.self)
    }

    @Test("Text answers are decoded by their charset")
    func charset() async throws {
        #expect(try await data("text/plain; charset=ISO-8859-1", [0x67, 0xFC, 0x6E]) == #""gün""#)
        #expect(try await data("text/csv;charset=\"windows-1251\"", [0xCF]) == #""П""#)
        #expect(try await data("application/json; charset=GBK", [0x22, 0xC4, 0xE3, 0x22]) == #""你""#)
        #expect(try await data("application/json", [0x5B, 0, 0x31, 0, 0x5D, 0]) == "[1]")
    }

    @Test("C5: what another charset hid is scrubbed once it is decoded")
    func hiddenByCharset() async throws {
        let secret = "canary-7f3a-secret"
        let wide = secret.utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xFF)] }
        #expect(try await data("text/plain; charset=utf-16be", wide) == #""[redacted]""#)
        let latin = Array("key: \(secret), ".utf8) + [0xE4]
        #expect(try await data("text/plain; charset=latin1", latin) == #""key: [redacted], ä""#)
    }

    @Test("JSON with a byte order mark, repeated keys or half of a surrogate pair is JSON")
    func repaired() async throws {
        #expect(try await data("application/json", [0xEF, 0xBB, 0xBF] + Array("{\"a\": 1}".utf8)) == #"{"a": 1}"#)
        #expect(try await data("application/json", Array(#"{"a":1,"b":2,"a":3}"#.utf8)) == #"{"a":3,"b":2}"#)
        #expect(try await data("application/json", Array(#"["\ud83d"]"#.utf8)) == "[\"\u{FFFD}\"]")
    }

    @Test(
        "Textual types are text where they are valid text",
        arguments: [
            "application/x-ndjson", "application/yaml", "application/x-yaml", "application/vnd.oai.openapi+yaml",
            "application/csv", "application/sql", "application/graphql", "application/toml", "application/xml",
            "image/svg+xml", "application/x-sh", "text/event-stream",
        ])
    func textual(type: String) async throws {
        #expect(try await data(type, Array("a: 1".utf8)) == #""a: 1""#)
        let broken = try await data("\(type); charset=utf-8", [0xFF, 0x41])
        #expect(broken == #"{"content_type":"\#(type); charset=utf-8","base64":"/0E="}"#)
    }

    @Test("JSON of Amazon's types is JSON, and what stays base64 keeps its whole content type")
    func types() async throws {
        #expect(try await data("application/x-amz-json-1.1", Array(#"{"a":1}"#.utf8)) == #"{"a":1}"#)
        #expect(
            try await data("application/pdf; version=1.7", [1])
                == #"{"content_type":"application/pdf; version=1.7","base64":"AQ=="}"#)
    }

    @Test("JSON labelled text/plain satisfies a JSON response_schema when it parses")
    func mislabelled() async throws {
        let schema: JSON = ["type": "object", "required": ["a"], "properties": ["a": ["type": "integer"]]]
        #expect(try await data("text/plain", Array(#"{"a": 1}"#.utf8), schema) == #"{"a": 1}"#)
        #expect(try await data("text/html; charset=utf-8", Array(#"{"a": 1}"#.utf8), schema) == #"{"a": 1}"#)
        // Where a string is asked for, a string it stays.
        #expect(try await data("text/plain", Array("17".utf8), ["type": "string"]) == #""17""#)
        #expect(try await data("text/plain", Array(#"{"a": 1}"#.utf8)) == #""{\"a\": 1}""#)
        let failure = await #expect(throws: CallFailure.self) {
            try await data("text/plain", Array("no".utf8), schema)
        }
        #expect(failure?.code == .schemaMismatch)
    }

    @Test("A tool's answer carries chosen response headers, with the base URL taken out")
    func headers() async throws {
        let answer = try await call(
            definition(headers: ["X-CSRF-Token", "Set-Cookie"]), 201,
            [
                "location": "https://API.example.com/v1/orders/7?x=1", "etag": "\"7\"",
                "link": "<https://api.example.com/v1/orders?page=2>; rel=\"next\", </v1/orders?page=9>; rel=last",
                "operation-location": "/v1/operations/3", "x-csrf-token": "t-1", "set-cookie": "a=1; Path=/",
                "x-internal": "no", "content-disposition": "attachment; filename=\"canary-7f3a-secret.txt\"",
            ], [])
        #expect(String(decoding: answer.data, as: UTF8.self) == "null")
        #expect(
            JSON.object(answer.headers) == [
                "location": "/orders/7?x=1", "etag": "\"7\"",
                "link": "</orders?page=2>; rel=\"next\", </orders?page=9>; rel=last",
                "operation-location": "/operations/3", "x-csrf-token": "t-1", "set-cookie": ["a=1; Path=/"],
                "content-disposition": "attachment; filename=\"[redacted].txt\"",
            ])
    }

    @Test(
        "Relative references stay usable, and other hosts' URLs as they are",
        arguments: [
            ("https://api.example.com/v1", "/"), ("https://api.example.com/v1/", "/"), ("7", "7"), ("../x", "../x"),
            ("/v1/a", "/a"), ("/v10/a", "/v10/a"), ("/other", "/other"), ("//api.example.com/v1/a", "/a"),
            ("http://api.example.com/v1/a", "/a"),
            ("http://api.example.com:8080/v1/a", "http://api.example.com:8080/v1/a"),
            ("https://api.example.com.evil.example/v1/a", "https://api.example.com.evil.example/v1/a"),
            ("https://other.example/v1/a", "https://other.example/v1/a"), ("?page=2", "?page=2"),
            ("https://api.example.com/v1?page=2", "/?page=2"), ("https://api.example.com", "/"), ("", ""),
        ])
    func references(written: String, shown: String) async throws {
        let answer = try await call(definition(), 200, ["location": written], [])
        #expect(answer.headers["location"]?.string == shown)
    }

    @Test("The bodies of 401, 403 and 429 reach the agent", arguments: [401, 403, 429])
    func bodies(status: Int) async throws {
        let failure = await #expect(throws: CallFailure.self) {
            try await call(
                definition(), status, ["content-type": "application/json"],
                Array(#"{"message":"seat is missing for canary-7f3a-secret"}"#.utf8))
        }
        #expect(failure?.upstreamBody == #"{"message":"seat is missing for [redacted]"}"#)
        #expect(failure?.code == (status == 429 ? .rateLimited : .authenticationFailed))
    }

    @Test("403 with Retry-After or a rate-limit text is not reported as a wrong credential only")
    func forbiddenRates() async throws {
        let cases: [(HTTPHeaders, String)] = [
            (["retry-after": "30"], "no"), ([:], #"{"message":"API rate limit exceeded for user"}"#),
            (["x-ratelimit-remaining": "0"], ""),
        ]
        for (headers, body) in cases {
            let failure = await #expect(throws: CallFailure.self) {
                try await call(definition(), 403, headers, Array(body.utf8))
            }
            #expect(failure?.code == .rateLimited && failure?.upstreamStatus == 403, "\(headers) \(body)")
            #expect(failure?.stage == .origin)
        }
    }
}
