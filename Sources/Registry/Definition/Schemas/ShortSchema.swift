package import Value

/// The wizard's short form of a schema, `{"id": "string", "limit": "integer"}`.
package enum ShortSchema {
    /// The types that JSON Schema knows.
    static let types = ["string", "integer", "number", "boolean", "array", "object", "null"]

    /// Keywords whose values are strings; beside `type` they make a schema of what could be a short form.
    private static let keywords: Set<String> = [
        "type", "title", "description", "format", "pattern", "default", "example", "$comment", "contentEncoding",
        "contentMediaType", "content_type",
    ]

    /// The schema that a short form stands for; anything else unchanged.
    package static func expand(_ value: JSON) -> JSON {
        guard let object = value.object, !object.isEmpty, !isSchema(object),
            object.allSatisfy({ types.contains($0.value.string ?? "") })
        else { return value }
        return [
            "type": "object",
            "properties": .object(JSONObject(object.map { ($0.key, ["type": $0.value]) })),
        ]
    }

    /// `{"type": "string"}` says what a schema says; beside other names, `type` is one of them.
    private static func isSchema(_ object: JSONObject) -> Bool {
        object["type"] != nil && object.keys.allSatisfy(keywords.contains)
    }
}
