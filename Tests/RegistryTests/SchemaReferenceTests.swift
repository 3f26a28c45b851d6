import Registry
import Testing
import Value

@Suite("Schemas of a definition")
struct SchemaReferenceTests {
    private static let customer: JSON = [
        "type": "object", "properties": ["id": ["type": "string"], "name": ["type": "string"]], "required": ["id"],
    ]

    private func response(
        _ schema: JSON, wrapped: Bool = false, defs: JSON? = nil
    ) throws -> CompiledEndpoint {
        var json = Definitions.edit(Definitions.direct, "/endpoints/0/response_schema", Self.customer)
        json = Definitions.edit(json, "/endpoints/1/response_schema", schema)
        if let defs { json = Definitions.edit(json, "/$defs", defs) }
        return try #require(
            Definitions.compile(wrapped ? ["custom_api": json] : json).endpoint(named: "search_customers"))
    }

    private func mismatches(_ endpoint: CompiledEndpoint, _ value: JSON) -> [String] {
        (endpoint.responseSchema?.mismatches(of: value) ?? []).map { "\($0.pointer) \($0.keyword)" }
    }

    @Test(
        "a reference leads anywhere inside the definition, with or without its wrapper",
        arguments: ["#/endpoints/0/response_schema", "#/custom_api/endpoints/0/response_schema"], [false, true])
    func reference(text: String, wrapped: Bool) throws {
        let endpoint = try response(["type": "array", "items": ["$ref": .string(text)]], wrapped: wrapped)
        #expect(mismatches(endpoint, [["id": "1"]]).isEmpty)
        #expect(mismatches(endpoint, [["id": 1]]) == ["/0/id type"])
        #expect(mismatches(endpoint, [[:]]) == ["/0 required"])
    }

    @Test("what agents are shown holds all that its references lead to")
    func selfContained() throws {
        let endpoint = try response(["type": "array", "items": ["$ref": "#/endpoints/0/response_schema"]])
        #expect(
            endpoint.selfContainedResponse == [
                "type": "array", "items": ["$ref": "#/$defs/endpoints_0_response_schema"],
                "$defs": ["endpoints_0_response_schema": Self.customer],
            ])
    }

    @Test("recursive schemas, percent-encoded pointers and parts of schemas are followed")
    func recursive() throws {
        let tree: JSON = [
            "type": "object",
            "properties": ["a b": ["type": "string"], "children": ["type": "array", "items": ["$ref": "#"]]],
        ]
        let endpoint = try response(tree)
        #expect(mismatches(endpoint, ["children": [["children": []]]]).isEmpty)
        #expect(mismatches(endpoint, ["children": [["children": [5]]]]) == ["/children/0/children/0 type"])
        let part = try response(["$ref": "#/$defs/T/properties/a%20b"], defs: ["T": tree])
        #expect(mismatches(part, 5) == [" type"])
    }

    @Test("a schema that was written for itself keeps its own definitions and anchors")
    func own() throws {
        let endpoint = try response([
            "$schema": "https://json-schema.org/draft/2020-12/schema", "$id": "https://example.com/x",
            "type": "object",
            "properties": ["a": ["$ref": "#/$defs/A"], "b": ["$ref": "#bee"]],
            "$defs": ["A": ["type": "string"], "B": ["$anchor": "bee", "type": "integer"]],
        ])
        #expect(mismatches(endpoint, ["a": "x", "b": 1]).isEmpty)
        #expect(Set(mismatches(endpoint, ["a": 1, "b": "x"])) == ["/a type", "/b type"])
    }

    @Test(
        "S13: a reference out of the definition is refused, and never followed",
        arguments: [
            "https://example.com/schema.json", "http://127.0.0.1/", "file:///etc/passwd", "other.json#/a", "//host/x",
            "#/endpoints/7/response_schema", "#/connection", "#/authentication/config/key", "#/endpoints/0/name",
            "#nowhere", "#/%zz",
        ])
    func nowhere(text: String) {
        let faults = Definitions.faults(
            "/endpoints/1/response_schema", ["type": "array", "items": ["$ref": .string(text)]])
        #expect(faults.map { "\($0.pointer)" } == ["/endpoints/1/response_schema/items/$ref"])
    }

    @Test("names of properties are no keywords, and values are no schemas")
    func names() throws {
        let endpoint = try response([
            "type": "object",
            "properties": ["$ref": ["type": "string"], "enum": ["type": "integer"], "$defs": ["type": "string"]],
            "default": ["$ref": "nowhere"], "examples": [["$ref": "nowhere"]],
        ])
        #expect(mismatches(endpoint, ["$ref": "x", "enum": 1, "$defs": "y"]).isEmpty)
        #expect(mismatches(endpoint, ["$ref": 1, "enum": "x"]).count == 2)
    }

    @Test("faults of schemas are told where the schema stands")
    func places() {
        var json = Definitions.edit(Definitions.direct, "/$defs", ["Bad": ["properties": ["x": ["minimum": "a"]]]])
        json = Definitions.edit(json, "/endpoints/0/response_schema", ["properties": ["y": ["type": "strin"]]])
        json = Definitions.edit(json, "/endpoints/1/request_body", ["type": "array", "items": ["type": 5]])
        let faults = Definitions.faults("/endpoints/0/parameters/1/schema/minimum", "z", in: json)
        #expect(
            Set(faults.map { "\($0.pointer)" }) == [
                "/$defs/Bad/properties/x/minimum", "/endpoints/0/response_schema/properties/y/type",
                "/endpoints/1/request_body/items/type", "/endpoints/0/parameters/1/schema/minimum",
            ])
    }

    @Test("the place of a fault has its line, wrapped or not")
    func lines() throws {
        let text = """
            {"custom_api": {"name": "x", "connection": {"base_url": "https://a.example"},
             "endpoints": [{"name": "a", "method": "GET", "path": "/",
              "response_schema": {"type": "object",
                "properties": {"b": {"type": "strin"}}}}]}}
            """
        let error = #expect(throws: DefinitionError.self) {
            try CustomAPIDefinition(JSON.parseDocument(text), context: Definitions.context)
        }
        let fault = try #require(error?.faults.first)
        #expect("\(fault.pointer)" == "/custom_api/endpoints/0/response_schema/properties/b/type")
        #expect(fault.position?.line == 4)
    }

    @Test("references that lead only to each other are a fault")
    func cycle() {
        let json = Definitions.edit(
            Definitions.direct, "/$defs", ["A": ["$ref": "#/$defs/B"], "B": ["$ref": "#/$defs/A"]])
        for place in ["/endpoints/1/request_body", "/endpoints/1/response_schema"] {
            #expect(!Definitions.faults(place, ["$ref": "#/$defs/A"], in: json).isEmpty)
        }
    }

    @Test("schemas that references multiply are bounded")
    func multiplied() {
        var schema: JSON = .object(
            ["properties": .object(JSONObject((0..<4000).map { ("p\($0)", ["type": "string"]) }))])
        for _ in 0..<100 { schema = ["items": schema] }
        let path = "#/endpoints/0/response_schema"
        let references = (1...100).map { JSON.object(["$ref": .string(path + String(repeating: "/items", count: $0))]) }
        let json = Definitions.edit(Definitions.direct, "/endpoints/0/response_schema", schema)
        let faults = Definitions.faults("/endpoints/1/response_schema", ["anyOf": .array(references)], in: json)
        #expect(faults.map(\.message).contains { $0.contains("too large") })
    }

    @Test("the short form of an answer is expanded")
    func short() throws {
        let endpoint = try response(["id": "string", "n": "integer"])
        #expect(endpoint.response?["properties"]?["n"] == ["type": "integer"])
        #expect(mismatches(endpoint, ["id": "x"]).isEmpty && mismatches(endpoint, ["n": "x"]) == ["/n type"])
    }

    @Test("approval and examples are kept")
    func approval() throws {
        var json = Definitions.edit(Definitions.direct, "/endpoints/0/approval", "required")
        json = Definitions.edit(json, "/endpoints/0/examples", [["arguments": ["customer_id": "1"]]])
        let api = try Definitions.compile(json)
        #expect(api.endpoints.map(\.needsApproval) == [true, false] && api.endpoints[0].examples?[0] != nil)
    }
}
