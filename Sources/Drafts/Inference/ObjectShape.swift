import Value

/// What was seen of the objects at one place. Names that look like somebody's data are not kept: their values count as
/// those of one map.
struct ObjectShape: Sendable {
    struct Member: Sendable {
        let name: String
        /// In how many objects it stood.
        var count: Int
        var shape: ValueShape
    }

    private(set) var count = 0
    private(set) var members: [Member] = []
    private var offsets: [ExactName: Int] = [:]
    /// What stands under names that are not kept: one shape, or none.
    private(set) var others: [ValueShape] = []
    /// Whether all names are a map's.
    private(set) var isMap = false
    /// Whether there were names beyond what could be remembered.
    private(set) var isPartial = false

    /// As many properties as an object is taken to have; beyond, it is a map.
    static let mostMembers = 256

    mutating func add(_ object: JSONObject, at depth: Int, _ budget: inout ValueShape.Budget) {
        count += 1
        for (name, value) in object {
            if let offset = offsets[ExactName(text: name)] {
                members[offset].count += 1
                members[offset].shape.add(value, at: depth + 1, &budget)
            } else if isMap || IdentifierKind(name) != nil {
                addOther(value, at: depth, &budget)
            } else {
                begin(name, at: depth, &budget) { shape, budget in shape.add(value, at: depth + 1, &budget) }
            }
        }
    }

    private mutating func begin(
        _ name: String, count: Int = 1, at depth: Int, _ budget: inout ValueShape.Budget,
        _ fill: (inout ValueShape, inout ValueShape.Budget) -> Void
    ) {
        guard budget.take(at: depth) else {
            isPartial = true
            return
        }
        var shape = ValueShape()
        fill(&shape, &budget)
        offsets[ExactName(text: name)] = members.count
        members.append(Member(name: name, count: count, shape: shape))
        if members.count > Self.mostMembers { becomeMap(at: depth, &budget) }
    }

    private mutating func addOther(_ value: JSON, at depth: Int, _ budget: inout ValueShape.Budget) {
        if others.isEmpty {
            guard budget.take(at: depth) else { return }
            others = [ValueShape()]
        }
        others[0].add(value, at: depth + 1, &budget)
    }

    private mutating func becomeMap(at depth: Int, _ budget: inout ValueShape.Budget) {
        isMap = true
        var all = others.first ?? ValueShape()
        for member in members { all.merge(member.shape, at: depth + 1, wasSpent: budget.isSpent, &budget) }
        others = [all]
        members = []
        offsets = [:]
    }

    mutating func merge(_ other: ObjectShape, at depth: Int, wasSpent: Bool, _ budget: inout ValueShape.Budget) {
        let mayLack = wasSpent && other.count > 0
        isPartial = isPartial || other.isPartial
        if other.isMap, !isMap { becomeMap(at: depth, &budget) }
        for member in other.members {
            if isMap {
                mergeOther(member.shape, at: depth, wasSpent: wasSpent, &budget)
            } else if let offset = offsets[ExactName(text: member.name)] {
                members[offset].count += member.count
                members[offset].shape.merge(member.shape, at: depth + 1, wasSpent: wasSpent, &budget)
            } else {
                begin(member.name, count: member.count, at: depth, &budget) { shape, budget in
                    shape.merge(member.shape, at: depth + 1, wasSpent: wasSpent, &budget)
                }
            }
        }
        if let theirs = other.others.first {
            mergeOther(theirs, at: depth, wasSpent: wasSpent, &budget)
        } else if mayLack, !others.isEmpty {
            others[0].becomeOpaque()
        }
        if mayLack {
            for offset in members.indices where other.offsets[ExactName(text: members[offset].name)] == nil {
                members[offset].shape.becomeOpaque()
            }
        }
        count += other.count
    }

    private mutating func mergeOther(
        _ shape: ValueShape, at depth: Int, wasSpent: Bool, _ budget: inout ValueShape.Budget
    ) {
        if others.isEmpty {
            guard budget.take(at: depth) else { return }
            others = [ValueShape()]
        }
        others[0].merge(shape, at: depth + 1, wasSpent: wasSpent, &budget)
    }
}

/// A name compared by its code points; Swift's own `==` takes canonically equivalent ones for the same.
struct ExactName: Hashable, Sendable {
    let text: String

    static func == (left: ExactName, right: ExactName) -> Bool {
        left.text.utf8.count == right.text.utf8.count && left.text.utf8.elementsEqual(right.text.utf8)
    }

    func hash(into hasher: inout Hasher) { hasher.combine(text) }
}
