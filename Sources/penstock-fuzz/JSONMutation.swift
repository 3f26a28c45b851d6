import JSONSchema
import Value

/// Changes values at random, mostly into others of the same kind of document.
struct JSONMutation {
    /// Parts of other documents, to be put in.
    let parts: [JSON]
    /// Names that mean something.
    let names: [String]
    /// Strings that mean something.
    let texts: [String]
    /// Makes a member that belongs into an object.
    var member: (inout SplitMix64) -> (String, JSON)? = { _ in nil }

    private static let numbers = [
        "0", "-0", "-1", "1", "2", "1e400", "-1e400", "1e-400", "0.1", "1e999999999", "-1e-999999999",
        "9223372036854775807", "9223372036854775808", "-9223372036854775808", "18446744073709551616", "1.0", "10e-1",
        "4294967296", "2147483648", "0.00000000000000000000000000000000000001",
        "123456789012345678901234567890123456789",
    ]
    private static let strings = [
        "", " ", "a", "\u{0}", "é", "e\u{301}", "\u{1F600}", "\u{FEFF}", "\u{202E}x", "null", "~", "/", "~0~1", "#",
        "..", "%2e%2e", "%zz", "\r\n", "{}", "${a}", "{a}", "constructor", "__proto__", "1", "true",
    ]

    func number(_ random: inout SplitMix64) -> JSON {
        if random.oneIn(2) { return .number(JSONNumber(random.below(9) - 2)) }
        return random.pick(Self.numbers).flatMap { JSONNumber(text: $0) }.map(JSON.number) ?? 0
    }

    func text(_ random: inout SplitMix64) -> String {
        switch random.below(8) {
        case 0, 1, 2: return random.pick(texts) ?? ""
        case 3: return random.pick(names) ?? ""
        case 4: return String(repeating: random.pick(Self.strings) ?? "a", count: random.oneIn(8) ? 3000 : 3)
        default: return random.pick(Self.strings) ?? ""
        }
    }

    func scalar(_ random: inout SplitMix64) -> JSON {
        switch random.below(6) {
        case 0: JSON.null
        case 1: .bool(random.oneIn(2))
        case 2, 3: number(&random)
        default: .string(text(&random))
        }
    }

    /// Anything.
    func value(_ depth: Int, _ random: inout SplitMix64) -> JSON {
        guard depth > 0 else { return scalar(&random) }
        switch random.below(6) {
        case 0: return .array((0..<random.below(4)).map { _ in value(depth - 1, &random) })
        case 1, 2:
            var object = JSONObject()
            for _ in 0..<random.below(4) { object[random.pick(names) ?? text(&random)] = value(depth - 1, &random) }
            return .object(object)
        case 3: return random.pick(parts) ?? scalar(&random)
        default: return scalar(&random)
        }
    }

    /// With so many changes.
    func mutated(_ value: JSON, times: Int, _ random: inout SplitMix64) -> JSON {
        var value = value
        for _ in 0..<times { value = changed(value, &random) }
        return value
    }

    /// Deep inside more often than at the top, where little else is left of the document.
    private func changed(_ value: JSON, depth: Int = 0, _ random: inout SplitMix64) -> JSON {
        guard !random.oneIn(depth < 3 ? 40 : 5) else { return changedHere(value, &random) }
        switch value {
        case .object(var object):
            guard !object.isEmpty else { return changedHere(value, &random) }
            var (key, member) = object[random.below(object.count)]
            if member.array == nil, member.object == nil { (key, member) = object[random.below(object.count)] }
            object[key] = changed(member, depth: depth + 1, &random)
            return .object(object)
        case .array(var elements):
            guard !elements.isEmpty else { return changedHere(value, &random) }
            let index = random.below(elements.count)
            elements[index] = changed(elements[index], depth: depth + 1, &random)
            return .array(elements)
        case .null, .bool, .number, .string: return changedHere(value, &random)
        }
    }

    private func changedHere(_ value: JSON, _ random: inout SplitMix64) -> JSON {
        switch (value, random.below(8)) {
        case (_, 0): return self.value(2, &random)
        case (_, 1): return random.pick(parts) ?? self.value(2, &random)
        case (_, 2): return wrapped(value, &random)
        case (.object(var object), 3...6):
            if random.oneIn(2), let (key, value) = member(&random) {
                object[key] = value
            } else if random.oneIn(2), !object.isEmpty {
                let (key, member) = object[random.below(object.count)]
                if random.oneIn(2) { object[key] = Optional<JSON>.none }
                if random.oneIn(2) { object[random.pick(names) ?? text(&random)] = member }
            } else {
                object[random.pick(names) ?? text(&random)] = random.pick(parts) ?? scalar(&random)
            }
            return .object(object)
        case (.array(let elements), 3...5):
            if random.oneIn(2), !elements.isEmpty { return .array(elements + [elements[random.below(elements.count)]]) }
            return .array(Array(elements.dropFirst()) + [self.value(1, &random)])
        case (.number, 3...6): return number(&random)
        case (.string(let string), 3): return .string(string + text(&random))
        case (.string, 4...6): return .string(text(&random))
        default: return scalar(&random)
        }
    }

    /// Inside of others, now and then of very many.
    private func wrapped(_ value: JSON, _ random: inout SplitMix64) -> JSON {
        var value = value
        let name = random.pick(names) ?? "a"
        for _ in 0..<(random.oneIn(12) ? 150 : 1 + random.below(2)) {
            value = random.oneIn(3) ? [value] : .object(JSONObject([(name, value)]))
        }
        return value
    }
}

extension JSON {
    /// All objects and arrays in a value that are not too large, this one included.
    func parts(most: Int) -> [JSON] {
        var found: [JSON] = []
        var rest = [self]
        while let value = rest.popLast(), found.count < most {
            switch value {
            case .object(let object):
                rest += object.map(\.value)
                found.append(value)
            case .array(let elements):
                rest += elements
                found.append(value)
            case .null, .bool, .number, .string: continue
            }
        }
        return found
    }

    /// The same value with the members of its objects in another order.
    func shuffled(_ random: inout SplitMix64) -> JSON {
        switch self {
        case .object(let object):
            var members = object.map { ($0.key, $0.value.shuffled(&random)) }
            members.shuffle(using: &random)
            return .object(JSONObject(members))
        case .array(let elements): return .array(elements.map { $0.shuffled(&random) })
        case .null, .bool, .number, .string: return self
        }
    }

    /// The same value with its small whole numbers spelt otherwise.
    var respelt: JSON {
        switch self {
        case .object(let object): .object(JSONObject(object.map { ($0.key, $0.value.respelt) }))
        case .array(let elements): .array(elements.map(\.respelt))
        case .number(let number): JSONNumber(text: "\(number.text)").flatMap(Self.respelt) ?? self
        case .null, .bool, .string: self
        }
    }

    private static func respelt(_ number: JSONNumber) -> JSON? {
        guard let int = number.int, int != 0, (-1_000_000...1_000_000).contains(int),
            let other = JSONNumber(text: "\(int)000.00e-3")
        else {
            return Optional.none
        }
        return .number(other)
    }
}
