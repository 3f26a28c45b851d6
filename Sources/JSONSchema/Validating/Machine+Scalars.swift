import Value

extension Machine {
    /// Whether a number is of one of the types.
    @inline(__always)
    func admits(_ number: JSONNumber, _ types: TypeSet) -> Bool {
        if types.isSuperset(of: .number) { return true }
        if types.isDisjoint(with: .number) { return false }
        return types.contains(number.isWhole ? .integer : .fraction)
    }

    mutating func check(_ number: JSONNumber, _ place: Index, _ node: Index) -> Bool {
        let rules = tables.numbers[Int(place)]
        guard spend(number.text.utf8.count / 32) else { return false }
        let short = ShortDecimal(number)
        var isValid = true
        if let bound = rules.minimum, compare(number, short, bound) < 0 {
            isValid = fail(node, "minimum", "must be at least \(bound.number)")
        }
        if let bound = rules.maximum, compare(number, short, bound) > 0 {
            isValid = fail(node, "maximum", "must be at most \(bound.number)")
        }
        if let bound = rules.exclusiveMinimum, compare(number, short, bound) <= 0 {
            isValid = fail(node, "exclusiveMinimum", "must be more than \(bound.number)")
        }
        if let bound = rules.exclusiveMaximum, compare(number, short, bound) >= 0 {
            isValid = fail(node, "exclusiveMaximum", "must be less than \(bound.number)")
        }
        if let divisor = rules.divisor, !divisor.divides(number) {
            isValid = fail(node, "multipleOf", "must be a multiple of \(divisor.number)")
        }
        if let format = rules.format, !format.admits(number) {
            isValid = fail(node, "format", "must be a whole number of \(format.bits) bits")
        }
        return isValid
    }

    private func compare(_ number: JSONNumber, _ short: ShortDecimal?, _ bound: NumberRules.Bound) -> Int {
        if let short, let other = bound.short { return short.order(to: other) }
        return number < bound.number ? -1 : number == bound.number ? 0 : 1
    }

    mutating func check(_ string: String, _ place: Index, _ node: Index) -> Bool {
        let rules = tables.strings[Int(place)]
        let count = string.utf8.count
        guard count < 32 || spend(count / 32) else { return false }
        var isValid = true
        if rules.minimum > 0, count < rules.minimum || scalars(string, count, below: rules.minimum) {
            isValid = fail(node, "minLength", "must have at least \(rules.minimum) characters")
        }
        if rules.maximum < count, !scalars(string, count, below: rules.maximum + 1) {
            isValid = fail(node, "maxLength", "must have at most \(rules.maximum) characters")
        }
        guard isValid || isCollecting else { return false }
        if rules.pattern >= 0, !matches(string, rules.pattern) {
            if isExhausted { return false }
            let text = patternText(rules.pattern)
            isValid = fail(node, "pattern", "must match the pattern \(text)")
        }
        if let format = rules.format, !format.admits(string) {
            isValid = fail(node, "format", "must have the format \(format.name)")
        }
        return isValid
    }

    /// Whether a string of `count` bytes has fewer than `limit` code points.
    private func scalars(_ string: String, _ count: Int, below limit: Int) -> Bool {
        // A code point takes at most four bytes.
        if count / 4 >= limit { return false }
        return string.unicodeScalars.count < limit
    }

    private func patternText(_ index: Index) -> String {
        isCollecting ? tables.patterns[Int(index)].text.quotedForMessage : ""
    }

    /// Whether a pattern is found in a string; false, with the work exhausted, when that takes too many steps.
    mutating func matches(_ string: String, _ index: Index) -> Bool {
        guard spend(1 + string.utf8.count / 32) else { return false }
        guard let matchData else {
            exhaust()
            return false
        }
        switch tables.patterns[Int(index)].isFound(in: string, using: matchData) {
        case .found: return true
        case .notFound: return false
        case .tooManySteps:
            exhaust()
            return false
        }
    }

    /// `enum` and `const`.
    mutating func check(_ value: JSON, _ place: Index, _ node: Index) -> Bool {
        let rules = tables.values[Int(place)]
        if let names = rules.names {
            if case .string(let string) = value, names.place(of: string) >= 0 { return true }
        } else {
            guard spend(rules.weight) else { return false }
            if rules.allowed.contains(value) { return true }
        }
        return rules.isConstant
            ? fail(node, "const", "must be the one value that const names")
            : fail(node, "enum", "must be one of the \(rules.allowed.count) values that enum lists")
    }
}
