import Drafts
import OpenAPI
import Registry
import Testing
import Value

@Suite struct SchemaTests {
    /// The schema as it is written for a parameter, with the draft.
    private func written(_ schema: String, version: String = "3.0.3", _ rest: String = "") throws -> (JSON, Draft) {
        let head = version.hasPrefix("2") ? "swagger: '2.0'\nhost: boats.example.com\n" + rest + "\npaths:\n" : nil
        let place =
            "{get: {responses: {'200': {schema: {type: object, properties: {p: \(schema)}}, "
            + "content: {application/json: {schema: {type: object, properties: {p: \(schema)}}}}}}}}"
        let draft = try importing(
            head.map { $0 + "  /a: \(place)\n" } ?? document("/a: \(place)", rest, version: version))
        _ = try draft.accepted()
        let response = try #require(draft.endpoints.first?["response_schema"])
        return (response.at("/properties/p") ?? .null, draft)
    }

    @Test(
        "I: nullable in its three spellings admits null",
        arguments: [
            ("3.0.3", "{type: string, nullable: true}"), ("2.0", "{type: string, x-nullable: true}"),
            ("3.1.0", "{type: [string, 'null']}"), ("3.0.3", "{type: string, nullable: true, enum: [a, b]}"),
            ("3.1.0", "{type: string, nullable: true}"),
        ])
    func nullable(_ row: (version: String, schema: String)) throws {
        let (schema, draft) = try written(row.schema, version: row.version)
        #expect(schema["type"] == ["string", "null"])
        #expect(schema["enum"].map { $0.array?.contains(.null) == true } ?? true)
        let endpoint = try #require(try draft.accepted().endpoints.first)
        #expect(endpoint.responseSchema?.mismatches(of: ["p": nil]).isEmpty == true)
        #expect(endpoint.responseSchema?.mismatches(of: ["p": 4]).count ?? 0 > 0)
    }

    @Test("I: nullable beside allOf and beside a reference admits null too")
    func nullableReference() throws {
        let rest = "components: {schemas: {Boat: {type: object}}}"
        for schema in [
            "{nullable: true, allOf: [{$ref: '#/components/schemas/Boat'}]}",
            "{$ref: '#/components/schemas/Boat', nullable: true}",
        ] {
            let (_, draft) = try written(schema, rest)
            let endpoint = try #require(try draft.accepted().endpoints.first)
            #expect(endpoint.responseSchema?.mismatches(of: ["p": nil]).isEmpty == true)
            #expect(endpoint.responseSchema?.mismatches(of: ["p": [:]]).isEmpty == true)
            #expect(endpoint.responseSchema?.mismatches(of: ["p": 4]).count ?? 0 > 0)
        }
    }

    @Test(
        "I: types that do not exist are read as what they were meant to be",
        arguments: [
            ("Integer", "integer"), ("int", "integer"), ("float", "number"), ("String", "string"), ("bool", "boolean"),
            ("list", "array"), ("dict", "object"), ("file", "string"),
        ])
    func types(_ row: (written: String, type: String)) throws {
        let (schema, draft) = try written("{type: \(row.written)}")
        #expect(schema["type"]?.string == row.type)
        #expect(draft.findings("type_repaired").count == 1)
        #expect(draft.operations[0].outcome == .importedWithChanges)
    }

    @Test(
        "I: faults of real documents are repaired, each with a finding",
        arguments: [
            ("{type: banana}", "{}", "type_repaired"), ("{type: ''}", "{}", ""),
            ("{type: integer, minimum: 1, exclusiveMinimum: true}", #"{"type": "integer", "exclusiveMinimum": 1}"#, ""),
            ("{type: integer, maximum: '9'}", #"{"type": "integer", "maximum": 9}"#, "schema_repaired"),
            ("{type: string, minLength: -1}", #"{"type": "string"}"#, "keyword_dropped"),
            ("{type: number, multipleOf: 0}", #"{"type": "number"}"#, "keyword_dropped"),
            ("{type: string, pattern: '('}", #"{"type": "string"}"#, "pattern_dropped"),
            ("{type: string, pattern: '/^a+$/i'}", #"{"type": "string", "pattern": "^a+$"}"#, "pattern_repaired"),
            ("{type: string, enum: [1, 2]}", #"{"type": "string", "enum": ["1", "2"]}"#, "enum_repaired"),
            ("{type: integer, enum: ['1', x]}", #"{"type": "integer", "enum": [1]}"#, "enum_repaired"),
            ("{type: integer, enum: [x]}", #"{"type": "integer"}"#, "enum_repaired"),
            ("{type: string, enum: []}", #"{"type": "string"}"#, "keyword_dropped"),
            ("{type: integer, default: '10'}", #"{"type": "integer", "default": 10}"#, "default_repaired"),
            ("{type: integer, default: ten}", #"{"type": "integer"}"#, "default_repaired"),
            (
                "{type: string, enum: [a, b], default: c}", #"{"type": "string", "enum": ["a", "b"]}"#,
                "default_repaired"
            ),
            ("{type: array, items: [{type: string}]}", #"{"type": "array", "prefixItems": [{"type": "string"}]}"#, ""),
            ("{type: object, required: true}", #"{"type": "object"}"#, "required_repaired"),
            (
                "{type: object, properties: {a: {type: string, required: true}}}",
                #"{"type": "object", "properties": {"a": {"type": "string"}}, "required": ["a"]}"#, "required_repaired"
            ), ("{allOf: {type: string}}", #"{"allOf": [{"type": "string"}]}"#, "schema_repaired"),
            ("{properties: [a]}", "{}", "keyword_dropped"), ("7", "true", "schema_repaired"),
            ("string", #"{"type": "string"}"#, "schema_repaired"),
            ("{additionalProperties: 'false'}", #"{"additionalProperties": false}"#, ""),
            ("{type: string, format: strange, x-other: 1}", #"{"type": "string", "format": "strange"}"#, ""),
            ("{type: string, banana: 1}", #"{"type": "string"}"#, "keyword_unknown"),
            ("{type: string, example: a}", #"{"type": "string", "examples": ["a"]}"#, ""),
            (
                "{type: string, description: 7, readOnly: 'true'}",
                #"{"type": "string", "description": "7", "readOnly": true}"#, ""
            ),
        ])
    func repairs(_ row: (written: String, read: String, code: String)) throws {
        let (schema, draft) = try written(row.written)
        #expect(schema == (try JSON.parse(row.read)))
        #expect(row.code.isEmpty ? draft.operations[0].outcome == .imported : draft.codes.contains(row.code))
    }

    @Test("I: a repair in a schema that several operations share is told once, at its place")
    func sharedRepairs() throws {
        let answer =
            "{responses: {'200': {content: {application/json: {schema: {$ref: '#/components/schemas/Boat'}}}}}}"
        let draft = try importing(
            document(
                "/a: {get: \(answer), put: \(answer)}\n/b: {get: \(answer)}",
                "components: {schemas: {Boat: {type: object, properties: {size: {type: Integer}}}}}"))
        #expect(draft.findings.filter { $0.code == "type_repaired" }.count == 1)
        #expect("\(draft.findings("type_repaired")[0].pointer)" == "/components/schemas/Boat/properties/size/type")
        #expect(draft.operations.map(\.outcome) == [.imported, .imported, .imported])
    }

    @Test("I: what is named like a keyword, and what stands in $defs of a schema, keeps its meaning")
    func names() throws {
        let (schema, draft) = try written(
            "{type: object, properties: {$ref: {type: string}, type: {type: integer}, required: {type: boolean}, properties: {type: object}}}"
        )
        #expect(draft.operations[0].outcome == .imported)
        #expect(schema["properties"]?.object?.keys == ["$ref", "type", "required", "properties"])
        let (inner, other) = try written(
            "{$ref: '#/paths/~1a/get/responses/200/content/application~1json/schema/properties/p/$defs/x', $defs: {x: {type: integer}}}",
            version: "3.1.0")
        #expect(inner["$ref"] != nil)
        #expect(try other.accepted().endpoints[0].responseSchema?.mismatches(of: ["p": "x"]).count == 1)
    }

    @Test("I: components whose names differ only in odd characters stay apart")
    func componentNames() throws {
        let answer = { (name: String) in
            "{responses: {'200': {content: {application/json: {schema: {$ref: '#/components/schemas/\(name)'}}}}}}"
        }
        let draft = try importing(
            document(
                "/a: {get: \(answer("A~1B"))}\n/b: {get: \(answer("A%20B"))}\n/c: {get: \(answer("A_B"))}",
                "components: {schemas: {A/B: {type: string}, A B: {type: integer}, A_B: {type: boolean}}}"))
        let api = try draft.accepted()
        #expect(api.endpoints.map { $0.responseSchema?.mismatches(of: "x").count } == [0, 1, 1])
        #expect(api.endpoints.map { $0.responseSchema?.mismatches(of: 1).count } == [1, 0, 1])
    }
}
