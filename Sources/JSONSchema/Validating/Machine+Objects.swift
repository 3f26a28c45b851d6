import Value

extension Machine {
    mutating func check(_ object: JSONObject, _ place: Index, _ node: Index, _ area: MarkArea) -> Bool {
        let rules = rows.objects + Int(place)
        let count = object.count
        var isValid = true
        if count < rules.pointee.minimum {
            isValid = fail(node, "minProperties", "must have at least \(rules.pointee.minimum) properties")
        }
        if count > rules.pointee.maximum {
            isValid = fail(node, "maxProperties", "must have at most \(rules.pointee.maximum) properties")
        }
        guard isValid || isCollecting else { return false }
        if rules.pointee.visitsMembers {
            guard spend(count) else { return false }
            var required = 0
            var expected: Index = 0
            for offset in 0..<count {
                let key = object.key(at: offset)
                let value = object.value(at: offset)
                let before = draftCount
                if !visit(key, value, offset, rules, node, area, &required, &expected) {
                    isValid = false
                    lead(before, through: key)
                    if !isCollecting || isDone { return false }
                }
            }
            if required < rules.pointee.required[direction] { isValid = failRequired(object, rules, node) }
        }
        for place in rules.pointee.dependents.indices where isValid || isCollecting {
            isValid = check(object, rows.dependents[place], node, area) && isValid
        }
        return isValid
    }

    @inline(__always)
    private mutating func visit(
        _ key: String, _ value: JSON, _ offset: Int, _ rules: UnsafePointer<ObjectRules>, _ node: Index,
        _ area: MarkArea, _ required: inout Int, _ expected: inout Index
    ) -> Bool {
        var isValid = true
        var isKnown = false
        let place = place(of: key, rules, expected)
        if place >= 0 {
            expected = place + 1
            let property = rows.properties[Int(rules.pointee.firstProperty) + Int(place)]
            if property.isRequired(direction) { required += 1 }
            if property.isForbidden(direction), direction == .response || !tolerance.contains(.readOnly) {
                return failForbidden(node)
            }
            if property.schema >= 0 {
                isKnown = true
                isValid = evaluate(property.schema, value, .none)
            }
        }
        if !rules.pointee.patterns.isEmpty {
            for place in rules.pointee.patterns.indices where isValid || isCollecting {
                let rule = rows.patternRules[place]
                guard matches(key, rule.pattern) else { continue }
                isKnown = true
                isValid = evaluate(rule.schema, value, .none) && isValid
            }
        }
        if rules.pointee.additional >= 0, !isKnown, isValid || isCollecting {
            isKnown = true
            if rows.nodes[Int(rules.pointee.additional)].isNever {
                isValid = fail(node, "additionalProperties", "the property is not allowed")
            } else {
                isValid = evaluate(rules.pointee.additional, value, .none) && isValid
            }
        }
        if rules.pointee.names >= 0, isValid || isCollecting {
            isValid = evaluate(rules.pointee.names, .string(key), .none) && isValid
        }
        if isKnown { marks.mark(offset, in: area) }
        return isValid
    }

    /// Answers have their properties in the order of the schema more often than not: the next one is looked at first.
    @inline(__always)
    private func place(of key: String, _ rules: UnsafePointer<ObjectRules>, _ expected: Index) -> Index {
        guard let table = rules.pointee.table else { return -1 }
        let next = Int(rules.pointee.firstProperty) + Int(expected)
        if expected < table.names.count, rows.properties[next].bits == NameBits(key) { return expected }
        return table.place(of: key, rows.slots, rows.nameBytes)
    }

    private mutating func failForbidden(_ node: Index) -> Bool {
        direction == .request
            ? fail(node, "readOnly", "the property is read-only and must not be sent")
            : fail(node, "writeOnly", "the property is write-only and must not be returned")
    }

    private mutating func failRequired(_ object: JSONObject, _ rules: UnsafePointer<ObjectRules>, _ node: Index) -> Bool
    {
        guard isCollecting else { return false }
        guard let table = rules.pointee.table else { return false }
        for place in 0..<Int(table.names.count)
        where rows.properties[Int(rules.pointee.firstProperty) + place].isRequired(direction) {
            let name = rows.names[Int(table.names.start) + place]
            guard object.offset(of: name) == nil else { continue }
            _ = fail(node, "required", "must have the property \(name.quotedForMessage)")
            if isDone { break }
        }
        return false
    }

    private mutating func check(
        _ object: JSONObject, _ dependent: Dependent, _ node: Index, _ area: MarkArea
    ) -> Bool {
        guard spend(1 + dependent.required.count), object.offset(of: dependent.name) != nil else { return !isExhausted }
        var isValid = true
        for name in dependent.required where object.offset(of: name) == nil {
            isValid = fail(
                node, dependent.keyword,
                "must have the property \(name.quotedForMessage), since it has \(dependent.name.quotedForMessage)")
        }
        if dependent.schema >= 0, isValid || isCollecting {
            isValid = evaluate(dependent.schema, .object(object), area) && isValid
        }
        return isValid
    }

    /// `unevaluatedItems` and `unevaluatedProperties`: what no other keyword has looked at.
    mutating func checkUnevaluated(_ value: JSON, _ node: Node, _ index: Index, _ area: MarkArea) -> Bool {
        var isValid = true
        switch value {
        case .array(let elements) where node.unevaluatedItems >= 0:
            for offset in elements.indices where !marks.isMarked(offset, in: area) {
                isValid =
                    checkUnevaluated(elements[offset], node.unevaluatedItems, "unevaluatedItems", index) {
                        String(offset)
                    } && isValid
                if !isValid, !isCollecting || isDone { return false }
            }
            marks.markAll(in: area)
        case .object(let object) where node.unevaluatedProperties >= 0:
            for offset in 0..<object.count where !marks.isMarked(offset, in: area) {
                let (key, member) = object[offset]
                isValid =
                    checkUnevaluated(member, node.unevaluatedProperties, "unevaluatedProperties", index) { key }
                    && isValid
                if !isValid, !isCollecting || isDone { return false }
            }
            marks.markAll(in: area)
        default:
            break
        }
        return isValid
    }

    private mutating func checkUnevaluated(
        _ part: JSON, _ schema: Index, _ keyword: String, _ node: Index, _ token: () -> String
    ) -> Bool {
        let before = draftCount
        let isValid =
            rows.nodes[Int(schema)].isNever
            ? spend(1) && fail(node, keyword, "no keyword of the schema allows this") : evaluate(schema, part, .none)
        if !isValid { lead(before, through: token()) }
        return isValid
    }
}
