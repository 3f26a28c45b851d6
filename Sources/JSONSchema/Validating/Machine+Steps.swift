import Value

extension Machine {
    /// Applies what concerns the value itself: references and combinations.
    mutating func take(_ step: Step, _ value: JSON, _ node: Index, _ area: MarkArea) -> Bool {
        switch step {
        case .reference(let target):
            return evaluate(target, value, area)
        case .dynamic(let anchor, let fallback):
            return evaluate(dynamicTarget(anchor) ?? fallback, value, area)
        case .all(let branches):
            var isValid = true
            for place in branches.indices where isValid || isCollecting {
                isValid = evaluate(rows.branches[place], value, area) && isValid
            }
            return isValid
        case .any(let branches):
            return takeAny(branches, value, node, area)
        case .one(let branches, let overlaps):
            return takeOne(branches, overlaps: overlaps && direction == .request, value, node, area)
        case .not(let target):
            if !tries(target, value, .none) { return true }
            return fail(node, "not", "must not match the schema under not")
        case .condition(let condition, let consequence, let alternative):
            let branch = tries(condition, value, area) ? consequence : alternative
            return branch < 0 || evaluate(branch, value, area)
        case .discriminated(let place):
            return takeDiscriminated(place, value, node, area)
        }
    }

    /// Whether the value matches, in silence; marks count only if it does.
    private mutating func tries(_ target: Index, _ value: JSON, _ area: MarkArea) -> Bool {
        let wasCollecting = isCollecting
        isCollecting = false
        defer { isCollecting = wasCollecting }
        guard area.isWanted else { return evaluate(target, value, area) }
        guard spend(area.count / 8) else { return false }
        let own = marks.push(area.count)
        let isValid = evaluate(target, value, own)
        marks.pop(own, into: isValid ? area : .none)
        return isValid
    }

    private mutating func takeAny(_ branches: Run32, _ value: JSON, _ node: Index, _ area: MarkArea) -> Bool {
        var isValid = false
        for place in branches.indices where !isValid || area.isWanted {
            if tries(rows.branches[place], value, area) { isValid = true }
            if isExhausted { return false }
        }
        if isValid { return true }
        return explain(branches, value, area) { machine in
            machine.fail(node, "anyOf", "must match at least one of \(branches.count) schemas")
        }
    }

    private mutating func takeOne(
        _ branches: Run32, overlaps: Bool, _ value: JSON, _ node: Index, _ area: MarkArea
    ) -> Bool {
        var matches = 0
        for place in branches.indices {
            if tries(rows.branches[place], value, area) { matches += 1 }
            if isExhausted { return false }
            if matches > 1, !overlaps {
                return fail(node, "oneOf", "must match exactly one schema, but matches several")
            }
        }
        if matches > 0 { return true }
        return explain(branches, value, area) { machine in
            machine.fail(node, "oneOf", "must match exactly one of \(branches.count) schemas, but matches none")
        }
    }

    /// Says why no branch matched: what is wrong by the only one that is for values of this type, when there is just
    /// one.
    private mutating func explain(
        _ branches: Run32, _ value: JSON, _ area: MarkArea, _ failure: (inout Machine) -> Bool
    ) -> Bool {
        guard isCollecting else { return false }
        let candidates = branches.indices.map { rows.branches[$0] }.filter { concerns($0, value) }
        guard candidates.count == 1 else { return failure(&self) }
        let before = draftCount
        _ = evaluate(candidates[0], value, .none)
        return draftCount > before ? false : failure(&self)
    }

    /// Whether a schema is for values of this one's type, as far as its own `type`, or that of what it refers to,
    /// tells.
    private func concerns(_ index: Index, _ value: JSON) -> Bool {
        var index = index
        for _ in 0..<8 {
            let node = rows.nodes[Int(index)]
            if node.types.intersection(value.types).isEmpty { return false }
            guard node.steps.count == 1, case .reference(let target) = rows.steps[Int(node.steps.start)] else { break }
            index = target
        }
        return true
    }

    /// The outermost schema in the dynamic scope under the anchor's name (core, section 8.2.3.2).
    private func dynamicTarget(_ anchor: Index) -> Index? {
        let targets = rows.anchors[Int(anchor)].targets
        for resource in scope {
            if let target = targets.first(where: { $0.resource == resource }) { return target.node }
        }
        return nil
    }

    private mutating func takeDiscriminated(_ place: Index, _ value: JSON, _ node: Index, _ area: MarkArea) -> Bool {
        let discriminator = rows.discriminators[Int(place)]
        guard case .object(let object) = value, case .string(let name)? = object[discriminator.property] else {
            return take(discriminator.otherwise, value, node, area)
        }
        let branch = discriminator.names.place(of: name, rows.slots, rows.nameBytes)
        if branch >= 0 { return evaluate(discriminator.branches[Int(branch)], value, area) }
        // Documents leave values out of their mapping that the branches themselves name.
        let wasCollecting = isCollecting
        isCollecting = false
        let isAdmitted = take(discriminator.otherwise, value, node, area)
        isCollecting = wasCollecting
        if isAdmitted { return true }
        if isExhausted { return false }
        let before = draftCount
        let isValid = fail(node, "discriminator", "must be one of the names that the discriminator knows")
        lead(before, through: discriminator.property)
        return isValid
    }
}

extension JSON {
    /// The types that the value may have; both kinds for numbers.
    fileprivate var types: TypeSet {
        switch self {
        case .null: .null
        case .bool: .boolean
        case .number: .number
        case .string: .string
        case .array: .array
        case .object: .object
        }
    }
}
