package import Value

/// The schemas that the endpoints of one API share, each once, by the names that `$ref: "#/$defs/NAME"` gives them.
package final class SchemaDefinitions: Sendable {
    private let schemas: [String: JSON]
    /// The names that each schema refers to itself.
    private let uses: [String: Set<String>]

    init(schemas: [String: JSON], uses: [String: Set<String>]) {
        self.schemas = schemas
        self.uses = uses
    }

    /// The schema of that name.
    package subscript(name: String) -> JSON? { schemas[name] }

    /// Adds to `known` all names that `names` lead to, themselves included.
    ///
    /// - Returns: the names that were added, sorted.
    @discardableResult
    package func close(_ known: inout Set<String>, over names: Set<String>) -> [String] {
        var added = names.filter { known.insert($0).inserted }
        var rest = Array(added)
        while let name = rest.popLast() {
            for other in uses[name] ?? [] where known.insert(other).inserted {
                added.insert(other)
                rest.append(other)
            }
        }
        return added.sorted()
    }

    /// The names that lead to one of `targets`, themselves included.
    package func names(leadingTo targets: Set<String>) -> Set<String> {
        var users: [String: [String]] = [:]
        for (name, used) in uses { for target in used { users[target, default: []].append(name) } }
        var found = targets
        var rest = Array(targets)
        while let name = rest.popLast() {
            for user in users[name] ?? [] where found.insert(user).inserted { rest.append(user) }
        }
        return found
    }

    /// A schema with all it refers to under its own `$defs`.
    ///
    /// - Parameter uses: the names that it refers to itself.
    func selfContained(_ schema: JSON, uses: Set<String>) -> JSON {
        var known: Set<String> = []
        let names = close(&known, over: uses)
        guard !names.isEmpty, var object = schema.object else { return schema }
        object["$defs"] = .object(JSONObject(names.map { ($0, schemas[$0] ?? true) }))
        return .object(object)
    }
}
