import Value

/// The JSON Schema of an endpoint's arguments: one object, parameters and body properties beside each other.
enum ArgumentSchema {
    static func make(_ parameters: [Parameter], _ body: CompiledEndpoint.Body, _ bodySchema: JSON?) -> JSON {
        var properties = JSONObject()
        var required: [JSON] = []
        for parameter in parameters {
            properties[parameter.name] = parameter.schema
            if parameter.isRequired { required.append(.string(parameter.name)) }
        }
        switch body {
        case .none: break
        case .whole:
            properties["body"] = documented(bodySchema) ?? ["description": "The request's body, any JSON value."]
        case .properties(let names):
            for name in names { properties[name] = bodySchema?["properties"]?[name] }
            required += bodySchema?["required"]?.array ?? []
        }
        var schema: JSONObject = ["type": "object", "properties": .object(properties)]
        if !required.isEmpty { schema["required"] = .array(required) }
        schema["additionalProperties"] = false
        return .object(schema)
    }

    private static func documented(_ schema: JSON?) -> JSON? {
        guard var object = schema?.object else { return schema }
        object["content_type"] = nil
        return .object(object)
    }
}
