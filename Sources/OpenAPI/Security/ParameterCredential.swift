import Value

/// Credentials that documents without security schemes describe as parameters.
enum ParameterCredential {
    private static let names: Set = [
        "authorization", "x-api-key", "api-key", "apikey", "x-apikey", "x-auth-token", "x-access-token", "access-token",
        "x-authorization", "auth-token", "private-token", "ocp-apim-subscription-key", "x-functions-key",
    ]

    /// The parameter of a header that carries credentials by its name, where most operations have it; and the security
    /// scheme that it amounts to.
    static func find(_ operations: [SourceOperation], _ references: References) -> (node: Node, scheme: Node)? {
        var found: [String: (node: Node, count: Int)] = [:]
        for operation in operations.prefix(2000) {
            let lists = [operation.item, operation.node].compactMap { $0.child("parameters")?.elements(atMost: 100) }
            var own: [String: Node] = [:]
            for node in lists.joined() {
                guard case .success(let target) = references.follow(node), let name = target.text("name"),
                    target.text("in")?.lowercased() == "header", names.contains(name.lowercased())
                else { continue }
                own[name.lowercased()] = target
            }
            for (name, node) in own { found[name] = (found[name]?.node ?? node, (found[name]?.count ?? 0) + 1) }
        }
        let most = found.sorted { $0.key < $1.key }.max { $0.value.count < $1.value.count }?.value
        guard let most, most.count * 2 > operations.count, let name = most.node.text("name") else { return nil }
        let scheme: JSON = ["type": "apiKey", "in": "header", "name": .string(name)]
        return (most.node, Node(place: most.node.place, value: scheme))
    }
}
