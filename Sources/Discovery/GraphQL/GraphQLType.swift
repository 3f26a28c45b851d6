import Value

/// A type as a field or an argument has it.
indirect enum GraphQLType: Sendable, Hashable {
    case named(String)
    case list(GraphQLType)
    case nonNull(GraphQLType)

    private static let mostDepth = 8

    /// Nil for what is no type, or deeper than the query asked for.
    init?(_ json: JSON?, depth: Int = 0) {
        guard let json, depth < Self.mostDepth else { return nil }
        switch json["kind"]?.string {
        case "NON_NULL"?:
            guard let inner = GraphQLType(json["ofType"], depth: depth + 1) else { return nil }
            self = .nonNull(inner)
        case "LIST"?:
            guard let inner = GraphQLType(json["ofType"], depth: depth + 1) else { return nil }
            self = .list(inner)
        case .some:
            guard let name = json["name"]?.string, GraphQLSchema.isName(name) else { return nil }
            self = .named(name)
        case nil: return nil
        }
    }

    /// As GraphQL writes it.
    var text: String {
        switch self {
        case .named(let name): name
        case .list(let inner): "[\(inner.text)]"
        case .nonNull(let inner): inner.text + "!"
        }
    }

    var isRequired: Bool { if case .nonNull = self { true } else { false } }

    /// The named type within.
    var name: String {
        switch self {
        case .named(let name): name
        case .list(let inner), .nonNull(let inner): inner.name
        }
    }
}
