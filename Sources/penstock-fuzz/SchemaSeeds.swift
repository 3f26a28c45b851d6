import JSONSchema
import Value

/// Schemas to begin with.
enum SchemaSeeds {
    static let keywords = [
        "$anchor", "$defs", "$dynamicAnchor", "$dynamicRef", "$id", "$ref", "$schema", "$vocabulary",
        "additionalProperties", "allOf", "anyOf", "const", "contains", "contentEncoding", "default", "definitions",
        "dependencies", "dependentRequired", "dependentSchemas", "discriminator", "else", "enum", "exclusiveMaximum",
        "exclusiveMinimum", "format", "if", "items", "maxContains", "maxItems", "maxLength", "maxProperties", "maximum",
        "minContains", "minItems", "minLength", "minProperties", "minimum", "multipleOf", "not", "nullable", "oneOf",
        "pattern", "patternProperties", "prefixItems", "properties", "propertyNames", "readOnly", "required", "then",
        "type", "unevaluatedItems", "unevaluatedProperties", "uniqueItems", "writeOnly", "x-nullable",
    ]

    static let texts = [
        "string", "number", "integer", "boolean", "null", "object", "array", "#", "#/$defs/a", "#/properties/a", "#a",
        "#/$defs", "other", "other#a", "https://example.com/other", "urn:x:y", "#/%24defs/a", "#/$defs/a~1b", "date",
        "date-time", "time", "duration", "email", "hostname", "ipv4", "ipv6", "uri", "uri-reference", "iri", "regex",
        "uri-template", "uuid", "json-pointer", "relative-json-pointer", "int32", "int64", "byte",
        "https://json-schema.org/draft/2020-12/schema", "^(a+)+$", "^a", "(a|b|ab)*c", "\\p{L}+", "[^a-z]", "^.{0,9}$",
        "(?=a)", "(?<n>a)\\k<n>", "((((a*)*)*)*)b", "[", "a{2,1}", "\\u{1F600}", "(?i)a", "^$", "\\d+\\.\\d",
        "(x+x+)+y",
    ]

    static let all: [JSON] = [
        [
            "type": "object", "required": ["a"], "additionalProperties": false, "minProperties": 1,
            "properties": [
                "a": ["type": "string", "pattern": "^a", "minLength": 1, "maxLength": 20],
                "b": ["type": ["integer", "null"], "minimum": 0, "maximum": 10, "multipleOf": 2],
                "foo": ["type": "array", "items": ["$ref": "#"], "uniqueItems": true, "maxItems": 3],
                "bar": ["enum": [1, "a", nil, [1], ["x": 1]]], "kind": ["const": "a"],
            ],
        ],
        [
            "$id": "https://example.com/root", "$ref": "#/$defs/a",
            "$defs": [
                "a": ["oneOf": [["$ref": "#b"], ["type": "string", "format": "date"]]],
                "b": ["$anchor": "b", "type": "object", "properties": ["a": ["$ref": "other"]]],
                "c": ["$id": "other", "$dynamicAnchor": "n", "type": "array", "items": ["$dynamicRef": "#n"]],
            ],
        ],
        [
            "allOf": [
                ["properties": ["a": true]], ["if": ["required": ["a"]], "then": ["required": ["b"]], "else": false],
            ],
            "unevaluatedProperties": false, "patternProperties": ["^x-": ["type": "integer"]],
            "dependentSchemas": ["a": ["minProperties": 2]], "dependentRequired": ["b": ["a"]],
            "propertyNames": ["maxLength": 5],
        ],
        [
            "prefixItems": [["type": "integer"], ["type": "string"]], "contains": ["const": "a"], "minContains": 1,
            "maxContains": 2, "unevaluatedItems": ["type": "boolean"], "minItems": 1,
        ],
        [
            "anyOf": [["not": ["type": "string"]], ["type": "string", "format": "uri"]],
            "$defs": ["a": ["$ref": "#/$defs/b"], "b": ["properties": ["a": ["$ref": "#/$defs/a"]]]],
        ],
        [
            "type": "object", "discriminator": ["propertyName": "kind"], "nullable": true,
            "properties": [
                "kind": ["type": "string", "readOnly": true], "a": ["writeOnly": true, "x-nullable": true],
            ],
            "required": ["kind", "a"],
        ],
    ]

    /// A schema that compiles, more often than not.
    static func schema(_ depth: Int, _ random: inout SplitMix64, _ parts: [JSON]) -> JSON {
        if depth <= 0 {
            return random.pick([true, false, [:], ["$ref": "#"], ["type": "string"], ["$ref": "#/$defs/a"]]) ?? true
        }
        if random.oneIn(6), let part = random.pick(parts) { return part }
        var object = JSONObject()
        for _ in 0...random.below(4) {
            let (key, value) = member(depth, &random, parts)
            object[key] = value
        }
        return .object(object)
    }

    /// A keyword with a value of its type.
    static func member(_ depth: Int, _ random: inout SplitMix64, _ parts: [JSON]) -> (String, JSON) {
        func name(_ names: String...) -> String { random.pick(names) ?? "title" }
        func schema() -> JSON { Self.schema(depth - 1, &random, parts) }
        let small = JSON.number(JSONNumber(random.below(5)))
        switch random.below(13) {
        case 0: return ("type", .string(name("string", "object", "array", "integer", "null", "number", "boolean")))
        case 1: return ("type", [.string(name("string", "object")), .string(name("array", "integer", "null"))])
        case 2: return (name("minLength", "maxLength", "minItems", "maxItems", "minContains", "maxContains"), small)
        case 3: return (name("minProperties", "maxProperties", "minimum", "maximum", "exclusiveMinimum"), small)
        case 4: return ("multipleOf", random.pick([0.1, 3, 2.5, 1e-9, 12_345_678_901]) ?? 1)
        case 5: return (name("allOf", "anyOf", "oneOf", "prefixItems"), [schema(), schema()])
        case 6: return (name("not", "if", "then", "else", "items", "contains"), schema())
        case 7:
            return (
                name("additionalProperties", "propertyNames", "unevaluatedProperties", "unevaluatedItems"), schema()
            )
        case 8:
            let keyword = name("properties", "patternProperties", "dependentSchemas", "$defs")
            return (keyword, .object(JSONObject([("a", schema()), (name("b", "foo", "x-1"), schema())])))
        case 9: return (name("required", "enum"), [.string(name("a", "b")), "foo"])
        case 10: return ("dependentRequired", ["a": [.string(name("b", "foo"))]])
        case 11:
            let patterns = ["a", "^(a+)+$", "^[a-z]{2,4}$", "\\p{L}", "^$", "(a|aa)+b", "^.*,.*,.*$", "\\bx", "(?=a)a"]
            return ("pattern", .string(random.pick(patterns) ?? "a"))
        default:
            return random.pick([
                ("$dynamicAnchor", "n"), ("$anchor", "a"), ("$id", "https://example.com/other"), ("uniqueItems", true),
                ("nullable", true), ("readOnly", true), ("writeOnly", true), ("const", ["a": 1]), ("$ref", "#"),
                ("$ref", "#/$defs/a"), ("$dynamicRef", "#n"), ("format", "date-time"), ("format", "uri"),
                ("format", "ipv6"), ("format", "hostname"), ("format", "duration"), ("format", "int32"),
                ("format", "email"), ("format", "regex"), ("format", "uri-template"),
            ]) ?? ("title", "a")
        }
    }
}

extension JSON {
    /// Whether two of the schemas in it have one name.
    var hasNamesakes: Bool {
        var names: Set<String> = []
        for case .object(let part) in parts(most: 10_000) {
            for keyword in ["$id", "$anchor", "$dynamicAnchor"] {
                if let name = part[keyword]?.string, !names.insert(name).inserted { return true }
            }
        }
        return false
    }
}
