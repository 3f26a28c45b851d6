import Value

extension TypeSet {
    /// Whether a value is of one of the types.
    @inline(__always)
    func admit(_ value: JSON) -> Bool {
        switch value {
        case .null: contains(.null)
        case .bool: contains(.boolean)
        case .number(let number): admit(number)
        case .string: contains(.string)
        case .array: contains(.array)
        case .object: contains(.object)
        }
    }

    /// Whether a number is of one of the types.
    @inline(__always)
    func admit(_ number: JSONNumber) -> Bool {
        if isSuperset(of: .number) { return true }
        if isDisjoint(with: .number) { return false }
        return contains(number.isWhole ? .integer : .fraction)
    }
}

extension Machine {
    mutating func check(_ number: JSONNumber, _ place: Index, _ node: Index) -> Bool {
        let rules = rows.numbers + Int(place)
        guard spend(number.text.utf8.count / 32) else { return false }
        let figures = rows.figures
        let short = ShortDecimal(number)
        var isValid = true
        if let bound = rules.pointee.minimum, compare(number, short, bound) < 0 {
            isValid = fail(node, "minimum", "must be at least \(figures[Int(bound.figure)])")
        }
        if let bound = rules.pointee.maximum, compare(number, short, bound) > 0 {
            isValid = fail(node, "maximum", "must be at most \(figures[Int(bound.figure)])")
        }
        if let bound = rules.pointee.exclusiveMinimum, compare(number, short, bound) <= 0 {
            isValid = fail(node, "exclusiveMinimum", "must be more than \(figures[Int(bound.figure)])")
        }
        if let bound = rules.pointee.exclusiveMaximum, compare(number, short, bound) >= 0 {
            isValid = fail(node, "exclusiveMaximum", "must be less than \(figures[Int(bound.figure)])")
        }
        if let divisor = rules.pointee.divisor, !divisor.divides(number, short) {
            isValid = fail(node, "multipleOf", "must be a multiple of \(figures[Int(rules.pointee.divisorFigure)])")
        }
        if let format = rules.pointee.format, !tolerance.contains(.formats), !format.admits(number) {
            isValid = fail(node, "format", "must be a whole number of \(format.bits) bits")
        }
        return isValid
    }

    private func compare(_ number: JSONNumber, _ short: ShortDecimal?, _ bound: NumberRules.Bound) -> Int {
        if let short, let other = bound.short { return short.order(to: other) }
        let figure = rows.figures[Int(bound.figure)]
        return number < figure ? -1 : number == figure ? 0 : 1
    }

    mutating func check(_ string: String, _ place: Index, _ node: Index) -> Bool {
        let rules = rows.strings[Int(place)]
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
        if let format = rules.format, !tolerance.contains(.formats) {
            // Compiling an expression costs far more than looking at its bytes.
            if format == .regex, !spend(128 + 4 * count) { return false }
            if format.admits(string) { return isValid }
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
        isCollecting ? rows.patterns[Int(index)].text.quotedForMessage : ""
    }

    /// Whether a pattern is found in a string; false, with the work exhausted, when that takes too many steps.
    mutating func matches(_ string: String, _ index: Index) -> Bool {
        // PCRE2 does not tell how many steps it took, so a first try has few, and only a second is charged for all.
        guard spend(16 + string.utf8.count / 32) else { return false }
        guard let matchData else {
            exhaust()
            return false
        }
        var outcome = rows.matchers[Int(index)].isFound(in: string, using: matchData, isPatient: false)
        if outcome == .tooManySteps {
            guard spend(patternCharge) else { return false }
            outcome = rows.matchers[Int(index)].isFound(in: string, using: matchData, isPatient: true)
        }
        if outcome == .tooManySteps { exhaust() }
        return outcome == .found
    }

    /// `enum` and `const`.
    mutating func check(_ value: JSON, _ place: Index, _ node: Index) -> Bool {
        let rules = rows.values + Int(place)
        if let names = rules.pointee.names {
            if case .string(let string) = value, names.place(of: string, rows.slots, rows.nameBytes) >= 0 {
                return true
            }
        } else {
            guard spend(rules.pointee.weight) else { return false }
            if rules.pointee.allowed.contains(value) { return true }
        }
        return rules.pointee.isConstant
            ? fail(node, "const", "must be the one value that const names")
            : fail(node, "enum", "must be one of the \(rules.pointee.allowed.count) values that enum lists")
    }
}
