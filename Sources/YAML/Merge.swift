import Value

/// The merge key `<<`: the members of a mapping, or of several, that the mapping around it does not have itself.
enum Merge {
    /// Appends the members of `source` that `object` lacks. Of several mappings the earlier one counts.
    static func add(
        _ source: Node, to object: inout JSONObject, _ positions: inout PositionTree
    ) throws(YAMLError) {
        let place = source.positions.key ?? source.positions.value
        switch source.value {
        case .object(let members):
            add(members, source.positions, to: &object, &positions)
        case .array(let elements):
            for (element, tree) in zip(elements, source.positions.children) {
                guard case .object(let members) = element else { throw wrongType(element, at: place) }
                add(members, tree, to: &object, &positions)
            }
        case .null, .bool, .number, .string:
            throw wrongType(source.value, at: place)
        }
    }

    private static func add(
        _ members: JSONObject, _ tree: PositionTree, to object: inout JSONObject, _ positions: inout PositionTree
    ) {
        for (member, position) in zip(members, tree.children) where object.add(member.key, member.value) == nil {
            positions.children.append(position)
        }
    }

    private static func wrongType(_ value: JSON, at position: Position) -> YAMLError {
        YAMLError("the merge key << takes a mapping or a sequence of mappings, not \(value.typeName)", at: position)
    }
}
