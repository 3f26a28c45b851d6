import Value

/// What a set of schemas asks for together: `allOf` and `$ref` merged in, one branch of each `anyOf` and `oneOf` chosen.
struct SampleFacts {
    /// Which values there are at all; nil: any.
    var values: [JSON]?
    /// Nil: any.
    var types: [String]?

    var minimum: JSONNumber?
    var maximum: JSONNumber?
    var excludesMinimum = false
    var excludesMaximum = false
    var multiples: [JSONNumber] = []

    var minLength = 0
    var maxLength = Int.max
    var patterns: [String] = []
    var format: String?
    var isBase64 = false

    var minItems = 0
    var maxItems = Int.max
    var isUnique = false
    var prefix: [[JSON]] = []
    /// The schemas of elements beyond `prefix`.
    var items: [JSON] = []
    var contains: [JSON] = []

    /// In order; each with all the schemas it must follow.
    var properties: [(name: String, schemas: [JSON])] = []
    var required: [String] = []
    /// Schemas of members that no property names.
    var others: [JSON] = []
    /// Whether there may be members that no property names.
    var isOpen = true
    /// For each schema that is closed, the names it knows.
    var closures: [Set<String>] = []
    var patternProperties: [(pattern: String, schema: JSON)] = []
    var names: [JSON] = []
    var minProperties = 0
    var maxProperties = Int.max
    var dependent: [(name: String, needs: [String])] = []
    /// Names that belong to the other direction.
    var hidden: Set<String> = []

    /// What the keywords are about.
    var likelyTypeIfAny: String? {
        if !properties.isEmpty || !required.isEmpty || !others.isEmpty || !isOpen || minProperties > 0
            || !patternProperties.isEmpty || !names.isEmpty
        {
            return "object"
        }
        if !items.isEmpty || !prefix.isEmpty || minItems > 0 || maxItems < Int.max || isUnique || !contains.isEmpty {
            return "array"
        }
        if !patterns.isEmpty || minLength > 0 || maxLength < Int.max || isBase64 { return "string" }
        if minimum != nil || maximum != nil || !multiples.isEmpty { return "number" }
        return nil
    }

    /// Whether a value that is listed has one of the types.
    func admits(_ value: JSON) -> Bool {
        guard let types else { return true }
        return types.contains { $0 == value.schemaType || $0 == "integer" && value.number?.isInteger == true }
    }

    mutating func restrict(types others: [String]) {
        guard let known = types else { return types = others }
        types = known.compactMap { type -> String? in
            if others.contains(type) { return type }
            if type == "number", others.contains("integer") { return "integer" }
            return type == "integer" && others.contains("number") ? type : nil
        }
    }

    mutating func restrict(values others: [JSON]) {
        values = values.map { known in known.filter { others.contains($0) } } ?? others
    }

    mutating func addProperty(_ name: String, _ schema: JSON) {
        if let index = properties.firstIndex(where: { $0.name.utf8.elementsEqual(name.utf8) }) {
            properties[index].schemas.append(schema)
        } else {
            properties.append((name, [schema]))
        }
    }

    mutating func atLeast(_ bound: JSONNumber, isExclusive: Bool) {
        guard minimum.map({ $0 < bound || $0 == bound && isExclusive }) ?? true else { return }
        minimum = bound
        excludesMinimum = isExclusive
    }

    mutating func atMost(_ bound: JSONNumber, isExclusive: Bool) {
        guard maximum.map({ bound < $0 || $0 == bound && isExclusive }) ?? true else { return }
        maximum = bound
        excludesMaximum = isExclusive
    }
}

extension JSON {
    /// As the keyword `type` names it.
    var schemaType: String {
        switch self {
        case .null: "null"
        case .bool: "boolean"
        case .number: "number"
        case .string: "string"
        case .array: "array"
        case .object: "object"
        }
    }
}
