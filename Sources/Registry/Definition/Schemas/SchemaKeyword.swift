import Value

/// What stands under a keyword of JSON Schema, as far as references are concerned.
enum SchemaKeyword {
    case reference, schema, list, map, data
    /// The object of `discriminator`, whose mapping refers to schemas.
    case discriminator
    /// Names and bases of schemas, and places for schemas: of no use once each reference leads to a place.
    case dropped

    static func kind(of key: String, _ value: JSON) -> SchemaKeyword {
        switch key {
        case "$ref", "$dynamicRef", "$recursiveRef": .reference
        case "$id", "$schema", "$anchor", "$dynamicAnchor", "$recursiveAnchor", "$defs", "definitions", "$vocabulary":
            .dropped
        case "discriminator": value["mapping"]?.object == nil ? .data : .discriminator
        case "properties", "patternProperties", "dependentSchemas": value.object == nil ? .data : .map
        case "allOf", "anyOf", "oneOf", "prefixItems": value.array == nil ? .data : .list
        case "items": value.array == nil ? .schema : .list
        case "additionalProperties", "additionalItems", "unevaluatedProperties", "unevaluatedItems", "propertyNames",
            "contains", "contentSchema", "not", "if", "then", "else":
            .schema
        default: .data
        }
    }

    /// The keywords by which a schema judges; what is mistyped among them lets everything through.
    static let judging = [
        "type", "enum", "const", "multipleOf", "maximum", "exclusiveMaximum", "minimum", "exclusiveMinimum",
        "maxLength", "minLength", "pattern", "format", "items", "prefixItems", "additionalItems", "maxItems",
        "minItems", "uniqueItems", "contains", "minContains", "maxContains", "maxProperties", "minProperties",
        "required", "properties", "patternProperties", "additionalProperties", "dependentSchemas", "dependentRequired",
        "dependencies", "propertyNames", "allOf", "anyOf", "oneOf", "not", "if", "then", "else", "unevaluatedItems",
        "unevaluatedProperties",
    ]

    /// All other keywords that published schemas have, OpenAPI's included.
    static let others: Set<String> = [
        "title", "description", "default", "deprecated", "readOnly", "writeOnly", "example", "examples",
        "definitions", "contentEncoding", "contentMediaType", "contentSchema", "nullable", "discriminator", "xml",
        "externalDocs",
    ]

    static func isKnown(_ key: String) -> Bool {
        key.hasPrefix("$") || key.hasPrefix("x-") || judging.contains(key) || others.contains(key)
    }
}
