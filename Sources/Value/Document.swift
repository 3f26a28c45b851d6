/// A value together with the places its parts came from.
package struct Document: Sendable {
    /// A key that stood in its mapping before; this later one counts.
    package struct RepeatedKey: Sendable, Hashable {
        package let key: String
        package let position: Position

        package init(key: String, position: Position) {
            self.key = key
            self.position = position
        }
    }

    /// The whole value.
    package let root: JSON
    private let positions: PositionTree
    /// In the order of reading; empty unless its reader was told to accept them.
    package let repeatedKeys: [RepeatedKey]

    /// `positions` has the shape of `root`.
    package init(root: JSON, positions: PositionTree, repeatedKeys: [RepeatedKey] = []) {
        self.root = root
        self.positions = positions
        self.repeatedKeys = repeatedKeys
    }

    /// Where the value that `pointer` names begins; nil when the document has no such value.
    package func position(of pointer: JSONPointer) -> Position? {
        node(pointer)?.value
    }

    /// Where the key that `pointer` ends in begins; nil for elements of arrays, for the root and for what is not there.
    package func keyPosition(of pointer: JSONPointer) -> Position? {
        node(pointer)?.key
    }

    /// The position of `pointer` or, when it is not there, of the nearest thing around it that is.
    package func nearestPosition(of pointer: JSONPointer) -> Position {
        var pointer = pointer
        while true {
            if let position = position(of: pointer) { return position }
            guard let parent = pointer.parent else { return positions.value }
            pointer = parent
        }
    }

    /// The place of the key that begins at a position; nil where none does.
    package func pointer(ofKeyAt position: Position) -> JSONPointer? {
        var rest: [(value: JSON, node: PositionTree, pointer: JSONPointer)] = [(root, positions, .root)]
        while let (value, node, pointer) = rest.popLast() {
            if node.key == position { return pointer }
            for (offset, child) in node.children.enumerated() {
                switch value {
                case .object(let object):
                    rest.append((object[offset].value, child, pointer.appending(object[offset].key)))
                case .array(let elements): rest.append((elements[offset], child, pointer.appending(offset)))
                case .null, .bool, .number, .string: break
                }
            }
        }
        return nil
    }

    private func node(_ pointer: JSONPointer) -> PositionTree? {
        var value = root
        var node = positions
        for token in pointer.tokens {
            let offset: Int? =
                switch value {
                case .object(let object): object.offset(of: token)
                case .array: JSONPointer.index(token)
                case .null, .bool, .number, .string: nil
                }
            guard let offset, offset < node.children.count else { return nil }
            node = node.children[offset]
            switch value {
            case .object(let object): value = object[offset].value
            case .array(let elements): value = elements[offset]
            case .null, .bool, .number, .string: return nil
            }
        }
        return node
    }
}

/// The positions of a value, of its key when it has one, and of its members or elements in order.
package struct PositionTree: Sendable {
    /// Where the value begins.
    package var value: Position
    /// Where its key begins; nil when it has none.
    package var key: Position?
    /// Of the members or elements, in order.
    package var children: [PositionTree]

    package init(value: Position, key: Position? = nil, children: [PositionTree] = []) {
        self.value = value
        self.key = key
        self.children = children
    }
}
