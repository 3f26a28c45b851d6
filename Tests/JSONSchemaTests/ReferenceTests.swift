import JSONSchema
import Testing
import Value

@Suite("References")
struct ReferenceTests {
    @Test("A schema inside a document may refer to anywhere in it")
    func inside() throws {
        let document: JSON = [
            "paths": ["/a": ["schema": ["items": ["$ref": "#/components/schemas/Name"]]]],
            "components": ["schemas": ["Name": ["type": "string"]]],
        ]
        let schema = try Schema(document, at: JSONPointer(["paths", "/a", "schema"]))
        #expect(schema.isValid(["a"]))
        #expect(schema.validate([1]).map(\.schema) == ["#/components/schemas/Name/type"])
    }

    @Test("Named schemas of an OpenAPI document have their own URIs and anchors")
    func components() throws {
        let document: JSON = [
            "components": [
                "schemas": [
                    "A": ["$ref": "https://example.com/b"], "C": ["$ref": "#here"],
                    "B": ["$id": "https://example.com/b", "type": "string"], "D": ["$anchor": "here", "type": "null"],
                ]
            ]
        ]
        #expect(try Schema(document, at: JSONPointer(["components", "schemas", "A"])).isValid("a"))
        #expect(try Schema(document, at: JSONPointer(["components", "schemas", "C"])).isValid(nil))
    }

    @Test("Documents of the bundle refer to one another, relative to where they stand")
    func bundle() throws {
        let options = Schema.Options(
            resources: [
                "https://example.com/api/common/pet.json": [
                    "properties": ["owner": ["$ref": "../people.json#/person"]]
                ],
                "https://example.com/api/people.json": ["person": ["type": "string"]],
            ], baseURI: "https://example.com/api/openapi.json")
        let schema = try Schema(["$ref": "common/pet.json"], dialect: .openAPI30, options: options)
        #expect(schema.isValid(["owner": "a"]))
        #expect(
            schema.validate(["owner": 1]).map(\.schema) == ["https://example.com/api/people.json#/person/type"])
    }

    @Test("All faults are told, each with its place")
    func all() {
        let schema: JSON = [
            "type": "sting", "minLength": -1, "pattern": "(", "required": "id",
            "properties": ["a": ["$ref": "#/nowhere"], "b": 1, "c": ["$ref": "https://example.com/x"]],
        ]
        #expect(
            Set(faults(schema)) == [
                "/type: the type is not one of those that JSON Schema knows",
                "/minLength: minLength must be a whole number that is not below zero, not a number",
                "/pattern: the pattern is not a regular expression that is understood",
                "/required: required must be an array of strings, not a string",
                "/properties/a/$ref: \"#/nowhere\" leads nowhere",
                "/properties/b: a schema must be an object or a boolean",
                "/properties/c/$ref: \"https://example.com/x\" leads nowhere",
            ])
    }

    @Test("Names that differ in code points only are different names")
    func codePoints() throws {
        let schema = try Schema(["properties": ["\u{E9}": ["type": "string"], "e\u{301}": ["type": "null"]]])
        #expect(schema.isValid(["\u{E9}": "a", "e\u{301}": nil]))
        #expect(schema.validate(["\u{E9}": nil, "e\u{301}": "a"]).count == 2)
    }

    @Test("A pointer to nothing is a fault")
    func nowhere() {
        #expect(throws: SchemaError.self) { try Schema([:], at: JSONPointer(["a"])) }
    }

    @Test("Unknown keywords are faults only to those who ask, and never those that begin with x-")
    func unknown() {
        let schema: JSON = ["minimun": 1, "x-note": 1, "type": "integer"]
        #expect(faults(schema) == [])
        let strict = Schema.Options(refusesUnknownKeywords: true)
        #expect(faults(schema, options: strict) == ["/minimun: the keyword \"minimun\" is not known"])
    }

    @Test("The draft's own meta-schema is at hand, and checks schemas")
    func metaSchema() throws {
        let schema = try Schema(["$ref": "https://json-schema.org/draft/2020-12/schema"])
        #expect(schema.isValid(["type": "string", "properties": ["a": true]]))
        #expect(!schema.isValid(["properties": ["a": ["minLength": -1]]]))
    }

    @Test("A required vocabulary that is not known is a fault")
    func vocabulary() {
        let meta: JSON = ["$id": "https://example.com/m", "$vocabulary": ["https://example.com/v": true]]
        let options = Schema.Options(resources: ["https://example.com/m": meta])
        #expect(faults(["$schema": "https://example.com/m"], options: options).count == 1)
    }
}
