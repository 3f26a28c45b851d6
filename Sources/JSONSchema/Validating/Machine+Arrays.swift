import Value

extension Machine {
    mutating func check(_ elements: [JSON], _ place: Index, _ node: Index, _ area: MarkArea) -> Bool {
        let rules = rows.arrays[Int(place)]
        var isValid = true
        if elements.count < rules.minimum {
            isValid = fail(node, "minItems", "must have at least \(rules.minimum) elements")
        }
        if elements.count > rules.maximum {
            isValid = fail(node, "maxItems", "must have at most \(rules.maximum) elements")
        }
        if rules.isUnique, isValid || isCollecting, !areUnique(elements) {
            if isExhausted { return false }
            isValid = fail(node, "uniqueItems", "must not have equal elements")
        }
        guard rules.visitsElements, isValid || isCollecting else { return isValid }
        if !visit(elements, rules, area) { isValid = false }
        if rules.contains >= 0, isValid || isCollecting { isValid = count(elements, rules, node, area) && isValid }
        return isValid
    }

    /// `prefixItems` and `items`.
    private mutating func visit(_ elements: [JSON], _ rules: ArrayRules, _ area: MarkArea) -> Bool {
        var isValid = true
        for offset in elements.indices {
            var schema = rules.items
            if offset < rules.prefix.count { schema = rows.branches[Int(rules.prefix.start) + offset] }
            guard schema >= 0 else { break }
            let before = draftCount
            if !evaluate(schema, elements[offset], .none) {
                isValid = false
                lead(before, through: String(offset))
                if !isCollecting || isDone { return false }
            }
            marks.mark(offset, in: area)
        }
        return isValid
    }

    private mutating func count(_ elements: [JSON], _ rules: ArrayRules, _ node: Index, _ area: MarkArea) -> Bool {
        let wasCollecting = isCollecting
        isCollecting = false
        var matches = 0
        for offset in elements.indices {
            if evaluate(rules.contains, elements[offset], .none) {
                matches += 1
                marks.mark(offset, in: area)
            }
            if isExhausted { break }
            // Beyond what is asked for, further matches matter only to those who ask which elements they are.
            if matches >= rules.minimumContains, rules.maximumContains == .max, !area.isWanted { break }
        }
        isCollecting = wasCollecting
        if isExhausted { return false }
        if matches < rules.minimumContains {
            let keyword = rules.minimumContains == 1 ? "contains" : "minContains"
            return fail(node, keyword, "must have at least \(rules.minimumContains) elements that match contains")
        }
        if matches > rules.maximumContains {
            return fail(
                node, "maxContains", "must have at most \(rules.maximumContains) elements that match contains")
        }
        return true
    }

    private mutating func areUnique(_ elements: [JSON]) -> Bool {
        guard elements.count > 1 else { return true }
        var weight = 0
        for element in elements { weight += element.weight }
        // Few elements are compared in pairs, which allocates nothing; many are hashed, which is linear.
        let isFew = elements.count <= 16
        guard spend(isFew ? weight * elements.count / 4 : weight * 2) else { return false }
        guard isFew else { return Set(elements).count == elements.count }
        for last in 1..<elements.count {
            for first in 0..<last where elements[first] == elements[last] { return false }
        }
        return true
    }
}

extension JSON {
    /// About how much it costs to compare or hash the value: its parts, and 32 bytes of text as one.
    var weight: Int {
        switch self {
        case .null, .bool: 1
        case .number(let number): 1 + number.text.utf8.count / 32
        case .string(let string): 1 + string.utf8.count / 32
        case .array(let elements): elements.reduce(1) { $0 + $1.weight }
        case .object(let object): object.reduce(1) { $0 + 1 + $1.key.utf8.count / 32 + $1.value.weight }
        }
    }
}
