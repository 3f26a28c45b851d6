import Drafts
import JSONSchema
import Testing
import Value

@Suite struct SchemaWideningTests {
    private static func mismatches(_ schema: JSON, _ value: JSON) throws -> [SchemaWidening.Mismatch] {
        try Schema(schema).validate(value).compactMap {
            SchemaWidening.Mismatch(pointer: $0.pointer, location: $0.schema, keyword: $0.keyword)
        }
    }

    /// Widens until the value follows, as an observer of answers would.
    private static func widen(_ schema: JSON, for value: JSON, rounds: Int = 24) throws -> JSON {
        var inference = SchemaInference()
        inference.add(value)
        var schema = schema
        for _ in 0..<rounds {
            let mismatches = try mismatches(schema, value)
            if mismatches.isEmpty { return schema }
            schema = SchemaWidening.widen(schema: schema, for: mismatches, observed: inference.observation)
        }
        return schema
    }

    @Test(
        "Each keyword gives way to what was seen, and only as far as it must",
        arguments: [
            (["type": "string"], nil, ["type": ["string", "null"]]),
            (["type": "integer", "minimum": 0], 1.5, ["type": "number", "minimum": 0]),
            (["type": ["string", "null"]], 7, ["type": ["string", "integer", "null"]]),
            (["type": "string", "enum": ["a"]], "CANARY", ["type": "string"]),
            (["type": "string", "enum": ["a"]], nil, ["type": ["string", "null"], "enum": ["a", nil]]),
            (["enum": ["a", 1]], true, ["type": ["string", "integer", "boolean"]]),
            (["const": "a"], "CANARY", ["type": "string"]),
            (["minimum": 3, "maximum": 9], 2, ["maximum": 9]),
            (
                ["type": "string", "pattern": "^a", "maxLength": 2, "minLength": 1], "CANARY",
                ["type": "string", "minLength": 1]
            ),
            (["type": "string", "format": "date"], "CANARY", ["type": "string"]),
            (
                ["type": "object", "required": ["a", "b"], "properties": ["a": ["type": "string"]]], ["b": 1],
                ["type": "object", "required": ["b"], "properties": ["a": ["type": "string"]]]
            ),
            (
                ["type": "object", "properties": ["a": true], "additionalProperties": false],
                ["a": 1, "new": "CANARY"],
                [
                    "type": "object", "properties": ["a": true, "new": ["type": "string"]],
                    "additionalProperties": false,
                ]
            ),
            (
                ["type": "object", "additionalProperties": false], ["CANARY@example.com": 1, "cust_CANARY_88412": 2],
                ["type": "object", "additionalProperties": ["type": "integer"]]
            ),
            (
                ["type": "array", "items": ["type": "object", "properties": ["a": ["type": "integer"]]]],
                [["a": 1], ["a": nil]],
                ["type": "array", "items": ["type": "object", "properties": ["a": ["type": ["integer", "null"]]]]]
            ),
            (
                ["type": "string"], ["a": "CANARY"],
                ["type": ["string", "object"], "properties": ["a": ["type": "string"]]]
            ),
            (
                ["anyOf": [["type": "string"], ["type": "null"]]], 7,
                ["anyOf": [["type": "string"], ["type": "null"], ["type": "integer"]]]
            ),
            (
                ["oneOf": [["type": "string"], ["type": "null"]]], 7,
                [
                    "anyOf": [["type": "string"], ["type": "null"], ["type": "integer"]]
                ]
            ),
            (
                ["type": "object", "additionalProperties": false], ["a": nil, "b": ["c": nil]],
                [
                    "type": "object", "additionalProperties": false,
                    "properties": [
                        "a": [:], "b": ["type": "object", "properties": ["c": [:]], "required": ["c"]],
                    ],
                ]
            ),
            (["not": ["type": "string"]], "CANARY", [:]),
            (["type": "array", "maxItems": 1, "uniqueItems": true], [1, 1], ["type": "array"]),
            (["properties": ["a": false]], ["a": "CANARY"], ["properties": ["a": ["type": "string"]]]),
            (
                ["$ref": "#/$defs/A", "$defs": ["A": ["type": "string"]]], 1,
                ["$ref": "#/$defs/A", "$defs": ["A": ["type": ["string", "integer"]]]]
            ),
            (["contains": ["type": "string"], "minContains": 2], ["CANARY"], [:]),
            (["type": "object", "dependentRequired": ["a": ["b"]]], ["a": 1], ["type": "object"]),
        ] as [(JSON, JSON, JSON)])
    func keywords(schema: JSON, value: JSON, wide: JSON) throws {
        let widened = try Self.widen(schema, for: value)
        #expect(widened == wide, "\(widened.text())")
        #expect(try Schema(widened).isValid(value))
        #expect(!widened.text().contains("CANARY"))
    }

    @Test("What a schema admitted it still admits, and what was seen it admits now", arguments: 0..<300)
    func monotonic(seed: UInt64) throws {
        var random = RandomValues(seed: seed)
        let old = (0..<4).map { _ in random.value() }
        var inference = SchemaInference()
        for value in old { inference.add(value) }
        let start = Self.tighten(inference.schema)
        let admitted = try old.filter { try Schema(start).isValid($0) }
        let new = random.value()
        let wide = try Self.widen(start, for: new)
        for value in admitted + [new] {
            let left = try Schema(wide).validate(value)
            #expect(left.isEmpty, "\(start.text()) → \(wide.text()) for \(value.text()): \(left)")
        }
    }

    /// The schema with everything closed that can be.
    private static func tighten(_ schema: JSON) -> JSON {
        guard var object = schema.object else { return schema }
        for (key, value) in object { object[key] = key == "properties" ? value : tighten(value) }
        if let properties = object["properties"]?.object {
            object["properties"] = .object(JSONObject(properties.map { ($0.key, tighten($0.value)) }))
            if object["additionalProperties"] == nil { object["additionalProperties"] = false }
        }
        return .object(object)
    }

    @Test("Changes are told by place, and what cannot be mended is too")
    func report() {
        let schema: JSON = ["type": "object", "properties": ["a": ["type": "string"]]]
        let type = SchemaWidening.Mismatch(
            pointer: JSONPointer(["a"]), schema: JSONPointer(["properties", "a", "type"]), keyword: "type")
        let limit = SchemaWidening.Mismatch(pointer: .root, schema: .root, keyword: "limit")
        let absent = SchemaWidening.Mismatch(
            pointer: .root, schema: JSONPointer(["gone", "type"]), keyword: "type")
        let result = SchemaWidening(
            schema, for: [limit, absent, type],
            observed: ["type": "object", "properties": ["a": ["type": "null"]]])
        #expect(result.changes.map(\.pointer.description) == ["/properties/a"])
        #expect(result.changes.map(\.message) == ["admits null too"])
        #expect(Set(result.unresolved) == [limit, absent])
        let reversed = SchemaWidening(
            schema, for: [type, absent, limit], observed: ["type": "object", "properties": ["a": ["type": "null"]]])
        #expect(reversed.schema == result.schema)
        #expect(reversed.changes == result.changes)
    }

    @Test("A place is read from a violation's location")
    func location() {
        let mismatch = SchemaWidening.Mismatch(pointer: .root, location: "https://x#/a~1b/type", keyword: "type")
        #expect(mismatch?.schema.tokens == ["a/b", "type"])
        #expect(SchemaWidening.Mismatch(pointer: .root, location: "no place", keyword: "type") == nil)
    }
}
