import Value

/// The schema of a parameter: `schema`, or the short `type` with the keywords that may stand beside it.
struct ParameterSchema {
    private(set) var rewritten: SchemaLibrary.Rewritten
    /// Where it stands in the document as it was sent.
    let place: JSONPointer

    /// Keywords of JSON Schema that may stand in the parameter itself.
    private static let beside = [
        "enum", "const", "format", "pattern", "minLength", "maxLength", "minimum", "maximum", "exclusiveMinimum",
        "exclusiveMaximum", "multipleOf", "items", "minItems", "maxItems", "uniqueItems", "properties",
        "additionalProperties",
    ]
    private static let annotations = ["default", "example", "examples", "deprecated"]
    private static let types = ShortSchema.types.filter { $0 != "null" }

    static let advice = [
        "min": "Write \"minimum\", or \"minLength\" for the length of a string.",
        "max": "Write \"maximum\", or \"maxLength\" for the length of a string.",
    ]

    init(_ reader: ObjectReader, _ schemas: SchemaLibrary) {
        let short = reader.string("type")
        let value = reader.value("schema")
        let description = reader.text("description", bytes: 16 << 10)
        var schema: JSONObject
        if let value {
            place = reader.place("schema")
            for key in ["type"] + Self.beside where reader.value(key) != nil {
                reader.faults.invalid(reader.place(key), "Give \"\(key)\" in the parameter or \"schema\", not both.")
            }
            schema = value.object ?? (value.bool == false ? ["not": true] : [:])
            if value.object == nil, value.bool == nil {
                reader.faults.invalid(place, "\"schema\" must be a JSON Schema, not \(value.typeName).")
            }
        } else {
            place = reader.pointer
            schema = ["type": .string(Self.type(short, reader))]
            for key in Self.beside { schema[key] = reader.value(key) }
        }
        // Whatever it says of answers, a parameter is what callers give.
        schema["readOnly"] = .none
        if let description { schema["description"] = .string(description) }
        for key in Self.annotations {
            guard let value = reader.value(key), schema[key] == nil else { continue }
            schema[key] = value
        }
        rewritten = schemas.rewrite(
            .object(schema), at: place, within: SchemaDocument.enclosingSchema(of: schemas.document.pointer(place)))
    }

    /// The default that stands in the schema itself.
    var ownDefault: JSON? { rewritten.json["default"].flatMap { $0.isNull ? Optional.none : $0 } }

    /// Likewise, or in what the schema refers to.
    func anyDefault(in document: SchemaDocument) -> JSON? {
        if let ownDefault { return ownDefault }
        let pointer = document.pointer(place)
        guard let schema = document.root[pointer], let target = document.target(of: schema, at: pointer)["default"],
            !target.isNull
        else { return Optional.none }
        return target
    }

    private static func type(_ short: String?, _ reader: ObjectReader) -> String {
        guard let short else { return "string" }
        if types.contains(short) { return short }
        let near = SchemaTypos.type(meantBy: short).map { " Did you mean \"\($0)\"?" } ?? ""
        reader.faults.invalid(
            reader.place("type"), "\"type\" must be one of \(types.joined(separator: ", ")).\(near)")
        return "string"
    }
}
