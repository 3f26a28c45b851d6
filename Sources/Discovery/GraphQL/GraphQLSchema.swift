import Value

/// What introspection answered, as far as it is used: bounded, and only what is well formed.
struct GraphQLSchema: Sendable {
    struct Argument: Sendable {
        var name: String
        var description: String
        var type: GraphQLType
        var hasDefault: Bool

        var isRequired: Bool { type.isRequired && !hasDefault }
    }

    struct Field: Sendable {
        var name: String
        var description: String
        var isDeprecated: Bool
        var arguments: [Argument]
        var type: GraphQLType
    }

    struct Definition: Sendable {
        enum Kind: String, Sendable {
            case scalar = "SCALAR"
            case object = "OBJECT"
            case interface = "INTERFACE"
            case union = "UNION"
            case enumeration = "ENUM"
            case input = "INPUT_OBJECT"
        }

        var kind: Kind
        var description: String
        var fields: [Field] = []
        var inputs: [Argument] = []
        var values: [String] = []

        var isLeaf: Bool { kind == .scalar || kind == .enumeration }
    }

    private static let mostTypes = 5000
    private static let mostMembers = 4000

    private(set) var types: [String: Definition] = [:]
    /// The fields of objects and interfaces that can be asked without arguments, scalars first.
    private(set) var selectable: [String: [Field]] = [:]
    private(set) var query: String?
    private(set) var mutation: String?
    private(set) var subscription: String?

    /// Nil where there is no schema with a query type in it.
    init?(_ answer: JSON) {
        guard let schema = answer["data"]?["__schema"], let list = schema["types"]?.array else { return nil }
        for type in list.prefix(Self.mostTypes) {
            guard let name = type["name"]?.string, Self.isName(name), !name.hasPrefix("__"),
                let kind = type["kind"]?.string.flatMap(Definition.Kind.init)
            else { continue }
            types[name] = Self.definition(type, kind)
        }
        query = schema["queryType"]?["name"]?.string
        mutation = schema["mutationType"]?["name"]?.string
        subscription = schema["subscriptionType"]?["name"]?.string
        guard let query, types[query] != nil else { return nil }
        for (name, definition) in types {
            let free = definition.fields.filter { !$0.isDeprecated && !$0.arguments.contains(where: \.isRequired) }
            selectable[name] = free.filter { isLeaf($0.type) } + free.filter { !isLeaf($0.type) }
        }
    }

    /// `[_A-Za-z][_0-9A-Za-z]*`, of a length that a name has.
    static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, !ASCIIText.isDigit(first), text.utf8.count <= 128 else { return false }
        return text.utf8.allSatisfy(ASCIIText.isWord)
    }

    private func isLeaf(_ type: GraphQLType) -> Bool { types[type.name]?.isLeaf ?? true }

    private static func definition(_ json: JSON, _ kind: Definition.Kind) -> Definition {
        var definition = Definition(kind: kind, description: text(json["description"]))
        for field in (json["fields"]?.array ?? []).prefix(mostMembers) {
            guard let name = field["name"]?.string, isName(name), let type = GraphQLType(field["type"]) else {
                continue
            }
            definition.fields.append(
                Field(
                    name: name, description: text(field["description"]),
                    isDeprecated: field["isDeprecated"]?.bool ?? false, arguments: arguments(field["args"]), type: type)
            )
        }
        definition.inputs = arguments(json["inputFields"])
        definition.values = (json["enumValues"]?.array ?? []).prefix(mostMembers).compactMap { value in
            value["name"]?.string.flatMap { isName($0) ? $0 : nil }
        }
        return definition
    }

    private static func arguments(_ json: JSON?) -> [Argument] {
        (json?.array ?? []).prefix(100).compactMap { argument in
            guard let name = argument["name"]?.string, isName(name), let type = GraphQLType(argument["type"]) else {
                return nil
            }
            let hasDefault = argument["defaultValue"].map { !$0.isNull } ?? false
            return Argument(
                name: name, description: text(argument["description"]), type: type, hasDefault: hasDefault)
        }
    }

    private static func text(_ json: JSON?) -> String { ASCIIText.shown(json?.string ?? "", bytes: 500) }
}
