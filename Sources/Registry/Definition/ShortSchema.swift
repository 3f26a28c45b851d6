import Value

/// The wizard's short form of a schema, `{"id": "string", "limit": "integer"}`.
enum ShortSchema {
    private static let types = ["string", "integer", "number", "boolean", "array", "object", "null"]

    /// The schema that a short form stands for; anything else unchanged.
    static func expand(_ value: JSON) -> JSON {
        guard let object = value.object, !object.isEmpty, !isSchema(object),
            object.allSatisfy({ types.contains($0.value.string ?? "") })
        else { return value }
        return [
            "type": "object",
            "properties": .object(JSONObject(object.map { ($0.key, ["type": $0.value]) })),
        ]
    }

    /// `{"type": "string"}` alone says what a schema says; beside other names, `type` is one of them.
    private static func isSchema(_ object: JSONObject) -> Bool {
        object.count == 1 && object["type"] != nil
    }
}
