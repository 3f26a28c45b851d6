import Value

extension SampleGenerator {
    /// Whole numbers that every reader keeps exactly (RFC 8259, section 6).
    private static let exact = 9_007_199_254_740_991

    mutating func integer(_ facts: SampleFacts) -> JSON? {
        var low = facts.minimum.map { Self.whole($0, up: true, isExclusive: facts.excludesMinimum) } ?? -Self.exact
        var high = facts.maximum.map { Self.whole($0, up: false, isExclusive: facts.excludesMaximum) } ?? Self.exact
        if facts.format == "int32" {
            low = max(low, Int(Int32.min))
            high = min(high, Int(Int32.max))
        }
        // Room for what follows.
        low = max(low, -(.max >> 2))
        high = min(high, .max >> 2)
        guard low <= high else { return Optional.none }
        var step = 1
        for multiple in facts.multiples {
            guard let divisor = Self.wholeMultiple(of: multiple), divisor < Self.exact / max(step, 1) else {
                return Optional.none
            }
            step = step / Self.greatestCommonDivisor(step, divisor) * divisor
        }
        // Near zero or the bound, where real values are; now and then somewhere else.
        let near = low > 0 ? low : high < 0 ? high : 0
        let spread = random.oneIn(6) ? Self.exact / 4 : 1000
        let from = max(low, near.subtractingOrLeast(low >= 0 || facts.minimum == nil ? 0 : spread))
        let to = min(high, near.addingOrMost(spread))
        let value = from + random.below(to - from + 1)
        let down = value - Self.remainder(value, step)
        if down >= low { return .number(JSONNumber(down)) }
        return down <= high - step ? .number(JSONNumber(down + step)) : Optional.none
    }

    mutating func number(_ facts: SampleFacts) -> JSON? {
        if random.oneIn(3) || !facts.multiples.isEmpty {
            if let whole = integer(facts) { return whole }
        }
        let low = facts.minimum?.double ?? 0
        let high = facts.maximum?.double ?? max(low + 1000, 1000)
        guard low <= high, low.isFinite, high.isFinite else { return Optional.none }
        if let multiple = facts.multiples.first?.double, multiple > 0 {
            let times = (low / multiple).rounded(.up) + Double(random.below(10))
            // In decimal digits: 3 × 0.1 is 0.3.
            let places = Self.places(facts.multiples.first)
            return .number(Self.decimal(times * multiple, places))
        }
        let value = low + (high - low) * Double(1 + random.below(98)) / 100
        for places in [1, 2, 4, 9] {
            let number = Self.decimal(value, places)
            if Self.isInside(number, facts) { return .number(number) }
        }
        return .number(JSONNumber(value))
    }

    private static func isInside(_ number: JSONNumber, _ facts: SampleFacts) -> Bool {
        (facts.minimum.map { $0 < number } ?? true) && (facts.maximum.map { number < $0 } ?? true)
    }

    /// The number with so many decimal places.
    private static func decimal(_ value: Double, _ places: Int) -> JSONNumber {
        let scale = (0..<places).reduce(1.0) { scale, _ in scale * 10 }
        let rounded = (value * scale).rounded()
        guard abs(rounded) < Double(exact) else { return JSONNumber(value) }
        return JSONNumber(rounded / scale)
    }

    private static func places(_ number: JSONNumber?) -> Int {
        guard let text = number?.text, let dot = text.utf8.firstIndex(of: UInt8(ascii: ".")) else { return 0 }
        return min(text.utf8.distance(from: dot, to: text.utf8.endIndex) - 1, 12)
    }

    private static func whole(_ bound: JSONNumber, up: Bool, isExclusive: Bool) -> Int {
        if let value = bound.int {
            return isExclusive ? up ? value.addingOrMost(1) : value.subtractingOrLeast(1) : value
        }
        let rounded = bound.double.rounded(up ? .up : .down)
        if rounded.isNaN { return 0 }
        if rounded >= Double(exact) { return exact }
        return rounded <= -Double(exact) ? -exact : Int(rounded)
    }

    /// The least whole number that is a multiple of a number such as 0.5.
    private static func wholeMultiple(of number: JSONNumber) -> Int? {
        if let whole = number.int { return whole > 0 ? whole : nil }
        let scaled = number.double
        guard scaled > 0, scaled.isFinite else { return nil }
        for factor in 1...1000 {
            let multiple = scaled * Double(factor)
            if multiple >= 1, multiple == multiple.rounded(), multiple < Double(exact) { return Int(multiple) }
        }
        return nil
    }

    private static func greatestCommonDivisor(_ first: Int, _ second: Int) -> Int {
        var (first, second) = (first, second)
        while second != 0 { (first, second) = (second, first % second) }
        return max(first, 1)
    }

    private static func remainder(_ value: Int, _ step: Int) -> Int {
        let rest = value % step
        return rest < 0 ? rest + step : rest
    }
}

extension Int {
    fileprivate func addingOrMost(_ other: Int) -> Int {
        let (sum, isOver) = addingReportingOverflow(other)
        return isOver ? .max : sum
    }

    fileprivate func subtractingOrLeast(_ other: Int) -> Int {
        let (difference, isOver) = subtractingReportingOverflow(other)
        return isOver ? .min : difference
    }
}
