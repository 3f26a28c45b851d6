import Value

/// Schemas that apply themselves to the same value without end, which nothing could be compared with.
struct SchemaCycles {
    private static let lists = ["allOf", "anyOf", "oneOf"]
    private static let single = ["not", "if", "then", "else"]

    private let writer: SchemaWriter
    private var edges: [String: Set<String>] = [:]

    init(_ writer: SchemaWriter) { self.writer = writer }

    /// Takes the references that close such circles out of the schemas in `$defs`, and says which were changed.
    mutating func breakAll() -> [String] {
        for (name, schema) in writer.shared { edges[name] = Self.same(schema.json) }
        var changed: [String] = []
        for (name, target) in closing() {
            guard let json = writer.shared[name]?.json else { continue }
            writer.replace(name, with: Self.without(target, json))
            changed.append(name)
        }
        return changed.sorted()
    }

    /// The references that a search by depth finds to lead back.
    private func closing() -> [(String, String)] {
        var done: Set<String> = []
        var open: Set<String> = []
        var found: [(String, String)] = []
        for root in edges.keys.sorted() where !done.contains(root) {
            var path: [(name: String, rest: [String])] = [(root, (edges[root] ?? []).sorted())]
            open.insert(root)
            while let last = path.indices.last {
                guard let next = path[last].rest.popLast() else {
                    let name = path.removeLast().name
                    open.remove(name)
                    done.insert(name)
                    continue
                }
                if open.contains(next) {
                    found.append((path[last].name, next))
                } else if !done.contains(next) {
                    open.insert(next)
                    path.append((next, (edges[next] ?? []).sorted()))
                }
            }
        }
        return found
    }

    /// The names that a schema applies to the very value it is applied to.
    private static func same(_ schema: JSON) -> Set<String> {
        var names: Set<String> = []
        var rest = [schema]
        while let next = rest.popLast() {
            if let name = SchemaWriter.name(in: next) { names.insert(name) }
            for key in lists { rest += next[key]?.array ?? [] }
            for key in single { if let inner = next[key] { rest.append(inner) } }
            rest += (next["dependentSchemas"]?.object ?? [:]).map(\.value)
        }
        return names
    }

    /// The schema without the references of this name that apply to the same value.
    private static func without(_ name: String, _ schema: JSON) -> JSON {
        guard var object = schema.object else { return schema }
        if SchemaWriter.name(in: schema) == name { object["$ref"] = nil }
        for key in lists {
            guard let list = object[key]?.array else { continue }
            let kept = list.filter { SchemaWriter.name(in: $0) != name }.map { without(name, $0) }
            if kept.isEmpty { object[key] = nil } else { object[key] = .array(kept) }
        }
        for key in single {
            guard let inner = object[key] else { continue }
            if SchemaWriter.name(in: inner) == name {
                for key in key == "not" ? ["not"] : ["if", "then", "else"] { object[key] = nil }
            } else {
                object[key] = without(name, inner)
            }
        }
        if let dependent = object["dependentSchemas"]?.object {
            object["dependentSchemas"] = .object(JSONObject(dependent.map { ($0.key, without(name, $0.value)) }))
        }
        return .object(object)
    }
}
