import Value

/// One keyword of one schema object, made to admit what was seen.
struct WideningStep {
    let keyword: String
    /// The schema inferred from what was seen at the place; nil where nothing is known.
    let seen: JSONObject?
    /// The same of the value around it.
    let holder: JSONObject?
    /// By what name or index the place is reached.
    let name: String?

    /// A schema as others can follow it too: null alone says nothing of what else will stand at a place.
    static func loosened(_ schema: JSON) -> JSON {
        guard var object = schema.object else { return schema }
        if object["type"] == "null" { return .object([:]) }
        for keyword in ["items", "additionalProperties"] { object[keyword] = object[keyword].map(loosened) }
        if let properties = object["properties"]?.object {
            object["properties"] = .object(JSONObject(properties.map { ($0.key, loosened($0.value)) }))
        }
        return .object(object)
    }

    /// What the schema says now, in words; nil when it could not be mended.
    func apply(to node: inout JSONObject) -> String? {
        switch keyword {
        case "type": widenType(of: &node)
        case "required": relaxRequired(of: &node)
        case "additionalProperties", "unevaluatedProperties": addProperty(to: &node)
        case "enum", "const": dropValues(of: &node)
        case "anyOf", "oneOf": addAlternative(to: &node)
        case "contains", "minContains", "maxContains": drop(["contains", "minContains", "maxContains"], of: &node)
        case "readOnly", "writeOnly": dropDirection(of: &node)
        default: drop([keyword], of: &node)
        }
    }

    private func drop(_ keywords: [String], of node: inout JSONObject) -> String? {
        guard keywords.contains(where: { node[$0] != nil }) else { return nil }
        for keyword in keywords { node[keyword] = .none }
        return "no longer says \(keywords[0])"
    }

    private func widenType(of node: inout JSONObject) -> String? {
        guard let written = node["type"] else { return nil }
        let types = SchemaTypes(seen?["type"])
        guard !types.names.isEmpty else { return drop(["type"], of: &node) }
        let added = types.subtracting(SchemaTypes(written))
        node["type"] = SchemaTypes(written).union(types).json
        if added.names == ["null"] {
            if let values = node["enum"]?.array, !values.contains(.null) { node["enum"] = .array(values + [.null]) }
        } else {
            node["enum"] = .none
        }
        node["const"] = .none
        if added.names.contains("object") { copy(["properties", "additionalProperties"], to: &node) }
        if added.names.contains("array") { copy(["items"], to: &node) }
        return "admits \(types.names.joined(separator: ", ")) too"
    }

    private func copy(_ keywords: [String], to node: inout JSONObject) {
        let loose = seen.map { Self.loosened(.object($0)) }
        for keyword in keywords where node[keyword] == nil { node[keyword] = loose?[keyword] }
    }

    private func relaxRequired(of node: inout JSONObject) -> String? {
        guard let required = node["required"]?.array else { return nil }
        let present = Set(seen?["required"]?.array ?? [])
        let kept = required.filter(present.contains)
        guard kept.count < required.count else { return nil }
        if kept.isEmpty { node["required"] = .none } else { node["required"] = .array(kept) }
        let names = required.filter { !present.contains($0) }.compactMap { $0.string?.quotedForMessage }
        return "no longer requires \(names.joined(separator: ", "))"
    }

    private func addProperty(to node: inout JSONObject) -> String? {
        guard node[keyword] != nil, let name else { return nil }
        let isNamed = holder?["properties"]?[name] != nil && IdentifierKind(name) == nil
        guard isNamed else {
            node[keyword] = holder?["additionalProperties"].map(Self.loosened) ?? .object([:])
            return "allows properties of other names"
        }
        var properties = node["properties"]?.object ?? [:]
        guard properties[name] == nil else { return nil }
        properties[name] = Self.loosened(.object(seen ?? [:]))
        node["properties"] = .object(properties)
        return "has the property \(name.quotedForMessage)"
    }

    private func dropValues(of node: inout JSONObject) -> String? {
        let values = node["enum"]?.array ?? node["const"].map { [$0] } ?? []
        guard !values.isEmpty || node["enum"] != nil else { return nil }
        node[keyword] = .none
        if node["type"] == nil {
            let types = SchemaTypes(seen?["type"])
            if !types.names.isEmpty {
                node["type"] = values.reduce(SchemaTypes(nil)) { $0.union(SchemaTypes(of: $1)) }.union(types).json
            }
        }
        return "no longer says \(keyword)"
    }

    private func addAlternative(to node: inout JSONObject) -> String? {
        guard let alternatives = node[keyword]?.array else { return nil }
        let seen = seen?["type"] == "null" ? ["type": "null"] : Self.loosened(.object(seen ?? [:]))
        guard seen != .object([:]), keyword == "anyOf" || node["anyOf"] == nil else {
            return drop([keyword], of: &node)
        }
        if keyword == "anyOf", alternatives.contains(seen) { return nil }
        node["oneOf"] = keyword == "oneOf" ? .none : node["oneOf"]
        node["anyOf"] = .array(alternatives.contains(seen) ? alternatives : alternatives + [seen])
        return "has one more alternative"
    }

    private func dropDirection(of node: inout JSONObject) -> String? {
        guard let name, var properties = node["properties"]?.object, var property = properties[name]?.object,
            property[keyword] != nil
        else { return nil }
        property[keyword] = .none
        properties[name] = .object(property)
        node["properties"] = .object(properties)
        return "no longer says \(keyword)"
    }
}
