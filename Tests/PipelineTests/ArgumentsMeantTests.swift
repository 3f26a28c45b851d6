import Failure
import Foundation
import NIOCore
import NIOHTTP1
import Registry
import Testing
import Value

@testable import Pipeline

@Suite("Arguments that their authors meant", .timeLimit(.minutes(10)))
struct ArgumentsMeantTests {
    /// What a call of an endpoint sends, and what it warns of; or what it is refused for.
    private func call(
        _ endpoint: JSONObject, _ arguments: JSON, security: JSON = [:]
    ) async throws -> (request: OutboundRequest, warnings: [String]) {
        let path = FileManager.default.temporaryDirectory.appending(path: "penstock-meant-\(UUID()).db").path
        let bench = try Bench(path: path) { _ in answer(200, "{}") }
        var definition = crm().object ?? [:]
        var whole: JSONObject = ["name": "e", "method": "POST", "path": "/e"]
        for (key, value) in endpoint { whole[key] = value }
        definition["endpoints"] = [.object(whole)]
        definition["security"] = security
        try bench.define(.object(definition))
        var warnings: [String] = []
        try await bench.run {
            warnings = try await bench.pipeline.callTool("crm", "e", arguments: arguments, bench.context()).warnings
        }
        return (try #require(bench.seen.all.first), warnings)
    }

    private func refused(_ endpoint: JSONObject, _ arguments: JSON, security: JSON = [:]) async throws -> [String] {
        do {
            _ = try await call(endpoint, arguments, security: security)
            return []
        } catch let failure as CallFailure { return failure.violations.map(\.pointer) }
    }

    private func body(_ request: OutboundRequest) -> String {
        guard case .whole(let buffer) = request.body else { return "" }
        return String(buffer: buffer)
    }

    @Test("readOnly in parameters is ignored: an endpoint whose path parameter says so can be called")
    func readOnlyParameter() async throws {
        let endpoint: JSONObject = [
            "method": "GET", "path": "/e/{id}",
            "parameters": [
                ["name": "id", "in": "path", "schema": ["type": "string", "readOnly": true]],
                ["name": "q", "in": "query", "schema": ["$ref": "#/endpoints/0/response_schema/properties/q"]],
            ],
            "response_schema": ["properties": ["q": ["type": "string", "readOnly": true]]],
        ]
        let (request, warnings) = try await call(endpoint, ["id": "a", "q": "b"])
        #expect(request.target == "/api/v1/e/a?q=b")
        #expect(warnings == [])
        #expect(try await refused(endpoint, ["id": 1]) == ["/id"])
    }

    @Test("a readOnly property in a body passes as given, with a warning, and never counts as required")
    func readOnlyProperty() async throws {
        let endpoint: JSONObject = [
            "request_body": [
                "type": "object", "required": ["id", "name", "owner"],
                "properties": [
                    "id": ["type": "integer", "readOnly": true], "name": ["type": "string"],
                    "owner": [
                        "type": "object", "required": ["key"],
                        "properties": ["key": ["type": "string", "readOnly": true], "note": ["type": "string"]],
                    ],
                ],
            ]
        ]
        let bare = try await call(endpoint, ["name": "a", "owner": ["note": "x"]])
        #expect(body(bare.request) == #"{"name":"a","owner":{"note":"x"}}"# && bare.warnings == [])
        let whole = try await call(endpoint, ["id": 7, "name": "a", "owner": ["key": "k"]])
        #expect(body(whole.request) == #"{"id":7,"name":"a","owner":{"key":"k"}}"#)
        #expect(whole.warnings.count == 2)
        #expect(whole.warnings.contains { $0.contains("/owner/key") && $0.contains("read-only") })
        // What is passed is held against its schema all the same.
        #expect(try await refused(endpoint, ["id": "x", "name": "a", "owner": [:]]) == ["/id"])
    }

    @Test(
        "argument_formats governs the format keyword only; every other keyword stays strict",
        arguments: [
            ("date-time", "2021-01-17T12:34:00.000+0000"), ("time", "12:30"), ("hostname", "my_host.example"),
            ("uri", "/relative"), ("uuid", "{8e5a1c0e-6c0b-4b7e-9a39-0a3f1c2d4e5f}"),
        ])
    func formats(_ row: (format: String, value: String)) async throws {
        let endpoint: JSONObject = [
            "parameters": [
                [
                    "name": "p", "in": "query",
                    "schema": ["type": "string", "format": .string(row.format), "maxLength": 60],
                ]
            ],
            "request_body": [
                "type": "object", "properties": ["b": ["anyOf": [["type": "string", "format": .string(row.format)]]]],
            ],
        ]
        let arguments: JSON = ["p": .string(row.value), "b": .string(row.value)]
        #expect(try await refused(endpoint, arguments).sorted() == ["/b", "/p"])
        #expect(try await refused(endpoint, arguments, security: ["argument_formats": "strict"]).count == 2)
        let warned = try await call(endpoint, arguments, security: ["argument_formats": "warn"])
        #expect(warned.warnings.count == 2 && warned.warnings.allSatisfy { !$0.contains(row.value) })
        #expect(try await call(endpoint, arguments, security: ["argument_formats": "off"]).warnings == [])
        let long: JSON = ["p": .string(String(repeating: "x", count: 61))]
        for setting in ["warn", "off"] {
            #expect(try await refused(endpoint, long, security: ["argument_formats": .string(setting)]) == ["/p"])
            #expect(try await refused(endpoint, ["p": 1], security: ["argument_formats": .string(setting)]) == ["/p"])
        }
    }

    @Test("a default is sent where the definition was written by hand or says send_default: true")
    func defaults() async throws {
        let endpoint: JSONObject = [
            "method": "GET", "path": "/e/{v}",
            "parameters": [
                ["name": "v", "in": "path", "schema": ["type": "string", "default": "v2"]],
                ["name": "a", "in": "query", "schema": ["type": "integer", "default": 1]],
                ["name": "b", "in": "query", "schema": ["type": "integer", "default": 2], "send_default": false],
                ["name": "c", "in": "query", "schema": ["type": "integer", "default": 3], "send_default": true],
                [
                    "name": "d", "in": "query", "schema": ["type": "integer", "default": 4], "required": true,
                    "send_default": false,
                ],
                ["name": "e", "in": "query", "required": true, "schema": ["$ref": "#/endpoints/0/response_schema"]],
            ],
            "response_schema": ["default": 5],
        ]
        #expect(try await call(endpoint, [:]).request.target == "/api/v1/e/v2?a=1&c=3&d=4&e=5")
        #expect(
            try await call(endpoint, ["b": 9, "d": 8, "v": "x"]).request.target == "/api/v1/e/x?a=1&b=9&c=3&d=8&e=5")
    }

    @Test("a required parameter with a default is not required of callers")
    func requiredWithDefault() throws {
        var definition = crm().object ?? [:]
        definition["endpoints"] = [
            [
                "name": "e", "method": "GET", "path": "/e",
                "parameters": [
                    ["name": "a", "in": "query", "required": true, "type": "integer", "default": 1],
                    ["name": "b", "in": "query", "required": true, "type": "integer"],
                ],
            ]
        ]
        let context = DefinitionContext(user: "u", api: "a", tunnels: nil)
        let read = try CustomAPIDefinition(.object(definition), context: context)
        #expect(read.endpoints.first?.arguments["required"] == ["b"])
        #expect(read.endpoints.first?.parameters.map(\.isRequired) == [false, true])
    }

    @Test("null at the top level of the arguments is left out unless the schema takes null")
    func nulls() async throws {
        let endpoint: JSONObject = [
            "parameters": [
                ["name": "p", "in": "query", "type": "string"],
                ["name": "n", "in": "query", "schema": ["type": ["string", "null"]]],
                [
                    "name": "j", "in": "query", "content_type": "application/json",
                    "schema": ["type": ["object", "null"]],
                ],
            ],
            "request_body": [
                "type": "object", "required": ["r"],
                "properties": [
                    "a": ["type": "string"], "b": ["type": ["string", "null"]], "r": ["type": "integer"],
                    "o": ["type": "object", "properties": ["x": ["type": "string"]]],
                ],
            ],
        ]
        let sent = try await call(endpoint, ["p": nil, "n": nil, "j": nil, "a": nil, "b": nil, "r": 1]).request
        #expect(sent.target == "/api/v1/e?j=null")
        #expect(body(sent) == #"{"b":null,"r":1}"#)
        #expect(try await refused(endpoint, ["r": nil]) == ["/r"])
        #expect(try await refused(endpoint, ["r": 1, "o": ["x": nil]]) == ["/o/x"])
        #expect(try await refused(endpoint, ["r": 1, "unknown": nil]) == ["/unknown"])
    }

    @Test("Accept is what the endpoint says, else JSON rather than anything")
    func accept() async throws {
        let endpoint: JSONObject = ["accept": "application/vnd.boats.v2+json"]
        #expect(try await call(endpoint, [:]).request.headers["accept"] == ["application/vnd.boats.v2+json"])
        #expect(try await call([:], [:]).request.headers["accept"] == ["application/json, */*;q=0.5"])
    }

    @Test("a oneOf with a discriminator chooses by it")
    func discriminator() async throws {
        let kinds: JSON = [
            "cat": [
                "type": "object", "required": ["kind"], "properties": ["kind": [:], "lives": ["type": "integer"]],
            ],
            "dog": ["type": "object", "required": ["kind"], "properties": ["kind": [:], "name": ["type": "string"]]],
        ]
        let endpoint: JSONObject = [
            "request_body": [
                "oneOf": [
                    ["$ref": "#/endpoints/0/response_schema/properties/cat"],
                    ["$ref": "#/endpoints/0/response_schema/properties/dog"],
                ],
                "discriminator": [
                    "propertyName": "kind",
                    "mapping": ["feline": "#/endpoints/0/response_schema/properties/cat"],
                ],
            ],
            "response_schema": ["properties": kinds],
        ]
        // Both branches would match.
        #expect(try await refused(endpoint, ["body": ["kind": "feline"]]) == [])
        #expect(try await refused(endpoint, ["body": ["kind": "feline", "lives": "x"]]) == ["/body/lives"])
    }
}
