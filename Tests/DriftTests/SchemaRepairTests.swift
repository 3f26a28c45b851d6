import JSONSchema
import Registry
import Testing
import Value

@testable import Drift

@Suite("Widening a schema as far as an answer asks")
struct SchemaRepairTests {
    private static let cases: [(schema: JSON, answer: JSON)] = [
        (["type": "string"], nil), (["type": "integer"], 1.5), (["type": "string", "format": "date"], ["a": 1]),
        (["type": "object", "required": ["a", "b"]], ["a": 1]), (["required": ["a", "b"]], [:]),
        (["properties": ["a": true], "additionalProperties": false], ["a": 1, "b": "x"]),
        (["additionalProperties": false], ["6f1d2c3b4a": 1, "8841": 2.5]), (["enum": ["a", "b"]], "c"),
        (["type": "string", "enum": ["a"]], 3), (["const": 3], 4),
        (["type": "string", "maxLength": 2, "pattern": "^a"], "bcd"),
        (["type": "array", "maxItems": 1, "uniqueItems": true], [1, 1]),
        (["anyOf": [["type": "string"], ["type": "null"]]], true),
        (["oneOf": [["type": "string"], ["type": "null"]]], true),
        (["oneOf": [["type": "integer"], ["minimum": 3]]], 4),
        (["properties": ["a": false]], ["a": "x"]), (["not": ["type": "string"]], "x"), (false, 3),
        (["prefixItems": [true], "items": false], [1, "x"]),
        (["prefixItems": [true], "unevaluatedItems": false], [1, 2]),
        (["$ref": "#/$defs/X", "$defs": ["X": ["type": "object", "required": ["a"]], "Y": ["type": "null"]]], [:]),
        (
            [
                "allOf": [["type": "object"], ["properties": ["a": ["type": "string"]]]],
                "unevaluatedProperties": false,
            ],
            ["a": 1, "b": 2]
        ),
        (["properties": ["p": ["type": "string", "writeOnly": true]]], ["p": "x"]),
        (["items": ["anyOf": [["type": "object", "required": ["k"]], ["type": "null"]]]], [["k": 1], [:], "text"]),
        (["if": ["required": ["a"]], "then": ["required": ["b"]], "else": false], ["c": 1]),
        (["propertyNames": ["maxLength": 1], "minProperties": 3], ["long": 1]),
    ]

    @Test(
        "what was answered is admitted then, and the edits lead from the one schema to the other",
        arguments: cases.indices)
    func admits(index: Int) throws {
        let (schema, answer) = Self.cases[index]
        #expect(try !Schema(schema).isValid(answer, direction: .response))
        let widened = try #require(SchemaRepair.widened(schema, admitting: answer))
        #expect(try Schema(widened).isValid(answer, direction: .response))
        #expect(SchemaRepair.widened(widened, admitting: answer) == widened)
        #expect(schema.applying(SchemaChange.Edit.from(schema, to: widened)) == widened, "\(widened.text())")
    }

    @Test("no value of the answer comes into the schema, whatever refuses it")
    func values() throws {
        let mark = "canary-4f0c"
        let schemas: [JSON] = [
            ["enum": ["a"]], ["const": "a"], ["pattern": "^a$"], ["maxLength": 1], ["type": "integer"], false,
            ["anyOf": [["type": "null"], ["enum": ["a"]], ["type": "string", "maxLength": 2]]],
            ["type": "array"], ["format": "date"],
        ]
        for schema in schemas {
            for answer: JSON in [.string(mark), [.string(mark)], ["a": .string(mark)], ["x": ["y": [.string(mark)]]]] {
                guard let widened = SchemaRepair.widened(schema, admitting: answer) else { continue }
                #expect(!widened.text().contains(mark), "\(widened.text())")
            }
        }
    }

    @Test("a schema that cannot be compiled, or differs in more places than are looked at, is not widened")
    func bounds() {
        #expect(SchemaRepair.widened(["$ref": "#"], admitting: 1) == nil)
        let names = (0..<1100).map { "a\($0 / 26)\(Character(UnicodeScalar(97 + UInt8($0 % 26))))" }
        let schema: JSON = ["properties": .object(JSONObject(names.map { ($0, ["type": "string"]) }))]
        #expect(SchemaRepair.widened(schema, admitting: .object(JSONObject(names.map { ($0, 1) }))) == nil)
        let few = JSON.object(JSONObject(names.prefix(900).map { ($0, 1) }))
        #expect(SchemaRepair.widened(schema, admitting: few) != nil)
    }
}
