import JSONSchema
import Testing
import Value

@Suite("OpenAPI's dialects")
struct DialectTests {
    @Test("nullable admits null beside type, enum, allOf and everything else")
    func nullable() throws {
        for schema: JSON in [
            ["type": "string", "nullable": true], ["type": "string", "enum": ["a"], "nullable": true],
            ["allOf": [["type": "object"]], "nullable": true],
        ] {
            #expect(try violated(schema, nil, .openAPI30) == [])
            #expect(try !violated(schema, nil, .draft2020).isEmpty)
            #expect(try !violated(schema, nil, .swagger20).isEmpty)
            #expect(try !violated(schema, 1, .openAPI30).isEmpty)
        }
        #expect(try violated(["type": "string", "x-nullable": true], nil, .swagger20) == [])
    }

    @Test("A boolean exclusiveMinimum sharpens minimum, and a number is a bound of its own")
    func exclusive() throws {
        for dialect in [Schema.Dialect.openAPI30, .swagger20] {
            let sharp: JSON = ["minimum": 1, "exclusiveMinimum": true, "maximum": 3, "exclusiveMaximum": true]
            #expect(try violated(sharp, 1, dialect) == ["exclusiveMinimum"])
            #expect(try violated(sharp, 2, dialect) == [])
            #expect(try violated(sharp, 3, dialect) == ["exclusiveMaximum"])
            #expect(try violated(["minimum": 1, "exclusiveMinimum": false], 1, dialect) == [])
            #expect(try violated(["exclusiveMinimum": 1], 1, dialect) == ["exclusiveMinimum"])
        }
        #expect(!faults(["exclusiveMinimum": true]).isEmpty)
    }

    @Test("What stands beside a reference means nothing, except in draft 2020-12")
    func siblings() throws {
        let schema: JSON = ["$ref": "#/definitions/a", "type": "string", "definitions": ["a": ["maxLength": 1]]]
        #expect(try violated(schema, 1, .openAPI30) == [])
        #expect(try violated(schema, 1, .swagger20) == [])
        #expect(try violated(schema, 1) == ["type"])
    }

    @Test("Keywords that a dialect does not have mean nothing in it")
    func absent() throws {
        #expect(try violated(["const": 1], 2, .openAPI30) == [])
        #expect(try violated(["if": true, "then": false], 2, .openAPI30) == [])
        #expect(try violated(["oneOf": [false]], 2, .swagger20) == [])
        #expect(try violated(["type": "file"], "bytes", .swagger20) == [])
        #expect(!faults(["type": ["string", "null"]], .openAPI30).isEmpty)
    }

    @Test("Requests must not send what is read-only, and need not; responses likewise for what is write-only")
    func directions() throws {
        let schema: JSON = [
            "required": ["id", "secret", "name"],
            "properties": [
                "id": ["$ref": "#/x-schemas/id"], "secret": ["type": "string", "writeOnly": true],
                "name": ["type": "string"],
            ],
            "x-schemas": ["id": ["type": "integer", "readOnly": true]],
        ]
        for dialect in [Schema.Dialect.openAPI30, .draft2020] {
            #expect(try violated(schema, ["secret": "s", "name": "n"], dialect, .request) == [])
            #expect(try violated(schema, ["id": 1, "secret": "s", "name": "n"], dialect, .request) == ["readOnly"])
            #expect(try violated(schema, ["id": 1, "name": "n"], dialect, .response) == [])
            #expect(try violated(schema, ["id": 1, "secret": "s", "name": "n"], dialect, .response) == ["writeOnly"])
            #expect(try violated(schema, ["id": 1, "name": "n"], dialect, .either) == ["required"])
            #expect(try violated(schema, ["id": 1, "secret": "s"], dialect, .response).contains("required"))
        }
        #expect(try violated(schema, ["id": 1, "secret": "s", "name": "n"], .swagger20, .response) == [])
    }

    private let pets: JSON = [
        "components": [
            "schemas": [
                "Pet": [
                    "oneOf": [["$ref": "#/components/schemas/Cat"], ["$ref": "#/components/schemas/Dog"]],
                    "discriminator": ["propertyName": "kind", "mapping": ["feline": "#/components/schemas/Cat"]],
                ],
                "Cat": [
                    "type": "object", "required": ["kind", "lives"], "properties": ["lives": ["type": "integer"]],
                ],
                "Dog": [
                    "type": "object", "required": ["kind", "barks"], "properties": ["barks": ["type": "boolean"]],
                ],
            ]
        ]
    ]

    @Test(
        "A discriminator decides which alternative a value must match",
        arguments: [
            (["kind": "Cat", "lives": 9], []), (["kind": "feline", "lives": 9], []),
            (["kind": "Dog", "barks": true], []),
            (["kind": "Dog", "lives": 9], ["required"]), (["kind": "Cow"], ["discriminator"]), ([:], ["oneOf"]),
            (1, ["oneOf"]),
        ] as [(JSON, [String])])
    func discriminator(value: JSON, keywords: [String]) throws {
        let schema = try Schema(pets, at: JSONPointer(["components", "schemas", "Pet"]), dialect: .openAPI30)
        #expect(schema.validate(value).map(\.keyword) == keywords)
        #expect(schema.isValid(value) == keywords.isEmpty)
    }

    @Test("A discriminator that is mapped to nothing is a fault")
    func mapping() {
        let schema: JSON = [
            "oneOf": [["$ref": "#/x-a"]], "discriminator": ["propertyName": "k", "mapping": ["b": "#/nowhere"]],
            "x-a": [:],
        ]
        #expect(faults(schema, .openAPI30) == ["/discriminator/mapping/b: the mapping leads nowhere"])
    }

    @Test("formats and read-only properties are tolerated where that is asked for, and nothing else is")
    func tolerance() throws {
        let schema = try Schema([
            "properties": [
                "id": ["type": "integer", "readOnly": true],
                "at": ["anyOf": [["type": "string", "format": "date-time"]], "maxLength": 30],
            ]
        ])
        let value: JSON = ["id": 1, "at": "yesterday"]
        let keywords = { (value: JSON, tolerance: Schema.Tolerance) in
            schema.validate(value, direction: .request, tolerating: tolerance).map(\.keyword)
        }
        #expect(keywords(value, []) == ["readOnly", "format"])
        #expect(keywords(value, .formats) == ["readOnly"] && keywords(value, .readOnly) == ["format"])
        #expect(keywords(value, [.formats, .readOnly]) == [])
        #expect(keywords(["id": "x", "at": 1], [.formats, .readOnly]) == ["type", "anyOf"])
    }

    @Test("a oneOf that says that its branches overlap is an anyOf on the way to the API")
    func overlap() throws {
        let schema = try Schema(["oneOf": [["minimum": 1], ["maximum": 5]], "x-overlaps": true])
        #expect(schema.isValid(3, direction: .request) && !schema.isValid(3, direction: .response))
        #expect(!schema.isValid(3))
    }

    @Test("a discriminator whose value nothing names leaves the choice to the branches, in both dialects")
    func unnamed() throws {
        for dialect in [Schema.Dialect.openAPI30, .draft2020] {
            let schema = try Schema(pets, at: JSONPointer(["components", "schemas", "Pet"]), dialect: dialect)
            #expect(schema.validate(["kind": "hound", "barks": true]).isEmpty)
            #expect(schema.validate(["kind": "feline", "lives": "x"]).map(\.keyword) == ["type"])
            #expect(schema.validate(["kind": "cow"]).map(\.keyword) == ["discriminator"])
        }
    }

    @Test("int32 and int64 bound whole numbers")
    func integers() throws {
        #expect(try violated(["format": "int32"], 2_147_483_647, .openAPI30) == [])
        #expect(try violated(["format": "int32"], 2_147_483_648, .openAPI30) == ["format"])
        #expect(try violated(["format": "int64"], 1.5, .openAPI30) == ["format"])
        #expect(try violated(["format": "int32"], 2_147_483_648) == [])
    }
}
