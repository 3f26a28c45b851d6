/// Where the keywords of the dialects have schemas, and which keywords there are.
enum Keyword {
    /// The value is a schema.
    static let single = [
        "additionalProperties", "contains", "else", "if", "items", "not", "propertyNames", "then", "unevaluatedItems",
        "unevaluatedProperties", "contentSchema",
    ]
    /// The value is an array of schemas.
    static let list = ["allOf", "anyOf", "oneOf", "prefixItems"]
    /// The value is an object of schemas; some of `dependencies` are arrays of names.
    static let map = [
        "$defs", "definitions", "dependencies", "dependentSchemas", "patternProperties", "properties",
    ]

    /// What else a schema of draft 2020-12 may have.
    static let other = [
        "$anchor", "$comment", "$dynamicAnchor", "$dynamicRef", "$id", "$ref", "$schema", "$vocabulary", "const",
        "contentEncoding", "contentMediaType", "default", "dependentRequired", "deprecated", "description", "enum",
        "examples", "exclusiveMaximum", "exclusiveMinimum", "format", "maxContains", "maximum", "maxItems", "maxLength",
        "maxProperties", "minContains", "minimum", "minItems", "minLength", "minProperties", "multipleOf", "pattern",
        "readOnly", "required", "title", "type", "uniqueItems", "writeOnly",
    ]

    /// What only OpenAPI's Schema Objects have.
    static let openAPI = ["discriminator", "example", "externalDocs", "nullable", "xml"]

    /// Says of a `oneOf` that its branches overlap: on the way to the API it is read as `anyOf`.
    static let overlaps = "x-overlaps"

    /// All names that are not a fault to those who refuse unknown ones.
    static let known = Set(single + list + map + other + openAPI)

    /// What OpenAPI 3.0 leaves out of draft 2020-12; such keywords are unknown there and mean nothing.
    static let absentFromOpenAPI30: Set = [
        "$anchor", "$defs", "$dynamicAnchor", "$dynamicRef", "$id", "$schema", "$vocabulary", "const", "contains",
        "dependencies", "dependentRequired", "dependentSchemas", "else", "if", "maxContains", "minContains",
        "patternProperties", "prefixItems", "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties",
    ]

    /// What OpenAPI 2.0 leaves out besides.
    static let absentFromSwagger20 = absentFromOpenAPI30.union(["anyOf", "not", "nullable", "oneOf", "writeOnly"])

    /// The keywords of each vocabulary, which mean nothing where it is not in use.
    static let validation: Set = [
        "const", "dependentRequired", "enum", "exclusiveMaximum", "exclusiveMinimum", "maxContains", "maximum",
        "maxItems", "maxLength", "maxProperties", "minContains", "minimum", "minItems", "minLength", "minProperties",
        "multipleOf", "pattern", "required", "type", "uniqueItems",
    ]
    static let applicator: Set = [
        "additionalProperties", "allOf", "anyOf", "contains", "dependentSchemas", "else", "if", "items", "not", "oneOf",
        "patternProperties", "prefixItems", "properties", "propertyNames", "then",
    ]
    static let unevaluated: Set = ["unevaluatedItems", "unevaluatedProperties"]
}
