import Value

/// The names of types, and what documents write for them.
enum SchemaTypes {
    static let names = ["string", "integer", "number", "boolean", "array", "object", "null"]

    /// The keywords that a name of a type stands for; nil where it says nothing.
    static func known(_ text: String) -> JSONObject? {
        if names.contains(text) { return ["type": .string(text)] }
        switch text.lowercased() {
        case let name where names.contains(name): return ["type": .string(name)]
        case "str", "text", "char", "character", "varchar", "enum", "html", "markdown", "url", "token":
            return ["type": "string"]
        case "file", "binary", "blob": return ["type": "string", "format": "binary"]
        case "byte", "bytes", "base64": return ["type": "string", "format": "byte"]
        case "date": return ["type": "string", "format": "date"]
        case "datetime", "date-time", "timestamp": return ["type": "string"]
        case "uuid", "guid": return ["type": "string", "format": "uuid"]
        case "email": return ["type": "string", "format": "email"]
        case "int", "int32", "int64", "long", "short", "bigint": return ["type": "integer"]
        case "float", "double", "decimal", "numeric": return ["type": "number"]
        case "bool": return ["type": "boolean"]
        case "list", "set": return ["type": "array"]
        case "map", "dict", "dictionary", "hash", "json", "struct": return ["type": "object"]
        default: return nil
        }
    }

    /// Whether a value is of one of these types.
    static func admits(_ types: [String], _ value: JSON) -> Bool {
        types.contains { type in
            switch (type, value) {
            case ("string", .string), ("boolean", .bool), ("array", .array), ("object", .object), ("null", .null),
                ("number", .number):
                true
            case ("integer", .number(let number)): number.isInteger
            default: false
            }
        }
    }

    /// The value of one of these types that another one was meant to be, as `"10"` for 10; nil where there is none.
    static func coerce(_ value: JSON, to types: [String]) -> JSON? {
        for type in types {
            switch (type, value) {
            case ("integer", .string(let text)), ("number", .string(let text)):
                guard let number = JSONNumber(text: text), type == "number" || number.isInteger else { continue }
                return .number(number)
            case ("string", .number(let number)): return .string(number.text)
            case ("string", .bool(let flag)): return flag ? "true" : "false"
            case ("boolean", .string(let text)):
                if text.lowercased() == "true" { return true }
                if text.lowercased() == "false" { return false }
            case ("boolean", .number(let number)):
                if number.int == 1 { return true }
                if number.int == 0 { return false }
            case ("array", .string), ("array", .number), ("array", .bool): return .array([value])
            default: continue
            }
        }
        return nil
    }
}
