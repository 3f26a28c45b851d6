import Registry
import Testing
import Value

@testable import Drift

@Suite("A change where the schema is written")
struct DriftProposerTests {
    private struct Changed {
        let change: SchemaChange
        /// The definition with the change.
        let api: CompiledAPI
        let definition: JSON
    }

    private func change(
        _ name: String, _ answers: JSON..., definition: JSON = Sample.definition
    ) throws -> Changed {
        let stored = try Sample.stored(definition)
        let api = try CompiledAPI(stored: stored)
        let endpoint = try #require(api.endpoint(named: name))
        let proposer = DriftProposer(api: api, endpoint: endpoint, stored: stored)
        let change = answers.reduce(SchemaChange()) { proposer.extend($0, for: $1) }
        #expect(change.obstacle == nil)
        let written = try #require(DriftProposer.definition(stored, applying: change.edits, to: endpoint))
        var after = stored
        after.definition = written
        let changed = try CompiledAPI(stored: after)
        for answer in answers {
            #expect(try #require(changed.endpoint(named: name)?.responseSchema).mismatches(of: answer).isEmpty)
        }
        return Changed(change: change, api: changed, definition: written)
    }

    @Test("what lies in a shared schema is changed there, with the endpoints that it touches")
    func shared() throws {
        let changed = try change("one", ["id": 7, "name": nil, "state": "new", "age": 3])
        let part = try #require(changed.change.parts.first)
        #expect(changed.change.parts.count == 1 && part.place == JSONPointer(["$defs", "Customer"]))
        #expect(part.endpoints == ["one", "all"] && changed.change.ownPart == nil)
        #expect(part.schema["properties"]?["id"] == ["type": ["string", "integer"]])
        #expect(part.schema["properties"]?["age"] == ["type": "integer"])
        // What was not in question is as it was, the reference to itself included.
        #expect(part.schema["properties"]?["parent"] == ["$ref": "#/$defs/Customer"])
        #expect(
            Set(part.difference.map { "\($0.pointer)" }) == [
                "/$defs/Customer/properties/id/type", "/$defs/Customer/properties/name/type",
                "/$defs/Customer/properties/age",
            ])
        #expect(changed.definition["endpoints"] == Sample.definition["endpoints"])
        #expect(
            changed.api.endpoint(named: "all")?.responseSchema?.mismatches(of: ["items": [["id": 1, "name": "x"]]])
                == [])
    }

    @Test("what lies in the endpoint's own schema is changed there, and what it shares is left alone")
    func own() throws {
        let changed = try change("all", ["items": nil, "next": "x"], [:])
        #expect(changed.change.parts.map { "\($0.place)" } == ["/endpoints/1/response_schema"])
        #expect(changed.change.ownPart?.endpoints == ["all"])
        #expect(changed.change.ownPart?.schema["properties"]?["items"]?["type"] == ["array", "null"])
        #expect(changed.change.ownPart?.schema["required"] == nil)
        #expect(
            changed.change.ownPart?.schema["properties"]?["items"]?["items"] == ["$ref": "#/custom_api/$defs/Customer"])
        #expect(changed.definition["$defs"] == Sample.definition["$defs"])
    }

    @Test("a short form is written out, and the endpoint that refers to it follows")
    func shortForm() throws {
        let changed = try change("short", ["id": "a", "n": 1.5])
        #expect(
            changed.change.ownPart?.schema == [
                "type": "object", "properties": ["id": ["type": "string"], "n": ["type": "number"]],
            ])
        #expect(changed.change.ownPart?.endpoints == ["short", "again"])
        #expect(changed.api.endpoint(named: "again")?.responseSchema?.mismatches(of: [["n": 2.5]]) == [])
    }

    @Test("what lies in another endpoint's schema is changed there")
    func foreign() throws {
        let changed = try change("again", [["id": nil]])
        #expect(changed.change.parts.map { "\($0.place)" } == ["/endpoints/2/response_schema"])
        #expect(changed.change.parts.first?.endpoints == ["short", "again"] && changed.change.ownPart == nil)
    }

    @Test("a reference to a place without a name of its own still leads there, where it is moved")
    func moved() throws {
        let definition = Sample.definition.applying([
            .init(
                pointer: JSONPointer(["endpoints", "3", "response_schema"]), old: nil,
                new: ["oneOf": [["$ref": "#/endpoints/2/response_schema"], ["type": "object", "required": ["n"]]]])
        ])
        let changed = try change("again", ["n": 1], definition: definition)
        #expect(
            changed.definition["endpoints"]?[3]?["response_schema"]?["anyOf"]?[0]
                == ["$ref": "#/endpoints/2/response_schema"])
    }

    @Test("a schema that was pasted with its own $defs and anchors keeps them")
    func pasted() throws {
        let pasted: JSON = [
            "$ref": "#/$defs/Own", "$defs": ["Own": ["$anchor": "own", "type": "object", "required": ["a"]]],
        ]
        let definition = Sample.definition.applying([
            .init(pointer: JSONPointer(["endpoints", "2", "response_schema"]), old: nil, new: pasted)
        ])
        let changed = try change("short", [:], definition: definition)
        #expect(
            changed.definition["endpoints"]?[2]?["response_schema"] == [
                "$ref": "#/$defs/Own", "$defs": ["Own": ["$anchor": "own", "type": "object"]],
            ])
        #expect(
            changed.change.ownPart?.difference.map { "\($0.pointer)" } == [
                "/endpoints/2/response_schema/$defs/Own/required"
            ])
    }

    @Test("a schema that refers to itself is one, wherever it is met")
    func recursive() throws {
        let tree: JSON = [
            "type": "object", "required": ["v"],
            "properties": ["v": ["type": "string"], "child": ["$ref": "#"]],
        ]
        let definition = Sample.definition.applying([
            .init(pointer: JSONPointer(["endpoints", "2", "response_schema"]), old: nil, new: tree)
        ])
        let changed = try change("short", ["v": 1, "child": ["child": ["v": nil]]], definition: definition)
        #expect(changed.change.parts.count == 1)
        #expect(changed.change.ownPart?.schema["properties"]?["child"] == ["$ref": "#"])
    }

    @Test("what several answers ask for comes together, and what is admitted already asks for nothing more")
    func several() throws {
        let changed = try change(
            "one", ["id": 1, "name": "x"], ["id": "a", "name": nil], ["id": "a"], ["id": true, "name": "x"])
        let schema = try #require(changed.change.parts.first?.schema)
        #expect(schema["properties"]?["id"]?["type"] == ["string", "integer", "boolean"])
        #expect(schema["required"] == ["id"])
    }

    @Test("where nothing helps, that is said")
    func obstacle() throws {
        let names = (0..<1100).map { "a\($0 / 26)\(Character(UnicodeScalar(97 + UInt8($0 % 26))))" }
        let stored = try Sample.stored(
            Sample.definition.applying([
                .init(
                    pointer: JSONPointer(["endpoints", "2", "response_schema"]), old: nil,
                    new: ["properties": .object(JSONObject(names.map { ($0, ["type": "string"]) }))])
            ]))
        let api = try CompiledAPI(stored: stored)
        let endpoint = try #require(api.endpoint(named: "short"))
        let change = DriftProposer(api: api, endpoint: endpoint, stored: stored)
            .extend(SchemaChange(), for: .object(JSONObject(names.map { ($0, 1) })))
        #expect(change.obstacle != nil && change.edits.isEmpty)
        // One such answer takes nothing from what was found for others.
        let proposer = DriftProposer(api: api, endpoint: endpoint, stored: stored)
        let first = proposer.extend(SchemaChange(), for: [names[0]: 1])
        #expect(first.obstacle == nil && first.edits.count == 1)
        #expect(proposer.extend(first, for: .object(JSONObject(names.map { ($0, 1) }))) == first)
    }

    @Test("deviations are told by place, keyword and type, with what looks like data left out")
    func deviations() throws {
        let api = try CompiledAPI(stored: Sample.stored())
        let answer: JSON = [
            "items": [["id": 1, "name": "a"], ["id": 2, "name": "b"], ["id": "x", "c0ffee1234": true]]
        ]
        let report = try #require(Sample.report(answer, to: "all", of: api))
        let kinds = Deviation.Kind.all(of: report.mismatches, in: answer, of: report.endpoint)
        #expect(
            Set(kinds) == [
                .init(
                    schema: "/$defs/Customer/properties/id/type", keyword: "type", path: "/items/*/id", found: "integer"
                ),
                .init(schema: "/$defs/Customer/required", keyword: "required", path: "/items/*", found: "absent"),
                .init(
                    schema: "/$defs/Customer/additionalProperties", keyword: "additionalProperties", path: "/items/*/*",
                    found: "boolean"),
            ])
        #expect(kinds.count == 3)
    }
}
