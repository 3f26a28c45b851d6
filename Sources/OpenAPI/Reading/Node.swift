import Value

/// Where something stands: in which file, and where in it.
struct Place: Hashable {
    let file: Int
    let pointer: JSONPointer

    /// Whether `other` is this place or within it.
    func holds(_ other: Place) -> Bool { file == other.file && other.pointer.tokens.starts(with: pointer.tokens) }
}

/// A value of the source, and where it stands.
struct Node {
    let place: Place
    let value: JSON

    /// The member `key`; nil where it is absent or null.
    func child(_ key: String) -> Node? {
        guard let value = value[key], !value.isNull else { return nil }
        return Node(place: Place(file: place.file, pointer: place.pointer.appending(key)), value: value)
    }

    /// The members, in order.
    ///
    /// - Parameter most: how many at most. References let any number of operations share one list, so that lists which
    ///   are read for each of them need a bound.
    func members(atMost most: Int = .max) -> [(key: String, node: Node)] {
        (value.object ?? [:]).prefix(most).map { member in
            let pointer = place.pointer.appending(member.key)
            return (member.key, Node(place: Place(file: place.file, pointer: pointer), value: member.value))
        }
    }

    /// The elements, in order, with a bound as ``members(atMost:)`` has it.
    func elements(atMost most: Int = .max) -> [Node] {
        (value.array ?? []).prefix(most).enumerated().map { index, value in
            Node(place: Place(file: place.file, pointer: place.pointer.appending(index)), value: value)
        }
    }

    /// The text under `key`, where there is one that is not empty.
    func text(_ key: String) -> String? {
        guard let text = value[key]?.string, !text.isEmpty else { return nil }
        return text
    }

    /// The flag under `key`, also where it was written as a text.
    func flag(_ key: String) -> Bool? {
        switch value[key] {
        case .bool(let flag)?: flag
        case .string("true")?, .string("True")?: true
        case .string("false")?, .string("False")?: false
        default: nil
        }
    }
}
