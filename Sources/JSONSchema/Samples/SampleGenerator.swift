package import Value

/// Makes values that follow a JSON Schema: arguments to try an endpoint with, and examples to show.
///
/// Draft 2020-12 as it occurs in descriptions of APIs; `$ref` leads inside the schema. Whatever is made has been
/// validated, so that a keyword not understood here costs attempts and never a wrong value. The same seed makes the same
/// values everywhere.
package struct SampleGenerator {
    let root: JSON
    let wishes: SampleWishes
    var random: SplitMix64
    /// Values that the current attempt may still make.
    var nodesLeft = 0
    /// Patterns already compiled, for strings.
    var patterns: [String: PatternSample] = [:]
    private let violations: (JSON) -> [JSONPointer]

    /// How often a whole value is begun anew.
    private static let attempts = 12
    /// How many parts of one value are taken out again.
    private static let repairs = 24

    /// - Parameters:
    ///   - schema: self-contained.
    ///   - violations: judges what was made: where it does not follow the schema.
    package init(
        _ schema: JSON, seed: UInt64, wishes: SampleWishes = SampleWishes(),
        violations: @escaping (JSON) -> [JSONPointer]
    ) {
        root = schema
        self.wishes = wishes
        random = SplitMix64(seed: seed)
        self.violations = violations
    }

    /// - Throws: `SchemaError` for what is no schema.
    package init(_ schema: JSON, seed: UInt64, wishes: SampleWishes = SampleWishes()) throws(SchemaError) {
        let compiled = try Schema(schema)
        self.init(schema, seed: seed, wishes: wishes) { value in
            compiled.isValid(value, direction: wishes.direction)
                ? [] : compiled.validate(value, direction: wishes.direction).map(\.pointer)
        }
    }

    /// The next value; nil where none is found in a bounded number of attempts, which does not say that there is none.
    package mutating func next() -> JSON? {
        for _ in 0..<Self.attempts {
            nodesLeft = wishes.nodes
            if let value = make([root], depth: 0), let sound = repaired(value) { return sound }
        }
        return nil
    }

    /// The value without those of its members and elements that are wrong.
    private func repaired(_ value: JSON) -> JSON? {
        var value = value
        var wrong = violations(value)
        for _ in 0..<Self.repairs {
            guard let first = wrong.first else { return value }
            var tokens = first.tokens
            var better: (JSON, [JSONPointer])?
            while better == nil, !tokens.isEmpty {
                if let smaller = value.removing(tokens[...]) {
                    let left = violations(smaller)
                    if left.count < wrong.count { better = (smaller, left) }
                }
                tokens.removeLast()
            }
            guard let better else { return nil }
            (value, wrong) = better
        }
        return wrong.isEmpty ? value : nil
    }

    /// A value that follows all of the schemas, as far as can be seen from here.
    mutating func make(_ schemas: [JSON], depth: Int) -> JSON? {
        // What must be there is there in any depth; a schema that asks for itself without end has no values.
        guard nodesLeft > 0, depth < 32 else { return nil }
        nodesLeft -= 1
        for _ in 0..<(depth < 4 ? 3 : 1) {
            var facts = SampleFacts()
            guard gather(schemas, into: &facts, hops: 0) else { continue }
            if let value = value(facts, depth) { return value }
        }
        return nil
    }

    private mutating func value(_ facts: SampleFacts, _ depth: Int) -> JSON? {
        if let values = facts.values {
            return random.pick(values.filter { facts.admits($0) })
        }
        guard let type = type(facts, depth) else { return nil }
        switch type {
        case "null": return JSON.null
        case "boolean": return .bool(random.oneIn(2))
        case "integer": return integer(facts)
        case "number": return number(facts)
        case "string": return string(facts).map(JSON.string)
        case "array": return array(facts, depth)
        default: return object(facts, depth)
        }
    }

    private mutating func type(_ facts: SampleFacts, _ depth: Int) -> String? {
        guard let types = facts.types else {
            if let likely = facts.likelyTypeIfAny { return likely }
            return random.oneIn(3) ? random.pick(["integer", "boolean", "number"]) : "string"
        }
        let others = types.filter { $0 != "null" }
        if others.isEmpty || types.count > others.count && (depth > wishes.depth + 3 || random.oneIn(8)) {
            return types.contains("null") ? "null" : nil
        }
        if let likely = facts.likelyTypeIfAny, others.contains(likely), !random.oneIn(4) { return likely }
        return random.pick(others)
    }
}

extension JSON {
    /// Without what the tokens lead to; nil where that is not there.
    fileprivate func removing(_ tokens: ArraySlice<String>) -> JSON? {
        guard let token = tokens.first else { return Optional.none }
        let rest = tokens.dropFirst()
        switch self {
        case .object(var object):
            guard let member = object[token] else { return Optional.none }
            if rest.isEmpty {
                object[token] = Optional<JSON>.none
            } else {
                guard let smaller = member.removing(rest) else { return Optional.none }
                object[token] = smaller
            }
            return .object(object)
        case .array(var elements):
            guard let index = Int(token), elements.indices.contains(index) else { return Optional.none }
            if rest.isEmpty {
                elements.remove(at: index)
            } else {
                guard let smaller = elements[index].removing(rest) else { return Optional.none }
                elements[index] = smaller
            }
            return .array(elements)
        case .null, .bool, .number, .string: return Optional.none
        }
    }
}
