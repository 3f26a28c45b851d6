import Value

extension SampleGenerator {
    /// References and combinations followed inside one value's schema.
    private static let mostHops = 64
    private static let types = ["string", "integer", "number", "boolean", "object", "array", "null"]

    /// Adds what the schemas ask for; false where it is seen that nothing can follow them, or where it is not seen what
    /// they ask for.
    mutating func gather(_ schemas: [JSON], into facts: inout SampleFacts, hops: Int) -> Bool {
        guard hops < Self.mostHops else { return false }
        for schema in schemas {
            if schema.bool == true { continue }
            guard let object = schema.object else { return false }
            if let reference = object["$ref"]?.string {
                guard let target = resolve(reference), gather([target], into: &facts, hops: hops + 1) else {
                    return false
                }
            }
            gatherValues(object, into: &facts)
            gatherArrays(object, into: &facts)
            gatherMembers(object, into: &facts)
            for part in object["allOf"]?.array ?? [] {
                guard gather([part], into: &facts, hops: hops + 1) else { return false }
            }
            for keyword in ["oneOf", "anyOf"] {
                guard let branches = object[keyword]?.array else { continue }
                guard let branch = random.pick(branches), gather([branch], into: &facts, hops: hops + 1) else {
                    return false
                }
            }
        }
        return true
    }

    /// Pointers into the schema; whatever else there is gives nil.
    private func resolve(_ reference: String) -> JSON? {
        guard reference.utf8.first == UInt8(ascii: "#") else { return Optional.none }
        guard let pointer = JSONPointer(text: String(reference.dropFirst())) else { return Optional.none }
        if let target = root[pointer] { return target }
        let decoded = JSONPointer(pointer.tokens.map { $0.percentDecoded ?? $0 })
        return root[decoded]
    }

    private func gatherValues(_ object: JSONObject, into facts: inout SampleFacts) {
        if let type = object["type"] {
            facts.restrict(types: type.string.map { [$0] } ?? type.array?.compactMap(\.string) ?? [])
        }
        if let excluded = object["not"]?["type"]?.string, object["not"]?.object?.count == 1 {
            facts.restrict(types: Self.types.filter { $0 != excluded && (excluded != "number" || $0 != "integer") })
        }
        if let value = object["const"] { facts.restrict(values: [value]) }
        if let values = object["enum"]?.array { facts.restrict(values: values) }
        if let bound = object["minimum"]?.number { facts.atLeast(bound, isExclusive: false) }
        if let bound = object["maximum"]?.number { facts.atMost(bound, isExclusive: false) }
        if let bound = object["exclusiveMinimum"]?.number { facts.atLeast(bound, isExclusive: true) }
        if let bound = object["exclusiveMaximum"]?.number { facts.atMost(bound, isExclusive: true) }
        if let divisor = object["multipleOf"]?.number { facts.multiples.append(divisor) }
        facts.minLength = max(facts.minLength, object["minLength"]?.int ?? 0)
        facts.maxLength = min(facts.maxLength, object["maxLength"]?.int ?? .max)
        if let pattern = object["pattern"]?.string { facts.patterns.append(pattern) }
        if let format = object["format"]?.string { facts.format = facts.format ?? format }
        if object["contentEncoding"]?.string == "base64" { facts.isBase64 = true }
    }

    private func gatherArrays(_ object: JSONObject, into facts: inout SampleFacts) {
        facts.minItems = max(facts.minItems, object["minItems"]?.int ?? 0)
        facts.maxItems = min(facts.maxItems, object["maxItems"]?.int ?? .max)
        if object["uniqueItems"]?.bool == true { facts.isUnique = true }
        if let contains = object["contains"] { facts.contains.append(contains) }
        let prefix = object["prefixItems"]?.array ?? []
        while facts.prefix.count < prefix.count { facts.prefix.append(facts.items) }
        for (index, schema) in prefix.enumerated() { facts.prefix[index].append(schema) }
        guard let items = object["items"] else { return }
        for index in facts.prefix.indices.dropFirst(prefix.count) { facts.prefix[index].append(items) }
        facts.items.append(items)
        if items.bool == false { facts.maxItems = min(facts.maxItems, prefix.count) }
    }

    private func gatherMembers(_ object: JSONObject, into facts: inout SampleFacts) {
        let properties = object["properties"]?.object ?? [:]
        for (name, schema) in properties {
            facts.addProperty(name, schema)
            let isHidden =
                switch wishes.direction {
                case .request: schema["readOnly"]?.bool == true
                case .response: schema["writeOnly"]?.bool == true
                case .either: false
                }
            if isHidden { facts.hidden.insert(name) }
        }
        for name in object["required"]?.array ?? [] {
            if let name = name.string, !facts.required.contains(name) { facts.required.append(name) }
        }
        for (pattern, schema) in object["patternProperties"]?.object ?? [:] {
            facts.patternProperties.append((pattern, schema))
        }
        for keyword in ["additionalProperties", "unevaluatedProperties"] {
            guard let others = object[keyword] else { continue }
            if others.bool == false {
                facts.isOpen = false
                // What others of the schemas know may stand beside an unevaluated nothing.
                if keyword == "additionalProperties", object["patternProperties"] == nil {
                    facts.closures.append(Set(properties.keys))
                }
            } else {
                facts.others.append(others)
            }
        }
        if let names = object["propertyNames"] { facts.names.append(names) }
        facts.minProperties = max(facts.minProperties, object["minProperties"]?.int ?? 0)
        facts.maxProperties = min(facts.maxProperties, object["maxProperties"]?.int ?? .max)
        for (name, needs) in object["dependentRequired"]?.object ?? [:] {
            facts.dependent.append((name, needs.array?.compactMap(\.string) ?? []))
        }
    }
}
