import Value

/// GraphQL's scalars in JSON Schema. Those that a server defined itself may be anything.
enum GraphQLScalars {
    private static func type(_ name: String) -> JSON? {
        switch name {
        case "String", "ID": "string"
        case "Int": "integer"
        case "Float": "number"
        case "Boolean": "boolean"
        // A bare nil would be JSON's null here.
        default: Optional.none
        }
    }

    /// Of an answer: everything may be null until the type says that it may not.
    static func output(_ name: String, _ definition: GraphQLSchema.Definition?) -> JSON {
        if let definition, definition.kind == .enumeration, !definition.values.isEmpty {
            return ["type": ["string", "null"], "enum": .array(definition.values.map(JSON.string) + [.null])]
        }
        guard let type = type(name) else { return [:] }
        // Servers differ in whether an identifier is written as a number.
        return ["type": name == "ID" ? ["string", "integer", "null"] : [type, "null"]]
    }

    /// Of a variable.
    static func input(_ name: String) -> JSONObject {
        guard let type = type(name) else { return ["description": .string("GraphQL scalar \(name)")] }
        return ["type": type]
    }
}
