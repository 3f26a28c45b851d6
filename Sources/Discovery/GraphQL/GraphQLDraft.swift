import Drafts
import EgressPolicy
import Value

/// A draft of a GraphQL API: one endpoint for each field of its query type, whose body holds a fixed query and the
/// variables of that field. Mutations are listed and left out: a person may want them, discovery does not decide that.
struct GraphQLDraft: Sendable {
    private static let mostEndpoints = 2000
    private static let mostLeftOut = 500
    private let schema: GraphQLSchema
    private let path: String
    private var variables: GraphQLVariables

    init(_ schema: GraphQLSchema, path: String) {
        self.schema = schema
        self.path = path
        variables = GraphQLVariables(schema)
    }

    /// - Parameter origin: where it was found.
    mutating func draft(_ origin: Origin) -> Draft {
        let fields = schema.query.flatMap { schema.types[$0]?.fields } ?? []
        let names = EndpointNames.assign(
            fields.map { EndpointNames.Wish($0.name, method: "POST", path: "\(path) \($0.name)") })
        var operations: [DraftOperation] = []
        for (field, name) in zip(fields, names) {
            if operations.count < Self.mostEndpoints {
                operations.append(operation(field, name))
            } else {
                operations.append(leftOut("query", field, "too_many", "A definition holds at most 2,000 endpoints."))
            }
        }
        operations += others(
            "mutation", schema.mutation, "Mutations change things. Write an endpoint for those you want.")
        operations += others("subscription", schema.subscription, "Subscriptions are no calls that answer once.")
        let definition: JSONObject = [
            "name": .string("GraphQL at \(origin.host)"),
            "description": "Made from GraphQL introspection. Experimental: look at every endpoint before use.",
            "connection": ["base_url": .string(origin.description)],
            "$defs": .object(variables.definitions),
        ]
        return Draft(source: .graphql, definition: definition, operations: operations)
    }

    private mutating func operation(_ field: GraphQLSchema.Field, _ name: String) -> DraftOperation {
        let selection = GraphQLSelection(field.type, in: schema)
        let variables = variables.variables(field.arguments)
        let needsVariables = field.arguments.contains(where: \.isRequired)
        var properties: JSONObject = ["query": ["type": "string", "const": .string(query(field, selection))]]
        if !field.arguments.isEmpty { properties["variables"] = variables }
        let body: JSONObject = [
            "type": "object", "properties": .object(properties),
            "required": needsVariables ? ["query", "variables"] : ["query"], "additionalProperties": false,
        ]
        let data: JSON = [
            "type": ["object", "null"], "properties": .object(JSONObject([(field.name, selection.schema)])),
        ]
        let response: JSON = [
            "type": "object", "properties": ["data": data, "errors": ["type": "array", "items": ["type": "object"]]],
        ]
        let endpoint: JSONObject = [
            "name": .string(name),
            "description": .string(field.description.isEmpty ? "GraphQL query \(field.name)" : field.description),
            "method": "POST", "path": .string(path), "request_body": .object(body), "response_schema": response,
        ]
        var operation = DraftOperation(
            method: "POST", path: path, operationID: "query \(field.name)", isDeprecated: field.isDeprecated,
            endpoint: endpoint)
        if selection.isPartial {
            operation.findings.append(
                Finding(
                    .change, "selection_bounded",
                    "The query asks for fields that need no arguments, three levels deep. Write your own where more is "
                        + "wanted."))
        }
        return operation
    }

    private func query(_ field: GraphQLSchema.Field, _ selection: GraphQLSelection) -> String {
        guard !field.arguments.isEmpty else { return "query \(field.name) { \(field.name)\(selection.text) }" }
        let declared = field.arguments.map { "$\($0.name): \($0.declaredType)" }.joined(separator: ", ")
        let passed = field.arguments.map { "\($0.name): $\($0.name)" }.joined(separator: ", ")
        return "query \(field.name)(\(declared)) { \(field.name)(\(passed))\(selection.text) }"
    }

    private func others(_ kind: String, _ root: String?, _ message: String) -> [DraftOperation] {
        let fields = root.flatMap { schema.types[$0]?.fields } ?? []
        return fields.prefix(Self.mostLeftOut).map { leftOut(kind, $0, kind, message) }
    }

    private func leftOut(
        _ kind: String, _ field: GraphQLSchema.Field, _ code: String, _ message: String
    ) -> DraftOperation {
        DraftOperation(
            method: "POST", path: path, operationID: "\(kind) \(field.name)", isDeprecated: field.isDeprecated,
            findings: [Finding(.leftOut, code, message)])
    }
}

extension GraphQLSchema.Argument {
    /// A variable for an argument with a default may be left out, and then the argument's default counts.
    fileprivate var declaredType: String {
        guard hasDefault, case .nonNull(let inner) = type else { return type.text }
        return inner.text
    }
}
