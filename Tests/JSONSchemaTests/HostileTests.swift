import Foundation
import JSONSchema
import Testing
import Value

@Suite("Hostile schemas and values")
struct HostileTests {
    @Test(
        "References that apply themselves to the same value are faults",
        arguments: [
            ["$ref": "#"], ["allOf": [["$ref": "#"]]],
            ["$ref": "#/$defs/a", "$defs": ["a": ["$ref": "#/$defs/b"], "b": ["allOf": [["$ref": "#/$defs/a"]]]]],
        ] as [JSON])
    func cycles(schema: JSON) {
        #expect(faults(schema).count == 1)
        #expect(faults(schema).first?.contains("refers to itself") == true)
    }

    @Test(
        "References that may lead back to themselves end at the limit of depth",
        arguments: [
            ["anyOf": [false, ["$ref": "#"]]], ["not": ["$ref": "#"]], ["if": ["$ref": "#"]],
            ["$dynamicAnchor": "a", "anyOf": [["$dynamicRef": "#a"]]], ["dependentSchemas": ["a": ["$ref": "#"]]],
        ] as [JSON])
    func conditionalCycles(schema: JSON) throws {
        let compiled = try Schema(schema)
        #expect(compiled.validate(["a": 1]).last?.keyword == "limit")
        #expect(!compiled.isValid(["a": 1]))
    }

    @Test("Schemas that double at every step end at the limit of work", arguments: ["allOf", "anyOf", "oneOf"])
    func exponential(keyword: String) throws {
        // Each alternative of `anyOf` but the last fails, so that every one is tried.
        var definitions: JSONObject = ["s40": .bool(keyword == "allOf")]
        for step in 0..<40 {
            let next: JSON = ["$ref": .string("#/$defs/s\(step + 1)")]
            definitions["s\(step)"] = .object([keyword: [next, ["allOf": [next]]]])
        }
        let schema: JSON = ["$ref": "#/$defs/s0", "$defs": .object(definitions)]
        let options = Schema.Options(limits: Schema.Limits(work: 100_000))
        #expect(try violated(schema, 1, options: options).last == "limit")
    }

    @Test("A value that takes more work than is allowed is not valid, even under not")
    func work() throws {
        let options = Schema.Options(limits: Schema.Limits(work: 1000))
        let value = JSON.array(Array(repeating: 1, count: 2000))
        #expect(try violated(["items": ["type": "integer"]], value, options: options) == ["limit"])
        #expect(try violated(["not": ["items": ["type": "integer"]]], value, options: options) == ["limit"])
        let unique = JSON.array((0..<2000).map { .number(JSONNumber($0)) })
        #expect(try violated(["uniqueItems": true], unique, options: options) == ["limit"])
    }

    @Test("Values nested deeper than allowed end at the limit, on a stack of two mebibytes")
    func depth() async throws {
        let schema = try Schema(["$ref": "#/$defs/a", "$defs": ["a": ["items": ["allOf": [["$ref": "#/$defs/a"]]]]]])
        let keywords = await withCheckedContinuation { continuation in
            let thread = Thread {
                var value: JSON = 1
                for _ in 0..<100 { value = [value] }
                let shallow = schema.validate(value).map(\.keyword)
                for _ in 0..<900 { value = [value] }
                continuation.resume(returning: [shallow, schema.validate(value).map(\.keyword)])
            }
            thread.stackSize = 2 << 20
            thread.start()
        }
        #expect(keywords == [[], ["limit"]])
    }

    @Test("Schemas nested deeper than allowed are faults")
    func deepSchema() {
        var schema: JSON = true
        for _ in 0..<2000 { schema = ["not": schema] }
        #expect(!faults(schema).isEmpty)
    }

    @Test("Long chains of references take work, but no stack")
    func chain() throws {
        var definitions: JSONObject = ["s20000": true]
        for step in 0..<20_000 { definitions["s\(step)"] = ["$ref": .string("#/$defs/s\(step + 1)")] }
        let schema: JSON = ["$ref": "#/$defs/s0", "$defs": .object(definitions)]
        #expect(try violated(schema, 1) == [])
        let options = Schema.Options(limits: Schema.Limits(work: 10_000))
        #expect(try violated(schema, 1, options: options) == ["limit"])
    }

    @Test("More schemas than allowed are a fault")
    func count() {
        let options = Schema.Options(limits: Schema.Limits(schemas: 10))
        #expect(!faults(["allOf": .array(Array(repeating: true, count: 20))], options: options).isEmpty)
    }

    @Test("Many elements are compared in linear work")
    func unique() throws {
        let elements = (0..<50_000).map { JSON.object(["id": .number(JSONNumber($0))]) }
        let schema = try Schema(["uniqueItems": true])
        #expect(schema.isValid(.array(elements)))
        #expect(!schema.isValid(.array(elements + [["id": 7]])))
    }
}
