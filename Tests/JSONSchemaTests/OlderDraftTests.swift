import JSONSchema
import Testing
import Value

@Suite("Older drafts")
struct OlderDraftTests {
    private func schema(_ draft: String, _ members: JSONObject) throws -> Schema {
        var object = members
        object["$schema"] = .string(draft)
        return try Schema(.object(object))
    }

    private static let seven = "http://json-schema.org/draft-07/schema#"

    @Test("draft-04 schemas that name themselves by $schema are read as what they are")
    func four() throws {
        let schema = try schema(
            "http://json-schema.org/draft-04/schema#",
            [
                "id": "https://example.com/root", "type": "object",
                "properties": [
                    "n": ["type": "number", "minimum": 0, "exclusiveMinimum": true],
                    "m": ["maximum": 5, "exclusiveMaximum": false],
                    "pair": ["items": [["type": "string"], ["type": "integer"]], "additionalItems": false],
                    "free": ["const": 1, "if": ["type": "string"], "then": false],
                    "first": ["$ref": "#/properties/pair/items/0"], "at": ["$ref": "#/definitions/at", "maxLength": 1],
                ],
                "definitions": ["at": ["type": "string"]],
                "dependencies": ["n": ["m"], "pair": ["required": ["at"]]],
            ])
        #expect(schema.isValid(["n": 1, "m": 5, "free": "x", "first": "a", "at": "long"]))
        #expect(schema.isValid(["pair": ["a", 1], "at": "x"]))
        let wrong: [JSON] = [
            ["n": 0, "m": 1], ["n": 1], ["m": 6], ["pair": ["a", 1, 2], "at": ""], ["pair": [1], "at": ""],
            ["pair": []],
            ["first": 1], ["at": 1],
        ]
        for value in wrong { #expect(!schema.isValid(value), "\(value)") }
    }

    @Test("draft-07 schemas: lists of items, what stands beside $ref, anchors by $id, and the draft's own meta-schema")
    func seven() throws {
        let schema = try schema(
            Self.seven,
            [
                "properties": [
                    "list": ["type": "array", "items": [["type": "string"]], "additionalItems": ["type": "integer"]],
                    "open": ["items": ["type": "string"], "additionalItems": false],
                    "kind": ["if": ["const": "a"], "then": true, "else": ["minLength": 3]],
                    "named": ["$ref": "#mast"], "schema": ["$ref": .string(Self.seven)],
                ],
                "definitions": ["mast": ["$id": "#mast", "type": "integer"]],
            ])
        #expect(
            schema.isValid([
                "list": ["a", 1, 2], "open": ["x", "y"], "kind": "a", "named": 3, "schema": ["type": "x"],
            ]))
        let wrong: [JSON] = [
            ["list": ["a", "b"]], ["list": [1]], ["open": [1]], ["kind": "b"], ["named": "x"], ["schema": 3],
        ]
        for value in wrong { #expect(!schema.isValid(value), "\(value)") }
    }

    @Test("a list of items without $schema is reported with its 2020-12 spelling")
    func spelling() {
        do {
            _ = try Schema(["properties": ["p": ["items": [["type": "string"]]]]])
            Issue.record("compiled")
        } catch {
            #expect(error.faults.map { "\($0.pointer)" } == ["/properties/p/items"])
            #expect(error.faults.first?.message.contains("prefixItems") == true)
        }
    }
}
