import Failure
import Foundation
import NIOCore
import NIOHTTP1
import Registry
import Testing
import Value

@testable import Pipeline

@Suite("How arguments are written", .timeLimit(.minutes(10)))
struct WrittenArgumentTests {
    /// The request that a call of an endpoint makes.
    private func request(_ endpoint: JSONObject, _ arguments: JSON) async throws -> OutboundRequest {
        let path = FileManager.default.temporaryDirectory.appending(path: "penstock-written-\(UUID()).db").path
        let bench = try Bench(path: path) { _ in answer(200, "{}") }
        var definition = crm().object ?? [:]
        var whole: JSONObject = ["name": "e", "method": "POST", "path": "/e"]
        for (key, value) in endpoint { whole[key] = value }
        definition["endpoints"] = [.object(whole)]
        try bench.define(.object(definition))
        try await bench.run {
            _ = try await bench.pipeline.callTool("crm", "e", arguments: arguments, bench.context())
        }
        return try #require(bench.seen.all.first)
    }

    private func body(_ request: OutboundRequest) -> String {
        guard case .whole(let buffer) = request.body else { return "" }
        return String(buffer: buffer)
    }

    @Test("I: arguments of their own names reach the parameters that share one")
    func names() async throws {
        let request = try await request(
            [
                "method": "GET", "path": "/e/{id}",
                "parameters": [
                    ["name": "id", "in": "path", "type": "string"],
                    ["name": "id", "in": "query", "argument": "id_query", "type": "integer"],
                    ["name": "ID", "in": "header", "argument": "id_header", "type": "boolean"],
                ],
            ], ["id": "a", "id_query": 3, "id_header": true])
        #expect(request.target == "/api/v1/e/a?id=3")
        #expect(request.headers["id"] == ["true"])
    }

    @Test("I: parameters with a content type are sent as JSON, and deep objects with their brackets")
    func contents() async throws {
        let request = try await request(
            [
                "method": "GET",
                "parameters": [
                    ["name": "j", "in": "query", "content_type": "application/json", "schema": [:]],
                    ["name": "f", "in": "query", "style": "deepObject", "schema": ["type": "object"]],
                    ["name": "ids", "in": "query", "style": "deepObject", "schema": ["type": "array"]],
                ],
            ], ["j": ["a": [1]], "f": ["a": ["b": 1], "l": [1, 2], "o": [["x": 1], ["x": 2]]], "ids": ["u", "v"]])
        #expect(
            request.target == "/api/v1/e?j=%7B%22a%22%3A%5B1%5D%7D&f%5Ba%5D%5Bb%5D=1&f%5Bl%5D%5B%5D=1&f%5Bl%5D%5B%5D=2"
                + "&f%5Bo%5D%5B0%5D%5Bx%5D=1&f%5Bo%5D%5B1%5D%5Bx%5D=2&ids%5B%5D=u&ids%5B%5D=v")
    }

    @Test("a required member that can have one value only need not be given")
    func constants() async throws {
        let endpoint: JSONObject = [
            "request_body": [
                "type": "object", "required": ["query", "variables"],
                "properties": ["query": ["const": "query q { a }"], "variables": ["type": "object"]],
            ]
        ]
        let without = try await request(endpoint, ["variables": ["id": 1]])
        #expect(body(without) == #"{"query":"query q { a }","variables":{"id":1}}"#)
        let with = try await request(endpoint, ["query": "query q { a }", "variables": [:]])
        #expect(body(with) == #"{"query":"query q { a }","variables":{}}"#)
        await #expect(throws: CallFailure.self) {
            try await request(endpoint, ["query": "query other { b }", "variables": [:]])
        }
        await #expect(throws: CallFailure.self) { try await request(endpoint, ["query": "query q { a }"]) }
    }

    @Test("I: forms are written by field: deep, joined, or each element apart")
    func forms() async throws {
        let request = try await request(
            [
                "request_body": [
                    "type": "object", "content_type": "application/x-www-form-urlencoded",
                    "properties": ["meta": ["type": "object"], "ids": ["type": "array"], "tags": ["type": "array"]],
                    "encoding": ["meta": ["style": "deepObject"], "ids": ["explode": false]],
                ]
            ], ["meta": ["a": "x y"], "ids": [1, 2], "tags": ["p", "q"]])
        #expect(body(request) == "meta%5Ba%5D=x+y&ids=1%2C2&tags=p&tags=q")
    }

    @Test("I: files of a multipart form are sent as their bytes, with a name and a type")
    func files() async throws {
        let request = try await request(
            [
                "request_body": [
                    "type": "object", "content_type": "multipart/form-data",
                    "properties": [
                        "photo": ["type": "string", "contentEncoding": "base64"], "n": ["type": "integer"],
                    ],
                    "encoding": ["photo": ["base64": true, "content_type": "image/png"]],
                ]
            ], ["photo": "aGVsbG8=", "n": 3])
        let text = body(request)
        #expect(
            text.contains(
                "name=\"photo\"; filename=\"photo\"\r\nContent-Type: image/png\r\n\r\nhello\r\n"))
        #expect(text.contains("name=\"n\"\r\n\r\n3\r\n"))
        #expect(request.headers["content-type"].first?.hasPrefix("multipart/form-data; boundary=") == true)
    }

    @Test("I: an endpoint whose body is false sends none")
    func none() async throws {
        let request = try await request(["request_body": false], [:])
        #expect(body(request).isEmpty)
        #expect(request.headers["content-length"] == ["0"])
    }
}
