import Value

extension SampleGenerator {
    /// Optional members of one object at most.
    private static let mostOptional = 40

    mutating func object(_ facts: SampleFacts, _ depth: Int) -> JSON? {
        var members = JSONObject()
        var required = facts.required.filter { !facts.hidden.contains($0) }
        for name in required {
            guard let value = member(name, facts, depth) else { return Optional.none }
            members[name] = value
        }
        for name in optionalNames(facts, depth) where members[name] == nil {
            guard members.count < facts.maxProperties, let value = member(name, facts, depth) else { continue }
            members[name] = value
        }
        // What is there may ask for more.
        var index = 0
        while index < members.count {
            let name = members[index].key
            for (_, needs) in facts.dependent where facts.dependent.contains(where: { $0.name == name }) {
                for need in needs where members[need] == nil && isNeeded(need, by: name, facts) {
                    guard let value = member(need, facts, depth) else { return Optional.none }
                    members[need] = value
                    required.append(need)
                }
            }
            index += 1
        }
        addOthers(to: &members, facts, depth)
        return members.count >= facts.minProperties ? .object(members) : Optional.none
    }

    private func isNeeded(_ need: String, by name: String, _ facts: SampleFacts) -> Bool {
        facts.dependent.contains { $0.name == name && $0.needs.contains(need) }
    }

    private mutating func optionalNames(_ facts: SampleFacts, _ depth: Int) -> [String] {
        var names = facts.properties.map(\.name).filter { !facts.hidden.contains($0) && !facts.required.contains($0) }
        names.removeAll { name in facts.closures.contains { !$0.contains(name) } }
        let needed = max(0, facts.minProperties - facts.required.count)
        if depth >= wishes.depth { return Array(names.prefix(needed)) }
        switch wishes.fullness {
        case .none: return Array(names.prefix(needed))
        case .all: return Array(names.prefix(max(Self.mostOptional, needed)))
        case .some:
            // In order, so that those left out are spread.
            return names.enumerated().filter { $0.offset < needed || $0.offset < Self.mostOptional && random.oneIn(2) }
                .map(\.element)
        }
    }

    private mutating func member(_ name: String, _ facts: SampleFacts, _ depth: Int) -> JSON? {
        var schemas = facts.properties.first { $0.name.utf8.elementsEqual(name.utf8) }?.schemas ?? []
        let isKnown = !schemas.isEmpty
        var isMatched = false
        for (pattern, schema) in facts.patternProperties where matches(name, pattern) {
            schemas.append(schema)
            isMatched = true
        }
        if !isKnown && !isMatched { schemas += facts.others }
        return make(schemas, depth: depth + 1)
    }

    private mutating func matches(_ name: String, _ pattern: String) -> Bool {
        sample(of: pattern)?.isFound(in: name) ?? false
    }

    /// Members that no property names: as many as are needed, and one or two where their schema is told.
    private mutating func addOthers(to members: inout JSONObject, _ facts: SampleFacts, _ depth: Int) {
        var wanted = facts.minProperties - members.count
        let isTold = !facts.others.isEmpty || !facts.patternProperties.isEmpty
        if isTold, depth < wishes.depth, wishes.fullness != .none { wanted = max(wanted, 1 + random.below(2)) }
        wanted = min(wanted, facts.maxProperties - members.count, 64)
        guard wanted > 0 else { return }
        for _ in 0..<4 * wanted where wanted > 0 {
            guard let name = otherName(facts), members[name] == nil, let value = member(name, facts, depth) else {
                continue
            }
            members[name] = value
            wanted -= 1
        }
    }

    private mutating func otherName(_ facts: SampleFacts) -> String? {
        if !facts.names.isEmpty { return make(facts.names + [["type": "string"]], depth: 30)?.string }
        if let pattern = facts.patternProperties.first?.pattern,
            !facts.isOpen || facts.others.isEmpty || random.oneIn(2)
        {
            return sample(of: pattern)?.make(&random, atoms: SampleWishes.letters, longing: 1)
        }
        guard facts.isOpen, facts.closures.isEmpty else { return nil }
        return "extra_" + (random.pick(SampleWishes.letters) ?? "a") + (random.pick(SampleWishes.letters) ?? "b")
    }
}
