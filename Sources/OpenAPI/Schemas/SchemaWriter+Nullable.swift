import Value

extension SchemaWriter {
    /// Null in its spellings besides 3.1's list of types: `nullable`, and `x-nullable` in 2.0.
    func isNullable(_ source: JSONObject) -> Bool {
        ["nullable", "x-nullable", "x-isnullable"].contains { key in
            source[key].flatMap { $0.bool ?? SchemaTypes.coerce($0, to: ["boolean"])?.bool } ?? false
        }
    }

    /// The schema, for null as well.
    func admittingNull(_ schema: JSONObject) -> JSON {
        var schema = schema
        let applies = ["$ref", "allOf", "anyOf", "oneOf", "not", "if", "const"].contains { schema[$0] != nil }
        if applies {
            var outer = JSONObject()
            for key in ["title", "description", "default", "deprecated", "readOnly", "writeOnly", "examples"] {
                outer[key] = schema[key]
                schema[key] = nil
            }
            outer["anyOf"] = [.object(schema), ["type": "null"]]
            return .object(outer)
        }
        switch schema["type"] {
        case .string(let type)? where type != "null": schema["type"] = [.string(type), "null"]
        case .array(let types)? where !types.contains("null"): schema["type"] = .array(types + ["null"])
        default: break
        }
        if let allowed = schema["enum"]?.array, !allowed.contains(.null) { schema["enum"] = .array(allowed + [.null]) }
        return .object(schema)
    }
}
