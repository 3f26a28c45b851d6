import Drafts
import JSONSchema
import Testing
import Value

@Suite struct SchemaInferenceTests {
    private static func schema(_ samples: JSON...) -> JSON {
        var inference = SchemaInference()
        for sample in samples { inference.add(sample) }
        return inference.schema
    }

    @Test("What stands in every sample is required, what does not is optional")
    func required() {
        #expect(
            Self.schema(["id": 1, "name": "Ada"], ["id": 2])
                == [
                    "type": "object", "properties": ["id": ["type": "integer"], "name": ["type": "string"]],
                    "required": ["id"],
                ])
    }

    @Test("Null beside a type makes a union, and null alone says nothing")
    func null() {
        #expect(Self.schema("a", nil) == ["type": ["string", "null"]])
        #expect(Self.schema(nil) == [:])
        #expect(Self.schema(["a": nil]) == ["type": "object", "properties": ["a": [:]], "required": ["a"]])
    }

    @Test("Whole numbers are integers until one has a fraction or is written with one")
    func numbers() throws {
        #expect(Self.schema(1, 2) == ["type": "integer"])
        #expect(Self.schema(1, 2.5) == ["type": "number"])
        #expect(Self.schema(try JSON.parse("10.0")) == ["type": "number"])
        #expect(Self.schema(try JSON.parse("-7")) == ["type": "integer"])
    }

    @Test("Types that differ stand in one list, in one order")
    func mixed() {
        #expect(Self.schema(true, "a", 1, nil) == ["type": ["string", "integer", "boolean", "null"]])
        #expect(Self.schema(nil, 1, "a", true) == ["type": ["string", "integer", "boolean", "null"]])
    }

    @Test("The elements of an array are samples of one thing; an empty array tells nothing of them")
    func arrays() {
        #expect(
            Self.schema([[], [1, 2.5]]) == ["type": "array", "items": ["type": "array", "items": ["type": "number"]]])
        #expect(Self.schema([]) == ["type": "array"])
    }

    @Test(
        "A format is said only where all samples have it",
        arguments: [
            (["2026-03-01T10:00:00Z", "2026-03-01T10:00:00.25+02:00"], "date-time"),
            (["2026-03-01T10:00:00Z", "2026-03-01"], nil), (["2026-02-29"], nil), (["2024-02-29"], "date"),
            (["0b7a0d5e-6f1a-4a58-9d53-1a2b3c4d5e6f"], "uuid"), (["ada@example.com", "b+c@mail.example.org"], "email"),
            (["ada@localhost"], nil), (["https://example.com/a%20b?c=d#e", "http://127.0.0.1:8080"], "uri"),
            (["https://example.com/a b"], nil), (["192.0.2.1"], "ipv4"), (["1.2.3"], nil), (["256.1.1.1"], nil),
            ([""], nil),
        ] as [([String], String?)])
    func formats(texts: [String], format: String?) {
        var inference = SchemaInference()
        for text in texts { inference.add(.string(text)) }
        #expect(inference.schema["format"]?.string == format)
    }

    @Test("Names that are data make a map, and do not appear")
    func maps() {
        let schema = Self.schema([
            "2026-03-01": ["open": 1], "2026-03-02": ["open": 2.5],
            "total": 7,
        ])
        #expect(
            schema == [
                "type": "object", "properties": ["total": ["type": "integer"]], "required": ["total"],
                "additionalProperties": [
                    "type": "object", "properties": ["open": ["type": "number"]], "required": ["open"],
                ],
            ])
    }

    @Test("A table of currencies is a map, and so are many names of which each sample has few")
    func looseMaps() {
        let codes = [
            "EUR", "USD", "GBP", "JPY", "CHF", "SEK", "NOK", "DKK", "PLN", "CZK", "HUF", "RON", "BGN", "TRY", "AUD",
            "CAD",
        ]
        let rates = JSON.object(JSONObject(codes.enumerated().map { ($1, $0 == 0 ? 1 : 1.5) }))
        #expect(Self.schema(rates) == ["type": "object", "additionalProperties": ["type": "number"]])
        var inference = SchemaInference()
        for index in 0..<40 {
            let name = "user\(Array("abcdefghijklmnopqrstuvwxyz")[index % 26])\(Array("xyz")[index / 26])"
            inference.add(.object(JSONObject([(name, ["seen": true] as JSON)])))
        }
        #expect(inference.schema["properties"] == nil)
        #expect(inference.schema["additionalProperties"]?["properties"] == ["seen": ["type": "boolean"]])
    }

    @Test("No value of a sample is in the schema, not even where it is a name")
    func secrecy() throws {
        let sample = try JSON.parse(
            """
            {"token": "CANARY-1", "nested": [{"CANARY7f3a9b2c1d4e8f60": 1, "canary@example.com": {"x": "CANARY-2"}}],
             "sk_live_CANARYcanary0123456789": 5, "n": 424242424242, "https://CANARY.example/x": 1}
            """)
        let text = Self.schema(sample).text()
        #expect(!text.uppercased().contains("CANARY"))
        #expect(!text.contains("4242"))
        #expect(text.contains("nested"))
    }

    @Test(
        "Every sample follows the schema, in whatever order and in how many parts they are looked at",
        arguments: 0..<200)
    func soundness(seed: UInt64) throws {
        var random = RandomValues(seed: seed)
        let samples = (0..<(1 + random.next(8))).map { _ in random.value() }
        let limits =
            seed.isMultiple(of: 2) ? SchemaInference.Limits.defaults : .init(depth: 3, places: 1 + random.next(12))
        var whole = SchemaInference(limits: limits)
        var parts = [SchemaInference(limits: limits), SchemaInference(limits: limits)]
        for (index, sample) in samples.enumerated() {
            whole.add(sample)
            parts[index % 2].add(sample)
        }
        let rest = parts[1]
        parts[0].merge(rest)
        #expect(parts[0].count == samples.count)
        if seed.isMultiple(of: 2) { #expect(Self.unordered(whole.schema) == Self.unordered(parts[0].schema)) }
        for schema in [whole.schema, parts[0].schema] {
            let compiled = try Schema(schema)
            for sample in samples {
                let violations = compiled.validate(sample)
                #expect(violations.isEmpty, "\(schema.text()) \(sample.text()) \(violations)")
            }
        }
    }

    /// What is required comes in the order in which it was seen first.
    private static func unordered(_ schema: JSON) -> JSON {
        guard var object = schema.object else { return schema }
        if let required = object["required"]?.array {
            object["required"] = .array(required.sorted { $0.text() < $1.text() })
        }
        for (key, value) in object where key != "required" {
            object[key] = unordered(value)
        }
        return .object(object)
    }

    @Test("I: deep, wide and ever new samples end in a schema of bounded size")
    func bounds() throws {
        var inference = SchemaInference()
        var deep: JSON = 1
        for _ in 0..<100 { deep = ["a": [deep]] }
        inference.add(deep)
        for round in 0..<300 {
            let names = (0..<300).map {
                "n" + String(UnicodeScalar(UInt8(97 + $0 % 26))) + String(repeating: "x", count: ($0 + round) % 40)
            }
            inference.add(.object(JSONObject(names.map { ($0, .object(JSONObject([($0 + "y", 1)]))) })))
        }
        #expect(inference.schema.bytes().count < 1 << 20)
        #expect(try Schema(inference.schema).isValid(deep))
    }
}
