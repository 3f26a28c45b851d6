package import Registry
package import Value

extension SchemaChange.Edit {
    /// What turns one self-contained schema into the other. What both share under `$defs` is compared; names that only
    /// one has are no edits, for they came or went with their references.
    package static func from(_ old: JSON, to new: JSON) -> [SchemaChange.Edit] {
        var edits: [SchemaChange.Edit] = []
        compare(old.without("$defs"), new.without("$defs"), at: .root, &edits)
        for (name, schema) in old["$defs"]?.object ?? [:] {
            guard let other = new["$defs"]?[name] else { continue }
            compare(schema, other, at: JSONPointer(["$defs", name]), &edits)
        }
        return edits
    }

    private static func compare(
        _ old: JSON, _ new: JSON, at pointer: JSONPointer, _ edits: inout [SchemaChange.Edit]
    ) {
        guard old != new else { return }
        switch (old, new) {
        case (.object(let old), .object(let new)):
            for (key, value) in old {
                let inner = pointer.appending(key)
                if let other = new[key] {
                    compare(value, other, at: inner, &edits)
                } else {
                    edits.append(Self(pointer: inner, old: value, new: nil))
                }
            }
            for (key, value) in new where old[key] == nil {
                edits.append(Self(pointer: pointer.appending(key), old: nil, new: value))
            }
        case (.array(let old), .array(let new)) where old.count <= new.count && old.allSatisfy({ $0.object != nil }):
            // Schemas in a list: those that stay are not written anew.
            for (index, value) in new.enumerated() {
                let inner = pointer.appending(index)
                if index < old.count {
                    compare(old[index], value, at: inner, &edits)
                } else {
                    edits.append(Self(pointer: inner, old: nil, new: value))
                }
            }
        default:
            edits.append(Self(pointer: pointer, old: old, new: new))
        }
    }
}

extension JSON {
    func without(_ key: String) -> JSON {
        guard var object, object[key] != nil else { return self }
        object[key] = nil
        return .object(object)
    }

    /// With these edits made; one whose place is not there is passed over.
    package func applying(_ edits: [SchemaChange.Edit]) -> JSON {
        edits.reduce(self) { value, edit in value.changing(edit.pointer.tokens[...]) { _ in edit.new } ?? .null }
    }

    /// With what stands at a place changed: to nil, taken away. An element can be put behind the last one.
    func changing(_ tokens: ArraySlice<String>, _ change: (JSON?) -> JSON?) -> JSON? {
        guard let token = tokens.first else { return change(self) }
        let isLast = tokens.count == 1
        switch self {
        case .object(var object):
            guard let value = object[token] else {
                if isLast, let new = change(nil) { object[token] = new }
                return .object(object)
            }
            object[token] = value.changing(tokens.dropFirst(), change)
            return .object(object)
        case .array(var elements):
            guard let index = Int(token) else { return self }
            if elements.indices.contains(index) {
                if let new = elements[index].changing(tokens.dropFirst(), change) {
                    elements[index] = new
                } else {
                    elements.remove(at: index)
                }
            } else if index == elements.count, isLast, let new = change(nil) {
                elements.append(new)
            }
            return .array(elements)
        default:
            return self
        }
    }
}
