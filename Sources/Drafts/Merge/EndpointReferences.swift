import Value

/// References from one endpoint to another's schema count endpoints (`#/endpoints/0/response_schema`). While lists are
/// merged, they name what they mean.
enum EndpointReferences {
    private static let deepest = 256

    /// The value with the number in each such reference replaced.
    ///
    /// - Parameter replacement: what stands for the text between the slashes; nil to leave it.
    static func renumber(_ value: JSON, depth: Int = 0, _ replacement: (String) -> String?) -> JSON {
        guard depth < deepest else { return value }
        switch value {
        case .array(let elements): return .array(elements.map { renumber($0, depth: depth + 1, replacement) })
        case .object(let object):
            return .object(
                JSONObject(
                    object.map { key, value in
                        if key == "$ref", let text = value.string, let new = renumbered(text, replacement) {
                            return (key, .string(new))
                        }
                        return (key, renumber(value, depth: depth + 1, replacement))
                    }))
        case .null, .bool, .number, .string: return value
        }
    }

    private static func renumbered(_ reference: String, _ replacement: (String) -> String?) -> String? {
        for prefix in ["#/endpoints/", "#/custom_api/endpoints/"] where reference.hasPrefix(prefix) {
            let rest = reference.dropFirst(prefix.count)
            let token = rest.prefix { $0 != "/" }
            return replacement(String(token)).map { prefix + $0 + rest.dropFirst(token.count) }
        }
        return nil
    }
}
