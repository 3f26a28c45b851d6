import Value

/// JSON Schemas of arguments: input objects and enumerations stand in `$defs`, so that they may refer to themselves.
struct GraphQLVariables: Sendable {
    private static let mostDefinitions = 1000
    private let schema: GraphQLSchema
    private(set) var definitions: JSONObject = [:]
    private var waiting: [String] = []

    init(_ schema: GraphQLSchema) { self.schema = schema }

    /// The schema of `variables` for these arguments.
    mutating func variables(_ arguments: [GraphQLSchema.Argument]) -> JSON {
        let variables = object(arguments)
        while let name = waiting.popLast() { define(name) }
        return .object(variables)
    }

    private mutating func object(_ arguments: [GraphQLSchema.Argument]) -> JSONObject {
        var properties: JSONObject = [:]
        for argument in arguments {
            var schema = self.schema(argument.type)
            if !argument.description.isEmpty { schema["description"] = .string(argument.description) }
            properties[argument.name] = .object(schema)
        }
        let required = arguments.filter(\.isRequired).map { JSON.string($0.name) }
        var object: JSONObject = ["type": "object", "properties": .object(properties)]
        if !required.isEmpty { object["required"] = .array(required) }
        object["additionalProperties"] = false
        return object
    }

    private mutating func schema(_ type: GraphQLType) -> JSONObject {
        switch type {
        case .nonNull(let inner): return schema(inner)
        case .list(let inner): return ["type": "array", "items": .object(schema(inner))]
        case .named(let name):
            guard let definition = schema.types[name], definition.kind == .input || definition.kind == .enumeration
            else {
                return GraphQLScalars.input(name)
            }
            if definitions[name] == nil {
                guard definitions.count < Self.mostDefinitions else { return [:] }
                definitions[name] = .object([:])
                waiting.append(name)
            }
            return ["$ref": .string("#/$defs/\(name)")]
        }
    }

    private mutating func define(_ name: String) {
        guard let definition = schema.types[name] else { return }
        var object: JSONObject
        if definition.kind == .enumeration {
            object = ["type": "string", "enum": .array(definition.values.map(JSON.string))]
        } else {
            object = self.object(definition.inputs)
        }
        if !definition.description.isEmpty { object["description"] = .string(definition.description) }
        definitions[name] = .object(object)
    }
}
