import Drafts
package import Registry
package import Value

extension Deviation.Kind {
    /// The kinds of an answer's mismatches, each once, in their order.
    package static func all(
        of mismatches: [EndpointSchema.Mismatch], in answer: JSON, of endpoint: CompiledEndpoint
    ) -> [Deviation.Kind] {
        var kinds: [Deviation.Kind] = []
        for mismatch in mismatches {
            let place = endpoint.responsePlaces.place(of: mismatch.schema) ?? mismatch.schema
            let kind = Deviation.Kind(
                schema: "\(place)", keyword: mismatch.keyword, path: template(of: mismatch.pointer, in: answer),
                found: found(mismatch, in: answer))
            if !kinds.contains(kind) { kinds.append(kind) }
        }
        return kinds
    }

    /// The place with `*` for any element, and for names that look like somebody's data.
    private static func template(of pointer: JSONPointer, in answer: JSON) -> String {
        var tokens: [String] = []
        var value: JSON? = answer
        for token in pointer.tokens {
            switch value {
            case .array(let elements)?:
                tokens.append("*")
                value = Int(token).flatMap { elements.indices.contains($0) ? elements[$0] : nil }
            case .object(let object)?:
                tokens.append(IdentifierKind(token) == nil ? token : "*")
                value = object[token]
            default:
                tokens.append("*")
                value = nil
            }
        }
        return "\(JSONPointer(tokens))"
    }

    private static func found(_ mismatch: EndpointSchema.Mismatch, in answer: JSON) -> String {
        // A name that is missing belongs to the object, which is there.
        mismatch.keyword == "required" ? "absent" : answer[mismatch.pointer]?.schemaType ?? "absent"
    }
}

extension JSON {
    /// The narrowest type of JSON Schema.
    var schemaType: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .number(let number): number.isInteger ? "integer" : "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}
