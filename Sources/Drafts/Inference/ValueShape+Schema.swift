import Value

extension ValueShape {
    /// What of a shape is told.
    struct Telling {
        /// Whether some of what stood in the values was left out.
        var isSpent: Bool
        /// Whether null alone is told; by default it says nothing of what else will stand there.
        var saysNull = false
        /// In how many objects of a place a property must have stood, and no less than in all, to be required.
        var requiredFrom = 1
    }

    /// The JSON Schema (2020-12) that all values seen follow. Open: other properties are allowed.
    func schema(_ telling: Telling) -> JSON {
        guard !isOpaque, kinds != [], kinds != .null || telling.saysNull else { return .object([:]) }
        let names = typeNames
        var schema = JSONObject()
        schema["type"] = names.count == 1 ? names[0] : .array(names)
        if kinds.contains(.string), let format = formats?.name { schema["format"] = .string(format) }
        if let object = objects.first { object.describe(in: &schema, telling) }
        if let items = items.first?.schema(telling), items != .object([:]) {
            schema["items"] = items
        }
        return .object(schema)
    }

    /// In one order always, null last.
    private var typeNames: [JSON] {
        var names: [JSON] = []
        if kinds.contains(.object) { names.append("object") }
        if kinds.contains(.array) { names.append("array") }
        if kinds.contains(.string) { names.append("string") }
        if kinds.contains(.fraction) {
            names.append("number")
        } else if kinds.contains(.integer) {
            names.append("integer")
        }
        if kinds.contains(.boolean) { names.append("boolean") }
        if kinds.contains(.null) { names.append("null") }
        return names
    }
}

extension ObjectShape {
    fileprivate func describe(in schema: inout JSONObject, _ telling: ValueShape.Telling) {
        guard !looksLikeMap || isPartial else {
            schema["additionalProperties"] = members.reduce(into: others.first ?? ValueShape()) { all, member in
                var budget = Budget(shapes: 4096, depth: SchemaInference.Limits.defaults.depth)
                all.merge(member.shape, at: 0, wasSpent: telling.isSpent, &budget)
            }.schema(telling)
            return
        }
        if !members.isEmpty {
            schema["properties"] = .object(
                JSONObject(members.map { ($0.name, $0.shape.schema(telling)) }))
            let required = count < telling.requiredFrom ? [] : members.filter { $0.count == count }
            if !required.isEmpty { schema["required"] = .array(required.map { .string($0.name) }) }
        }
        if !isPartial, let others = others.first?.schema(telling), others != .object([:]) {
            schema["additionalProperties"] = others
        }
    }

    private typealias Budget = ValueShape.Budget

    /// Many names for values of one kind, most of them in few of the objects; or codes of currencies and countries.
    private var looksLikeMap: Bool {
        guard members.count >= 16 else { return false }
        let kinds = members.reduce(into: ValueShape.Kinds()) { $0.formUnion($1.shape.kinds) }.subtracting(.null)
        guard kinds.rawValue.nonzeroBitCount <= 1 || kinds == [.integer, .fraction] else { return false }
        if members.allSatisfy({ (2...3).contains($0.name.utf8.count) && $0.name.utf8.allSatisfy(\.isUpper) }) {
            return true
        }
        let seen = members.reduce(0) { $0 + $1.count }
        return members.count >= 32 && members.allSatisfy { $0.count < count } && seen * 4 < members.count * count
    }
}
