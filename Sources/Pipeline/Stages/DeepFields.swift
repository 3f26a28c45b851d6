import Value

/// An object or list as fields whose names hold the way to each value: `[a][b]` and `[]`.
///
/// OpenAPI says of `deepObject` only what one level is; `filter[a][b]=1` and `ids[]=1` is how servers of most languages
/// read more.
struct DeepFields {
    /// Each key is what stands between the outermost brackets: `a`, `a][b`, or nothing.
    private(set) var fields: [(key: String, value: String)] = []

    private static let deepest = 8

    /// Nil for a scalar, and for what is too deep.
    init?(_ value: JSON) {
        guard value.object != nil || value.array != nil, add(value, nil, depth: 0) else { return nil }
    }

    private mutating func add(_ value: JSON, _ key: String?, depth: Int) -> Bool {
        guard depth <= Self.deepest else { return false }
        switch value {
        case .object(let object):
            for (name, member) in object {
                guard add(member, key.map { "\($0)][\(name)" } ?? name, depth: depth + 1) else { return false }
            }
        case .array(let elements):
            // Which members of several objects belong together, empty brackets cannot tell: those are numbered.
            let isFlat = elements.allSatisfy { $0.array == nil && $0.object == nil }
            for (index, element) in elements.enumerated() {
                let inner = isFlat ? "" : String(index)
                guard add(element, key.map { "\($0)][\(inner)" } ?? inner, depth: depth + 1) else { return false }
            }
        case .null: break
        case .bool, .number, .string: fields.append((key ?? "", value.parameterText ?? ""))
        }
        return true
    }
}
