import Drafts
import OpenAPI
import Registry
import Testing
import Value

@Suite("Documents' arguments, as their authors meant them")
struct ArgumentsMeantTests {
    private func imported(_ paths: String, _ rest: String = "") throws -> (CompiledEndpoint, Draft, CompiledAPI) {
        let draft = try importing(document(paths, rest))
        let api = try draft.accepted()
        return (try #require(api.endpoints.first), draft, api)
    }

    /// An endpoint that takes a body of this schema.
    private func taking(_ schema: String, _ schemas: String = "", required: String = "required: true, ") throws -> (
        CompiledEndpoint, Draft
    ) {
        let (endpoint, draft, _) = try imported(
            "/a: {post: {operationId: a, requestBody: {\(required)content: {application/json: {schema: \(schema)}}}}}",
            schemas.isEmpty ? "" : "components:\n  schemas:\n" + schemas)
        return (endpoint, draft)
    }

    private func refuses(_ endpoint: CompiledEndpoint, _ arguments: JSON) -> [String] {
        endpoint.argumentSchema.judge(arguments, formats: .warn).mismatches.map { "\($0.pointer) \($0.keyword)" }
    }

    @Test(
        "imported definitions warn of formats, and documents' defaults are not sent unless they are the importer's own")
    func marks() throws {
        let (endpoint, draft, api) = try imported(
            """
            /a?action=list:
              get:
                operationId: a
                parameters:
                  - {name: limit, in: query, schema: {type: integer, default: 20}}
                  - {name: kind, in: query, required: true, schema: {type: string, default: x}}
                  - {name: plain, in: query, schema: {type: string}}
            """)
        #expect(draft.definition["security"]?["argument_formats"] == "warn")
        #expect(api.argumentFormats == .warn)
        let written = try #require(draft.endpoints.first)
        #expect(written.parameter("limit")?["send_default"] == false)
        #expect(written.parameter("action")?["send_default"] == true)
        #expect(written.parameter("kind")?["send_default"] == nil && written.parameter("plain")?["send_default"] == nil)
        let sent = Dictionary(uniqueKeysWithValues: endpoint.parameters.map { ($0.name, $0.sentDefault) })
        #expect(sent == ["limit": nil, "kind": "x", "plain": nil, "action": "list"])
    }

    @Test("undeclared properties of an open object are allowed as the document says, and of a closed one refused")
    func open() throws {
        let (open, _) = try taking("{type: object, properties: {a: {type: string}}}")
        #expect(open.body == .properties(["a"], isOpen: true))
        #expect(refuses(open, ["a": "x", "other": 1]) == [])
        let (shared, draft) = try taking(
            "{$ref: '#/components/schemas/Boat'}", "    Boat: {type: object, properties: {a: {type: string}}}")
        #expect(shared.body == .properties(["a"], isOpen: true))
        #expect(draft.endpoints.first?["request_body"] == ["$ref": "#/$defs/Boat"])
        let (closed, _) = try taking("{type: object, properties: {a: {type: string}}, additionalProperties: false}")
        #expect(refuses(closed, ["other": 1]) == ["/other additionalProperties"])
        let (typed, _) = try taking("{type: object, properties: {a: {}}, additionalProperties: {type: integer}}")
        #expect(refuses(typed, ["other": 1]) == [] && refuses(typed, ["other": "x"]) == ["/other type"])
    }

    @Test("allOf of closed objects is read as one closed object, and a finding says so")
    func closed() throws {
        let schemas = """
                Base: {type: object, required: [id], properties: {id: {type: string}}, additionalProperties: false}
                Boat: {allOf: [{$ref: '#/components/schemas/Base'}, {$ref: '#/components/schemas/Named'}]}
                Named: {type: object, required: [name], properties: {name: {type: string}}, additionalProperties: false}
            """
        let (endpoint, draft) = try taking("{$ref: '#/components/schemas/Boat'}", schemas)
        #expect(draft.findings("closed_merged").count == 1)
        #expect(endpoint.body == .properties(["id", "name"], isOpen: false))
        #expect(refuses(endpoint, ["id": "a", "name": "b"]) == [])
        #expect(refuses(endpoint, ["id": "a", "name": "b", "x": 1]) == ["/x additionalProperties"])
    }

    @Test(
        "other combinations of closed objects that nothing satisfies are opened",
        arguments: [
            "{type: object, properties: {a: {type: string}}, required: [a], additionalProperties: false, "
                + "oneOf: [{required: [b], properties: {b: {type: integer}}}, {required: [c], properties: {c: {type: integer}}}]}",
            "{type: object, properties: {a: {type: string}}, required: [a], anyOf: [{type: object, required: [b], "
                + "properties: {b: {type: integer}}, additionalProperties: false}]}",
            "{allOf: [{type: object, minProperties: 1, properties: {a: {type: string}}, required: [a]}, {type: object, "
                + "additionalProperties: false, properties: {b: {type: integer}}, required: [b]}]}",
        ])
    func opened(_ schema: String) throws {
        let (endpoint, draft) = try taking("{type: object, properties: {v: \(schema)}}")
        #expect(draft.findings("closed_merged").count == 1)
        #expect(refuses(endpoint, ["v": ["a": "x", "b": 1]]) == [])
        #expect(refuses(endpoint, ["v": ["a": "x", "b": "y"]]) != [])
        #expect(refuses(endpoint, ["v": ["a": "x", "b": 1, "other": 1]]) != [])
    }

    @Test(
        "schemas that no value satisfies are repaired with a finding",
        arguments: [
            (
                "{type: object, additionalProperties: false, required: [x], properties: {a: {}}}", #"{"x": 1}"#,
                "property_undeclared"
            ),
            ("{type: string, minLength: 9, maxLength: 3}", #""abcd""#, "bounds_repaired"),
            ("{allOf: [{type: string}, {type: integer}]}", "3", "schema_unsatisfiable"),
        ])
    func unsatisfiable(_ row: (schema: String, value: String, code: String)) throws {
        let (endpoint, draft) = try taking("{type: object, properties: {v: \(row.schema)}}")
        #expect(draft.findings(row.code).count == 1)
        #expect(refuses(endpoint, ["v": try JSON.parse(row.value)]) == [])
    }

    @Test("an endpoint for which no arguments can be made is reported")
    func impossible() throws {
        let (_, draft) = try taking(
            "{type: object, required: [v], properties: {v: {type: string, enum: [aa], pattern: '^b'}}}")
        #expect(draft.findings("arguments_not_found").count == 1)
        let (_, sound) = try taking(
            "{type: object, required: [v], properties: {v: {type: string, enum: [aa], pattern: '^a'}}}")
        #expect(sound.findings("arguments_not_found").isEmpty)
    }

    @Test("a oneOf whose branches overlap is read as anyOf for arguments, with a finding, and not for answers")
    func overlap() throws {
        let schema =
            "{oneOf: [{type: object, properties: {a: {type: string}}}, {type: object, properties: {b: {type: string}}}]}"
        let draft = try importing(
            document(
                """
                /a:
                  post:
                    operationId: a
                    requestBody: {required: true, content: {application/json: {schema: {$ref: '#/components/schemas/V'}}}}
                    responses: {'200': {content: {application/json: {schema: {$ref: '#/components/schemas/V'}}}}}
                """, "components: {schemas: {V: \(schema)}}"))
        let endpoint = try #require(try draft.accepted().endpoints.first)
        #expect(draft.findings("one_of_overlaps").count == 1)
        #expect(refuses(endpoint, ["body": ["a": "x", "b": "y"]]) == [])
        #expect(refuses(endpoint, ["body": ["a": 1, "b": 2]]) != [])
        #expect(endpoint.responseSchema?.mismatches(of: ["a": "x", "b": "y"]).map(\.keyword) == ["oneOf"])
    }

    @Test(
        "a oneOf whose branches cannot overlap stays as it is",
        arguments: [
            "{oneOf: [{type: string}, {type: integer}]}",
            "{oneOf: [{type: string, enum: [a]}, {type: string, enum: [b]}]}",
            "{oneOf: [{type: object, required: [k], properties: {k: {enum: [a]}}}, {type: object, required: [k], properties: {k: {enum: [b]}}}]}",
        ])
    func apart(_ schema: String) throws {
        let (_, draft) = try taking("{type: object, properties: {v: \(schema)}}")
        #expect(draft.findings("one_of_overlaps").isEmpty)
    }

    @Test(
        "a oneOf with a discriminator chooses by it, by names, by its mapping and by what the branches say themselves")
    func discriminator() throws {
        let (endpoint, _) = try taking(
            "{type: object, properties: {v: {oneOf: [{$ref: '#/components/schemas/Cat'}, {$ref: '#/components/schemas/Dog'}], "
                + "discriminator: {propertyName: kind, mapping: {feline: '#/components/schemas/Cat', hound: Dog}}}}}",
            """
                Cat: {type: object, required: [kind], properties: {kind: {type: string}, lives: {type: integer}}}
                Dog: {type: object, required: [kind], properties: {kind: {type: string}, lives: {type: string}}}
            """)
        for kind in ["feline", "Cat"] {
            #expect(refuses(endpoint, ["v": ["kind": .string(kind), "lives": 9]]) == [])
            #expect(refuses(endpoint, ["v": ["kind": .string(kind), "lives": "x"]]) == ["/v/lives type"])
        }
        #expect(refuses(endpoint, ["v": ["kind": "hound", "lives": "x"]]) == [])
        #expect(refuses(endpoint, ["v": ["kind": "other", "lives": "x"]]) == [])
        #expect(refuses(endpoint, ["v": ["kind": "other", "lives": true]]) == ["/v/kind discriminator"])
    }

    @Test("each discriminator's subtypes are shown")
    func subtypes() throws {
        let (endpoint, _) = try taking(
            "{type: object, properties: {v: {$ref: '#/components/schemas/Pet'}}}",
            """
                Pet: {type: object, required: [kind], properties: {kind: {type: string}}, discriminator: {propertyName: kind}}
                Cat: {allOf: [{$ref: '#/components/schemas/Pet'}, {type: object, properties: {lives: {type: integer}}}]}
            """)
        #expect(endpoint.selfContainedArguments["$defs"]?["Pet"]?["discriminator"]?["mapping"]?["Cat"] == "#/$defs/Cat")
        #expect(endpoint.selfContainedArguments["$defs"]?["Cat"] != nil)
    }

    @Test("a requestBody without required whose schema has required properties is required, with a finding")
    func requiredBody() throws {
        let schema =
            "{type: object, required: [a, id], properties: {a: {type: string}, id: {type: string, readOnly: true}}}"
        let (endpoint, draft) = try taking(schema, required: "")
        #expect(endpoint.requiresBody && endpoint.arguments["required"] == ["a"])
        #expect(draft.findings("body_required").count == 1)
        let (said, other) = try taking(schema, required: "required: false, ")
        #expect(!said.requiresBody && other.findings("body_required").isEmpty)
        let (free, _) = try taking("{type: object, properties: {a: {type: string}}}", required: "")
        #expect(!free.requiresBody)
        let (combined, _) = try taking(
            "{allOf: [{type: object, required: [a], properties: {a: {type: string}}}, {type: object, minProperties: 1}]}",
            required: "")
        #expect(combined.requiresBody)
    }

    @Test("lists of objects in a query are JSON, unless the document says deepObject, with a finding")
    func nested() throws {
        let (endpoint, draft, _) = try imported(
            """
            /a:
              get:
                operationId: a
                parameters:
                  - {name: f, in: query, schema: {type: array, items: {type: object, properties: {x: {type: string}}}}}
                  - {name: d, in: query, style: deepObject, schema: {type: object, properties: {x: {type: object}}}}
                  - {name: c, in: query, content: {application/json: {schema: {type: array, items: {type: object}}}}}
                  - {name: l, in: query, schema: {type: array, items: {type: string}}}
            """)
        #expect(endpoint.parameters.map(\.isJSON) == [true, false, true, false])
        #expect(draft.findings("parameter_as_json").count == 1)
    }

    @Test(
        "enumerations beside type: array, and lists in lists, are moved to the items",
        arguments: [
            ("{type: array, enum: [a, b], items: {type: string}}", #"["a"]"#, #"["c"]"#),
            ("{type: array, enum: [[a, b]], items: {type: string}}", #"["b", "a"]"#, #"["c"]"#),
            ("{type: array, enum: [1, 2]}", "[2]", "[3]"), ("{type: string, enum: [[a, b]]}", #""b""#, #""c""#),
        ])
    func enumerations(_ row: (schema: String, sound: String, wrong: String)) throws {
        let (endpoint, draft) = try taking("{type: object, properties: {v: \(row.schema)}}")
        #expect(draft.findings("enum_repaired").count == (row.schema.hasPrefix("{type: string") ? 0 : 1))
        #expect(refuses(endpoint, ["v": try JSON.parse(row.sound)]) == [])
        #expect(refuses(endpoint, ["v": try JSON.parse(row.wrong)]) != [])
    }

    @Test("an example made by the importer never contradicts its own schema")
    func examples() throws {
        let (endpoint, draft, _) = try imported(
            """
            /a:
              get:
                operationId: a
                parameters:
                  - {name: n, in: query, example: '12', schema: {type: integer}}
                  - {name: s, in: query, schema: {type: string, enum: [a, b], example: c}}
                  - {name: t, in: query, schema: {type: string, example: 7}}
            """)
        let example = try #require(endpoint.examples?.array?.first?["arguments"])
        #expect(example == ["n": 12, "t": "7"])
        #expect(refuses(endpoint, example) == [])
        #expect(draft.endpoints.first?.parameter("s")?["schema"]?["examples"] == nil)
    }

    @Test("Accept follows the response's content types, and what is said of a parameter Accept is true")
    func accept() throws {
        let content = { (types: String) in "responses: {'200': {content: {\(types)}}}" }
        let draft = try importing(
            document(
                """
                /a: {get: {operationId: a, \(content("application/vnd.boats.v2+json: {}"))}}
                /b: {get: {operationId: b, \(content("application/json: {}, text/csv: {}"))}}
                /c: {get: {operationId: c, \(content("text/csv: {}, application/hal+json: {}"))}}
                /d: {get: {operationId: d, parameters: [{name: Accept, in: header, schema: {type: string, enum: [application/vnd.x+json]}}]}}
                /e: {get: {operationId: e, parameters: [{name: accept, in: header, schema: {type: string}}]}}
                """))
        #expect(
            try draft.accepted().endpoints.map(\.accept) == [
                "application/vnd.boats.v2+json, */*;q=0.5", nil, "application/hal+json, text/csv, */*;q=0.5",
                "application/vnd.x+json", nil,
            ])
        let messages = draft.findings("header_described_elsewhere").map(\.message)
        #expect(messages.count == 2 && messages[0].contains("is always \"application/vnd.x+json\""))
    }

    @Test("an endpoint without description gets one from its method, path and parameters")
    func description() throws {
        let (endpoint, _, _) = try imported(
            "/boats/{id}: {get: {operationId: a, parameters: [{name: q, in: query, schema: {type: string}}]}}")
        #expect(endpoint.summary == "GET /boats/{id}, with q, id")
    }
}
