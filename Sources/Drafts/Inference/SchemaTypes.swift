import Value

/// The types that a schema's `type` names, in order, without those that another one includes.
struct SchemaTypes {
    private(set) var names: [String] = []

    /// Nil is none.
    init(_ written: JSON?) {
        for value in written?.array ?? [written].compactMap({ $0 }) { value.string.map { add($0) } }
    }

    /// The type of a value.
    init(of value: JSON) {
        switch value {
        case .null: names = ["null"]
        case .bool: names = ["boolean"]
        case .number(let number): names = [number.isInteger ? "integer" : "number"]
        case .string: names = ["string"]
        case .array: names = ["array"]
        case .object: names = ["object"]
        }
    }

    private mutating func add(_ name: String) {
        if name == "integer", names.contains("number") { return }
        if name == "number", let place = names.firstIndex(of: "integer") {
            names[place] = name
        } else if !names.contains(name) {
            names.append(name)
        }
    }

    /// The types of both, null last.
    func union(_ other: SchemaTypes) -> SchemaTypes {
        var result = self
        for name in other.names { result.add(name) }
        if let place = result.names.firstIndex(of: "null") { result.names.append(result.names.remove(at: place)) }
        return result
    }

    /// Those that the other does not name.
    func subtracting(_ other: SchemaTypes) -> SchemaTypes {
        var result = self
        result.names.removeAll { other.names.contains($0) || $0 == "integer" && other.names.contains("number") }
        return result
    }

    /// One name, or a list.
    var json: JSON { names.count == 1 ? .string(names[0]) : .array(names.map(JSON.string)) }
}
