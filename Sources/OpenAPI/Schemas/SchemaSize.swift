import Value

/// What a written schema costs and needs.
enum SchemaSize {
    private static let maps: Set = ["properties", "patternProperties", "dependentSchemas"]
    private static let lists: Set = ["allOf", "anyOf", "oneOf", "prefixItems"]
    private static let single: Set = [
        "additionalProperties", "unevaluatedProperties", "unevaluatedItems", "propertyNames", "contains", "items",
        "contentSchema", "not", "if", "then", "else",
    ]

    /// About how many bytes a value has as JSON; no more than `most` are looked at.
    static func bytes(_ value: JSON, atMost most: Int) -> Int {
        var total = 0
        var rest = [value]
        while let next = rest.popLast(), total <= most {
            switch next {
            case .null, .bool: total += 5
            case .number(let number): total += number.text.utf8.count + 1
            case .string(let text): total += text.utf8.count + 3
            case .array(let elements):
                total += elements.count + 2
                if total <= most { rest += elements }
            case .object(let object):
                total += object.reduce(2) { $0 + $1.key.utf8.count + 4 }
                if total <= most { rest += object.map(\.value) }
            }
        }
        return total
    }

    /// Schemas within, itself included.
    static func count(_ schema: JSON) -> Int {
        var total = 0
        visit(schema) { _ in total += 1 }
        return total
    }

    /// The names in `$defs` that it refers to.
    static func uses(_ schema: JSON) -> Set<String> {
        var names: Set<String> = []
        visit(schema) { schema in
            if let name = SchemaWriter.name(in: schema) { names.insert(name) }
            for (_, target) in schema["discriminator"]?["mapping"]?.object ?? [:] {
                if let name = SchemaWriter.name(in: ["$ref": target]) { names.insert(name) }
            }
        }
        return names
    }

    private static func visit(_ schema: JSON, _ body: (JSON) -> Void) {
        var rest = [schema]
        while let next = rest.popLast() {
            body(next)
            for (key, value) in next.object ?? [:] {
                if maps.contains(key) {
                    rest += (value.object ?? [:]).map(\.value)
                } else if lists.contains(key) {
                    rest += value.array ?? []
                } else if single.contains(key) {
                    rest.append(value)
                }
            }
        }
    }
}
