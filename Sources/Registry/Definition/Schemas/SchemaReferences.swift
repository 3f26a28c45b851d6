import Value

extension SchemaDocument {
    /// Why a reference leads nowhere.
    enum Unresolved: Error {
        case elsewhere, nothing, notASchema

        var message: String {
            switch self {
            case .elsewhere:
                "Only references within this definition are followed: begin with #/, as in #/endpoints/0/response_schema."
            case .nothing: "This reference leads to nothing in the definition."
            case .notASchema: "This reference leads to something that is no schema."
            }
        }
    }

    private static let mostHops = 32

    /// What a schema at a place is, or refers to.
    func target(of schema: JSON, at pointer: JSONPointer) -> JSON {
        var (schema, pointer) = (schema, pointer)
        for _ in 0..<Self.mostHops {
            guard let reference = schema["$ref"]?.string,
                case .success(let place) = resolve(reference, within: Self.enclosingSchema(of: pointer)),
                let next = root[place]
            else { return schema }
            (schema, pointer) = (next, place)
        }
        return schema
    }

    /// The place that a `$ref` leads to. Nothing outside of the definition is ever looked at (S13).
    ///
    /// A pointer counts from the definition, with or without its `custom_api` wrapper, and where that leads nowhere from
    /// the schema it stands in, as in a schema that was written for itself. `#` alone is that schema, and `#name` its
    /// anchor of that name.
    func resolve(_ reference: String, within schema: JSONPointer) -> Result<JSONPointer, Unresolved> {
        guard reference.utf8.first == UInt8(ascii: "#"), let text = PercentDecoding.decode(reference.dropFirst()) else {
            return .failure(.elsewhere)
        }
        var target: JSONPointer?
        if text.isEmpty {
            target = schema
        } else if text.utf8.first == UInt8(ascii: "/") {
            guard let pointer = JSONPointer(text: text) else { return .failure(.nothing) }
            let inner = pointer.tokens.first == "custom_api" ? Array(pointer.tokens.dropFirst()) : pointer.tokens
            let candidates = [JSONPointer(inner), JSONPointer(schema.tokens + pointer.tokens)]
            target = candidates.first { root[$0] != nil }
        } else {
            target = anchor(text, in: schema)
        }
        guard let target, let value = root[target] else { return .failure(.nothing) }
        return value.object != nil || value.bool != nil ? .success(target) : .failure(.notASchema)
    }
}
