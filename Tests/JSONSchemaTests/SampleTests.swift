import JSONSchema
import Testing
import Value

@Suite("Values made from a schema")
struct SampleTests {
    /// Values of several seeds and wishes, each of which must follow the schema.
    private func samples(
        _ schema: JSON, _ wishes: SampleWishes = SampleWishes(), sourceLocation: SourceLocation = #_sourceLocation
    ) throws -> [JSON] {
        let compiled = try Schema(schema)
        var found: [JSON] = []
        for seed in 0..<12 as Range<UInt64> {
            for fullness in [SampleWishes.Fullness.none, .some, .all] {
                var wishes = wishes
                wishes.fullness = fullness
                var generator = try SampleGenerator(schema, seed: seed, wishes: wishes)
                guard let value = generator.next() else {
                    Issue.record("nothing made for seed \(seed) of \(schema.text())", sourceLocation: sourceLocation)
                    continue
                }
                #expect(compiled.isValid(value, direction: wishes.direction), sourceLocation: sourceLocation)
                found.append(value)
            }
        }
        return found
    }

    @Test(
        "Follow what descriptions of APIs ask for",
        arguments: [
            ["type": "integer", "minimum": -5, "maximum": 5, "multipleOf": 3],
            ["type": "integer", "exclusiveMinimum": 10, "multipleOf": 7],
            ["type": "number", "multipleOf": 0.01, "minimum": 0.5, "maximum": 0.6],
            ["type": "number", "exclusiveMinimum": 0, "exclusiveMaximum": 0.001],
            ["type": "string", "minLength": 40, "maxLength": 41],
            ["type": "string", "maxLength": 0],
            ["type": "string", "pattern": "^[A-Z]{3}-\\d{4}(?:/v[1-9]\\d*)?$"],
            ["type": "string", "pattern": "^(?=.{4,8}$)[a-z]+([._-][a-z0-9]+)*$", "maxLength": 8],
            ["type": "string", "pattern": "^\\p{Lu}[^\\s\"]*$", "minLength": 9],
            ["type": "string", "pattern": "^#?([0-9a-fA-F]{6}|[0-9a-fA-F]{3})$"],
            ["type": "string", "format": "date-time"], ["type": "string", "format": "uuid"],
            ["type": "string", "format": "duration"], ["type": "string", "format": "ipv6"],
            ["type": "string", "contentEncoding": "base64"],
            ["enum": ["a", 1, nil, ["b"]]], ["const": ["x": [1, 2]]], ["type": ["integer", "null"]],
            [
                "type": "array", "items": ["type": "integer", "minimum": 1, "maximum": 3], "minItems": 3,
                "uniqueItems": true,
            ],
            ["prefixItems": [["type": "string"], ["type": "boolean"]], "items": false, "minItems": 2],
            ["type": "array", "contains": ["const": 7], "items": ["type": "integer"], "minItems": 2],
            ["type": "object", "required": ["a", "b"], "properties": ["a": ["type": "null"]], "minProperties": 4],
            ["type": "object", "patternProperties": ["^x-": ["type": "integer"]], "additionalProperties": false],
            ["type": "object", "propertyNames": ["pattern": "^[a-c]{2}$"], "minProperties": 3],
            ["properties": ["a": true, "b": true], "dependentRequired": ["a": ["b"], "b": ["c"]], "required": ["a"]],
            ["type": "object", "properties": ["a": ["not": ["type": "string"]]], "required": ["a"]],
            [
                "oneOf": [
                    [
                        "type": "object", "properties": ["kind": ["const": "cat"], "lives": ["type": "integer"]],
                        "required": ["kind"],
                    ],
                    [
                        "type": "object", "properties": ["kind": ["const": "dog"], "bark": ["type": "string"]],
                        "required": ["kind"],
                    ],
                ]
            ],
            [
                "allOf": [
                    ["$ref": "#/$defs/base"],
                    ["type": "object", "properties": ["b": ["type": "integer", "minimum": 3]], "required": ["b"]],
                ],
                "properties": ["b": ["maximum": 4]],
                "$defs": ["base": ["type": "object", "properties": ["a": ["type": "string"]], "required": ["a"]]],
            ],
            [
                "if": ["properties": ["a": ["const": 1]], "required": ["a"]], "then": ["required": ["b"]],
                "type": "object",
                "properties": ["a": ["enum": [1, 2]], "b": ["type": "string"]], "required": ["a"],
            ],
        ] as [JSON])
    func follow(schema: JSON) throws {
        _ = try samples(schema)
    }

    @Test("End where a schema refers to itself")
    func recursion() throws {
        let tree: JSON = [
            "$ref": "#/$defs/node",
            "$defs": [
                "node": [
                    "type": "object", "required": ["name"], "additionalProperties": false,
                    "properties": [
                        "name": ["type": "string"], "left": ["$ref": "#/$defs/node"], "right": ["$ref": "#/$defs/node"],
                        "children": ["type": "array", "items": ["$ref": "#/$defs/node"]],
                    ],
                ]
            ],
        ]
        _ = try samples(tree)
    }

    @Test(
        "Are none, in bounded time, where nothing follows the schema",
        arguments: [
            ["type": "integer", "maximum": -9_223_372_036_854_775_000], false,
            ["type": "string", "minLength": 3, "maxLength": 2], ["type": "integer", "minimum": 2, "maximum": 1],
            [
                "$ref": "#/$defs/a",
                "$defs": ["a": ["type": "object", "required": ["a"], "properties": ["a": ["$ref": "#/$defs/a"]]]],
            ],
            ["allOf": [["type": "string"], ["type": "integer"]]], ["enum": []], ["not": [:]],
            ["type": "string", "pattern": "^((){90000}){90000}$", "minLength": 1],
            ["type": "string", "pattern": "(a)\\1"],
        ] as [JSON])
    func impossible(schema: JSON) throws {
        guard (try? Schema(schema)) != nil else { return }
        var generator = try SampleGenerator(schema, seed: 1)
        #expect(generator.next() == Optional<JSON>.none)
    }

    @Test("Are the same for the same seed")
    func deterministic() throws {
        let schema: JSON = [
            "type": "object",
            "properties": ["a": ["type": "string"], "b": ["type": "array", "items": ["type": "number"]]],
        ]
        var first = try SampleGenerator(schema, seed: 42)
        var second = try SampleGenerator(schema, seed: 42)
        for _ in 0..<20 { #expect(first.next()?.text() == second.next()?.text()) }
    }

    @Test("Have every member, or none but the required, as is wished")
    func fullness() throws {
        let schema: JSON = [
            "type": "object", "required": ["a"],
            "properties": [
                "a": ["type": "string"], "b": ["type": "integer"], "c": ["type": "boolean", "readOnly": true],
            ],
        ]
        var none = try SampleGenerator(schema, seed: 1, wishes: SampleWishes(fullness: .none))
        #expect(none.next()?.object?.keys == ["a"])
        var all = try SampleGenerator(schema, seed: 1, wishes: SampleWishes(fullness: .all))
        #expect(all.next()?.object?.keys == ["a", "b", "c"])
        var request = try SampleGenerator(schema, seed: 1, wishes: SampleWishes(fullness: .all, direction: .request))
        #expect(request.next()?.object?.keys == ["a", "b"])
    }

    @Test("Write strings with the atoms that are wished, where nothing speaks against it")
    func atoms() throws {
        let wishes = SampleWishes(atoms: ["ü", "&"])
        for value in try samples(["type": "string", "minLength": 3, "maxLength": 9], wishes) {
            let text = try #require(value.string)
            #expect(text.unicodeScalars.allSatisfy { $0 == "ü" || $0 == "&" })
        }
    }
}
