import Value

extension SettingsReader {
    /// A string. Numbers and truth values are refused: they must be quoted.
    package func string(_ key: String) -> String? {
        guard let cell = cell(key) else { return nil }
        if case .string(let text) = cell.value { return text }
        switch cell.value {
        case .number, .bool: note(cell, key, "must be a string; put it in quotes")
        default: note(cell, key, "must be a string, not \(cell.value.typeName)")
        }
        return nil
    }

    /// A string, or the default where it is absent.
    package func string(_ key: String, default value: String) -> String {
        string(key) ?? value
    }

    /// A string that must be set. When it is not, that is noted and "" is returned.
    package func requiredString(_ key: String) -> String {
        if let text = text(key) { return text }
        if !contains(key) { missing(key) }
        return ""
    }

    /// A string of one line: not empty, without control characters.
    package func text(_ key: String) -> String? {
        guard let cell = cell(key), let text = string(key) else { return nil }
        guard !text.isEmpty else {
            note(cell, key, "must not be empty")
            return nil
        }
        guard text.unicodeScalars.allSatisfy({ $0.value >= 0x20 && !(0x7F...0x9F).contains($0.value) }) else {
            note(cell, key, "must be one line without control characters")
            return nil
        }
        return text
    }

    /// A whole number in `range`.
    package func int(_ key: String, in range: ClosedRange<Int> = Int.min...Int.max) -> Int? {
        guard let cell = cell(key) else { return nil }
        let value = cell.isText ? cell.value.string.flatMap { Int($0) } : cell.value.int
        guard let value else {
            note(cell, key, "must be a whole number" + Self.bounds(range, String.init))
            return nil
        }
        return check(value, in: range, cell, key, String.init)
    }

    /// A whole number in `range`, or the default where it is absent.
    package func int(_ key: String, in range: ClosedRange<Int> = Int.min...Int.max, default value: Int) -> Int {
        int(key, in: range) ?? value
    }

    /// `true` or `false`.
    package func bool(_ key: String) -> Bool? {
        guard let cell = cell(key) else { return nil }
        switch (cell.value, cell.isText) {
        case (.bool(let value), _): return value
        case (.string("true"), true), (.string("1"), true): return true
        case (.string("false"), true), (.string("0"), true): return false
        default:
            note(cell, key, "must be true or false")
            return nil
        }
    }

    /// `true` or `false`, or the default where it is absent.
    package func bool(_ key: String, default value: Bool) -> Bool {
        bool(key) ?? value
    }

    /// A duration such as `500ms`, `30s`, `5m`, `1h` or a bare `0`.
    package func duration(_ key: String, in range: ClosedRange<Duration> = .zero ... .seconds(1 << 40)) -> Duration? {
        guard let cell = cell(key) else { return nil }
        let text: String? = cell.value.int == 0 ? "0" : cell.value.string
        guard let value = text.flatMap(parseDuration) else {
            note(cell, key, "must be a duration such as 500ms, 30s, 5m or 1h")
            return nil
        }
        return check(value, in: range, cell, key, formatDuration)
    }

    /// A duration, or the default where it is absent.
    package func duration(
        _ key: String, in range: ClosedRange<Duration> = .zero ... .seconds(1 << 40), default value: Duration
    ) -> Duration {
        duration(key, in: range) ?? value
    }

    /// A size in bytes such as `10MiB`, `64KiB`, `10MB` or `1000`.
    package func byteSize(_ key: String, in range: ClosedRange<Int> = 0...Int.max) -> Int? {
        guard let cell = cell(key) else { return nil }
        guard let value = cell.value.int ?? cell.value.string.flatMap(parseByteSize) else {
            note(cell, key, "must be a size in bytes such as 1000, 64KiB, 10MiB or 1GiB")
            return nil
        }
        return check(value, in: range, cell, key, formatByteSize)
    }

    /// A size in bytes, or the default where it is absent.
    package func byteSize(_ key: String, in range: ClosedRange<Int> = 0...Int.max, default value: Int) -> Int {
        byteSize(key, in: range) ?? value
    }

    /// One of an enumeration's raw values.
    package func choice<Choice: RawRepresentable<String> & CaseIterable>(
        _ key: String, of type: Choice.Type = Choice.self
    ) -> Choice? {
        guard let cell = cell(key) else { return nil }
        if let choice = cell.value.string.flatMap(Choice.init(rawValue:)) { return choice }
        let names = Choice.allCases.map(\.rawValue)
        let near = cell.value.string.flatMap { nearest($0, among: names) }
        let hint = near.map { "; did you mean \($0)?" } ?? ""
        note(cell, key, "must be \(names.joined(separator: " or "))\(hint)")
        return nil
    }

    private func check<Value: Comparable>(
        _ value: Value, in range: ClosedRange<Value>, _ cell: Cell, _ key: String, _ format: (Value) -> String
    ) -> Value? {
        guard !range.contains(value) else { return value }
        let bound =
            value < range.lowerBound ? "at least \(format(range.lowerBound))" : "at most \(format(range.upperBound))"
        note(cell, key, "must be \(bound)")
        return nil
    }

    private static func bounds(_ range: ClosedRange<Int>, _ format: (Int) -> String) -> String {
        guard range != Int.min...Int.max else { return "" }
        return " from \(format(range.lowerBound)) to \(format(range.upperBound))"
    }
}
