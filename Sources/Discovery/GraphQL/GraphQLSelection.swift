import Value

/// What a query asks of a type, and the schema of what comes back: fields without required arguments, not too deep.
struct GraphQLSelection: Sendable {
    /// ` { id name owner { id } }`; empty for scalars.
    private(set) var text: String
    private(set) var schema: JSON
    /// Whether something that could be asked was left out for its depth or number.
    private(set) var isPartial: Bool

    private struct Budget {
        var fields = 120
        var isPartial = false
    }

    private static let mostDepth = 3

    init(_ type: GraphQLType, in schema: GraphQLSchema) {
        var budget = Budget()
        let (text, shape) = Self.select(type, schema, path: [], &budget) ?? (" { __typename }", [:])
        self.text = text
        self.schema = shape
        isPartial = budget.isPartial
    }

    /// Nil where nothing of the type can be asked here.
    private static func select(
        _ type: GraphQLType, _ schema: GraphQLSchema, path: [String], _ budget: inout Budget
    ) -> (String, JSON)? {
        switch type {
        case .nonNull(let inner):
            return select(inner, schema, path: path, &budget).map { ($0, withoutNull($1)) }
        case .list(let inner):
            return select(inner, schema, path: path, &budget).map { ($0, ["type": ["array", "null"], "items": $1]) }
        case .named(let name):
            guard let definition = schema.types[name], !definition.isLeaf else {
                return ("", GraphQLScalars.output(name, schema.types[name]))
            }
            return object(name, definition, schema, path: path, &budget)
        }
    }

    private static func object(
        _ name: String, _ definition: GraphQLSchema.Definition, _ schema: GraphQLSchema, path: [String],
        _ budget: inout Budget
    ) -> (String, JSON)? {
        guard path.count < mostDepth, !path.contains(name) else {
            budget.isPartial = true
            return nil
        }
        var parts: [String] = []
        var properties: JSONObject = [:]
        var required: [JSON] = []
        for field in schema.selectable[name] ?? [] {
            guard budget.fields > 0 else {
                budget.isPartial = true
                break
            }
            budget.fields -= 1
            guard let (text, shape) = select(field.type, schema, path: path + [name], &budget) else { continue }
            parts.append(field.name + text)
            properties[field.name] = shape
            required.append(.string(field.name))
        }
        if parts.isEmpty {
            guard definition.kind == .union || path.isEmpty else { return nil }
            parts = ["__typename"]
            properties["__typename"] = ["type": "string"]
        }
        let shape: JSONObject = [
            "type": ["object", "null"], "properties": .object(properties), "required": .array(required),
        ]
        return (" { \(parts.joined(separator: " ")) }", .object(shape))
    }

    private static func withoutNull(_ schema: JSON) -> JSON {
        guard var object = schema.object else { return schema }
        if let types = object["type"]?.array {
            let rest = types.filter { $0 != "null" }
            object["type"] = rest.count == 1 ? rest[0] : .array(rest)
        }
        if let values = object["enum"]?.array { object["enum"] = .array(values.filter { !$0.isNull }) }
        return .object(object)
    }
}
