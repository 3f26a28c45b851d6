import Registry
import Testing
import Value

@Suite("What is mistyped in a schema")
struct SchemaTypoTests {
    private static func definition(
        _ member: String, _ schema: JSON, validation: String? = nil
    ) -> JSON {
        var definition: JSONObject = [
            "name": "Typos", "connection": ["base_url": "https://crm.example.com"],
            "endpoints": [["name": "a", "method": "POST", "path": "/a", member: schema]],
        ]
        if let validation { definition["security"] = ["validation": .string(validation)] }
        return .object(definition)
    }

    private static func faults(_ definition: JSON) -> [DefinitionFault] {
        do throws(DefinitionError) {
            _ = try Definitions.read(definition)
            return []
        } catch {
            return error.faults
        }
    }

    @Test(
        "a typo in a short form is an error with the nearest word, in a body and in a response",
        arguments: [
            ("int", "integer"), ("strng", "string"), ("bool", "boolean"), ("float", "number"), ("Integer", "integer"),
        ])
    func shortForm(_ written: String, _ meant: String) {
        for member in ["request_body", "response_schema"] {
            for schema: JSON in [
                ["query": "string", "limit": .string(written)], ["limit": .string(written)],
                ["title": "string", "limit": .string(written)], ["type": "string", "limit": .string(written)],
            ] {
                let faults = Self.faults(Self.definition(member, schema))
                #expect(faults.map { "\($0.pointer)" } == ["/endpoints/0/\(member)/limit"], "\(schema.text())")
                #expect(faults.first?.message.contains("did you mean \"\(meant)\"?") == true, "\(faults)")
            }
        }
    }

    @Test("a short form that holds a schema beside types is an error that says what to write")
    func mixed() {
        let faults = Self.faults(
            Self.definition("response_schema", ["id": "string", "tags": ["type": "array"]]))
        #expect(faults.map { "\($0.pointer)" } == ["/endpoints/0/response_schema/tags"])
    }

    @Test(
        "a mistyped keyword is a finding in strict mode, and let be where mismatches are warnings",
        arguments: ["proprties", "requird", "aditionalProperties", "minLenght", "minlength", "pattren"])
    func keywords(_ key: String) {
        let schemas: [(JSON, String)] = [
            ([key: 1], "/\(key)"), (["properties": ["id": [key: 1]]], "/properties/id/\(key)"),
            (["items": ["anyOf": [["type": "string"], [key: 1]]]], "/items/anyOf/1/\(key)"),
        ]
        for (schema, pointer) in schemas {
            let strict = Self.faults(Self.definition("response_schema", schema))
            #expect(strict.contains { "\($0.pointer)" == "/endpoints/0/response_schema" + pointer }, "\(strict)")
            #expect(Self.faults(Self.definition("response_schema", schema, validation: "warn")).isEmpty)
        }
    }

    @Test("properties of any name, examples and extensions are no keywords")
    func noKeywords() {
        let schema: JSON = [
            "type": "object", "x-proprties": 1, "propertyOrder": 3, "enumNames": [], "nullable": true,
            "properties": ["proprties": ["type": "string"], "requird": ["type": "string"]],
            "example": ["proprties": 1], "default": ["requird": 2],
        ]
        for member in ["request_body", "response_schema"] {
            #expect(Self.faults(Self.definition(member, schema)).isEmpty)
            #expect(Self.faults(Self.definition(member, ["type": "string", "title": "string"])).isEmpty)
            #expect(Self.faults(Self.definition(member, ["type": "string", "id": "integer"])).isEmpty)
        }
    }
}
