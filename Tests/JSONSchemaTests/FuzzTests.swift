import JSONSchema
import Testing
import Value

@Suite("Random schemas and values")
struct FuzzTests {
    /// SplitMix64: small, and the same everywhere.
    private struct Generator: RandomNumberGenerator {
        var state: UInt64

        mutating func next() -> UInt64 {
            state &+= 0x9E37_79B9_7F4A_7C15
            var mixed = state
            mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
            mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
            return mixed ^ (mixed >> 31)
        }

        mutating func pick<Element>(_ elements: [Element]) -> Element {
            elements[Int.random(in: 0..<elements.count, using: &self)]
        }

        mutating func value(_ depth: Int) -> JSON {
            switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &self) {
            case 0: nil
            case 1: .bool(.random(using: &self))
            case 2: .number(JSONNumber(Int.random(in: -3...3, using: &self)))
            case 3:
                .number(
                    JSONNumber(text: pick(["1e400", "0.1", "-0.0", "12345678901234567890", "1e-9"])) ?? JSONNumber(0))
            case 4, 5: .string(pick(["", "a", "aa", "b", "é", "2026-01-01", "x@y.z", "\u{1F600}", "#/a"]))
            case 6: .array((0..<Int.random(in: 0...4, using: &self)).map { _ in value(depth - 1) })
            default:
                .object(
                    JSONObject(
                        (0..<Int.random(in: 0...4, using: &self)).map { _ in
                            (pick(["a", "b", "c", ""]), value(depth - 1))
                        }))
            }
        }

        mutating func schema(_ depth: Int) -> JSON {
            guard depth > 0 else { return pick([true, false, [:], ["$ref": "#"], ["$dynamicRef": "#n"]]) }
            var object = JSONObject()
            for _ in 0...Int.random(in: 0...4, using: &self) {
                let (keyword, value) = keyword(depth - 1)
                object[keyword] = value
            }
            return .object(object)
        }

        private mutating func keyword(_ depth: Int) -> (String, JSON) {
            let small = JSON.number(JSONNumber(Int.random(in: 0...3, using: &self)))
            switch Int.random(in: 0..<12, using: &self) {
            case 0: return ("type", .string(pick(["string", "object", "array", "integer", "null", "number", "wrong"])))
            case 1:
                return (pick(["minLength", "maxLength", "minItems", "maxItems", "minContains", "maxContains"]), small)
            case 2: return (pick(["minimum", "maximum", "exclusiveMinimum", "exclusiveMaximum", "multipleOf"]), small)
            case 3: return (pick(["allOf", "anyOf", "oneOf", "prefixItems"]), [schema(depth), schema(depth)])
            case 4: return (pick(["not", "if", "then", "else", "items", "contains"]), schema(depth))
            case 5:
                return (
                    pick(["additionalProperties", "propertyNames", "unevaluatedProperties", "unevaluatedItems"]),
                    schema(depth)
                )
            case 6:
                let keyword = pick(["properties", "patternProperties", "dependentSchemas", "$defs", "dependencies"])
                return (keyword, ["a": schema(depth), "b": schema(depth)])
            case 7: return (pick(["required", "enum"]), [pick(["a", "b"]), "c"])
            case 8: return ("pattern", .string(pick(["a", "^(a+)+$", "(", "\\p{L}", "^$", "[^"])))
            case 9: return ("format", .string(pick(["date", "email", "uri", "regex", "ipv6", "duration", "hostname"])))
            case 10: return (pick(["$ref", "$dynamicRef"]), .string(pick(["#", "#n", "#/$defs/a", "#/x", "other"])))
            default:
                return pick([
                    ("$dynamicAnchor", "n"), ("$anchor", "n"), ("$id", "https://example.com/other"),
                    ("uniqueItems", true),
                    ("nullable", true), ("readOnly", true), ("const", value(1)),
                    (pick(["type", "items", "enum"]), value(1)),
                ])
            }
        }
    }

    @Test("None crashes or hangs, and both ways of asking agree", arguments: 0..<8)
    func random(seed: UInt64) throws {
        var generator = Generator(state: seed)
        let options = Schema.Options(limits: Schema.Limits(schemas: 2000, depth: 64, work: 2000, patternSteps: 200))
        var compiled = 0
        for _ in 0..<1500 {
            let document = generator.schema(4)
            let dialect = generator.pick([Schema.Dialect.draft2020, .draft2020, .openAPI30, .swagger20])
            guard let schema = try? Schema(document, dialect: dialect, options: options) else { continue }
            compiled += 1
            for _ in 0..<6 {
                let value = generator.value(4)
                let direction = generator.pick([Schema.Direction.either, .request, .response])
                let violations = schema.validate(value, direction: direction)
                #expect(
                    schema.isValid(value, direction: direction) == violations.isEmpty,
                    "\(document.text()) \(value.text())")
                for violation in violations where violation.keyword != "limit" {
                    #expect(value[violation.pointer] != nil, "\(document.text()) \(value.text())")
                }
            }
        }
        #expect(compiled > 100)
    }
}
