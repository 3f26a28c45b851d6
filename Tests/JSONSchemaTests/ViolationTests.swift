import JSONSchema
import Testing
import Value

@Suite("Violations")
struct ViolationTests {
    private let schema: JSON = [
        "type": "object", "required": ["id", "tags"],
        "properties": [
            "id": ["type": "integer", "minimum": 1], "tags": ["type": "array", "items": ["$ref": "#/$defs/tag"]],
            "a/b": ["type": "string"],
        ],
        "additionalProperties": false,
        "$defs": ["tag": ["type": "string", "maxLength": 5, "pattern": "^[a-z]+$"]],
    ]

    @Test("Each names the place in the value, the place in the schema and the keyword")
    func places() throws {
        let violations = try Schema(schema).validate(["id": 0, "tags": ["ok", "TOO LONG"], "a/b": 1, "more": nil])
        let found = violations.map { "\($0.pointer) \($0.schema)" }
        #expect(
            found == [
                "/id #/properties/id/minimum", "/tags/1 #/$defs/tag/maxLength", "/tags/1 #/$defs/tag/pattern",
                "/a~1b #/properties/a~1b/type", "/more #/additionalProperties",
            ])
        #expect(violations.first?.message == "must be at least 1")
        #expect(violations.first?.description == "/id: must be at least 1 (#/properties/id/minimum)")
    }

    @Test("A missing property is named by the schema's name for it")
    func required() throws {
        let violations = try Schema(schema).validate([:])
        #expect(violations.map(\.message) == ["must have the property \"id\"", "must have the property \"tags\""])
        #expect(violations.allSatisfy { $0.pointer == .root })
    }

    @Test("A schema in another document is named with that document's URI")
    func documents() throws {
        let options = Schema.Options(resources: ["https://example.com/tag": ["type": "string"]])
        let violations = try Schema(["$ref": "https://example.com/tag"], options: options).validate(1)
        #expect(violations.map(\.schema) == ["https://example.com/tag#/type"])
    }

    @Test("No more are found than were asked for")
    func limit() throws {
        let schema = try Schema(["items": ["type": "string"]])
        let value = JSON.array(Array(repeating: 1, count: 100))
        #expect(schema.validate(value).count == 32)
        #expect(schema.validate(value, limit: 3).map(\.pointer.description) == ["/0", "/1", "/2"])
    }

    @Test("Where just one alternative is for values of the type, what is wrong by it is said")
    func alternatives() throws {
        let schema: JSON = ["anyOf": [["type": "null"], ["type": "object", "required": ["id"]]]]
        #expect(try violated(schema, [:]) == ["required"])
        #expect(try violated(schema, 1) == ["anyOf"])
        #expect(try violated(["oneOf": [["minimum": 1], ["minimum": 2]]], 3) == ["oneOf"])
        #expect(try violated(["oneOf": [["minimum": 5], ["minimum": 6]]], 3) == ["oneOf"])
    }

    @Test(
        "Neither values nor their names stand in a message or a schema's place",
        arguments: [
            ["type": "integer"], ["const": 1], ["enum": ["a", "b"]], ["maxLength": 1], ["minLength": 99],
            ["pattern": "^x$"], ["format": "date"], ["not": true], ["anyOf": [false, false]], ["oneOf": [true, true]],
            ["additionalProperties": false], ["propertyNames": ["maxLength": 1]], ["unevaluatedProperties": false],
            ["additionalProperties": ["type": "integer"]], ["patternProperties": ["c": false]], ["items": false],
            ["contains": false], ["unevaluatedItems": false], ["uniqueItems": true], ["maxItems": 0],
            ["maxProperties": 0], ["dependentRequired": ["x": ["y"]]], false,
        ] as [JSON])
    func canary(schema: JSON) throws {
        let canary = "canary-7f3a"
        let compiled = try Schema(schema)
        let values: [JSON] = [
            .string(canary), [.string(canary), .string(canary)], .object([canary: .string(canary), "x": 1]),
        ]
        #expect(values.contains { !compiled.isValid($0) })
        for violation in values.flatMap({ compiled.validate($0) }) {
            #expect(!violation.message.contains(canary))
            #expect(!violation.schema.contains(canary))
        }
    }
}
