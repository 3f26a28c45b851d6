import Value

extension SampleGenerator {
    /// Elements of one array at most.
    private static let mostElements = 1000

    mutating func array(_ facts: SampleFacts, _ depth: Int) -> JSON? {
        guard facts.minItems <= Self.mostElements else { return Optional.none }
        let wished =
            depth >= wishes.depth || wishes.fullness == .none ? facts.contains.isEmpty ? 0 : 1 : 1 + random.below(3)
        let count = max(facts.minItems, min(max(wished, facts.prefix.isEmpty ? 0 : facts.prefix.count), facts.maxItems))
        var elements: [JSON] = []
        for index in 0..<count {
            guard let element = element(index, facts, elements, depth) else {
                if elements.count >= facts.minItems { break }
                return Optional.none
            }
            elements.append(element)
        }
        return .array(elements)
    }

    private mutating func element(_ index: Int, _ facts: SampleFacts, _ before: [JSON], _ depth: Int) -> JSON? {
        var schemas = index < facts.prefix.count ? facts.prefix[index] : facts.items
        // What must be contained stands at the end of what has places of its own, or at the beginning.
        let place = index - facts.prefix.count
        if facts.contains.indices.contains(place) { schemas.append(facts.contains[place]) }
        for _ in 0..<(facts.isUnique ? 16 : 1) {
            guard let element = make(schemas, depth: depth + 1) else { return Optional.none }
            if !facts.isUnique || !before.contains(element) { return element }
        }
        return Optional.none
    }
}
