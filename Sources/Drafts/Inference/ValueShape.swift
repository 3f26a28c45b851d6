import Value

/// What was seen of the values at one place: their kinds and the names in them, never the values.
struct ValueShape: Sendable {
    struct Kinds: OptionSet, Sendable, Hashable {
        let rawValue: UInt8
        static let null = Kinds(rawValue: 1)
        static let boolean = Kinds(rawValue: 2)
        static let integer = Kinds(rawValue: 4)
        static let fraction = Kinds(rawValue: 8)
        static let string = Kinds(rawValue: 16)
        static let array = Kinds(rawValue: 32)
        static let object = Kinds(rawValue: 64)
    }

    /// What may still be remembered, shared by all shapes of an inference.
    struct Budget: Sendable {
        var shapes: Int
        let depth: Int

        /// Once something went unseen, nothing new is begun: what is known stays true of all samples.
        var isSpent: Bool { shapes <= 0 }

        mutating func spend() { shapes = 0 }

        mutating func take(at depth: Int) -> Bool {
            guard shapes > 0, depth < self.depth else { return false }
            shapes -= 1
            return true
        }
    }

    private(set) var kinds: Kinds = []
    /// Those that all strings have; nil before the first string.
    private(set) var formats: StringFormats?
    /// What arrays hold: one shape, or none.
    private(set) var items: [ValueShape] = []
    /// What objects hold: one shape, or none.
    private(set) var objects: [ObjectShape] = []
    /// Whether something here went unseen, so that nothing can be said.
    private(set) var isOpaque = false

    mutating func add(_ value: JSON, at depth: Int, _ budget: inout Budget) {
        switch value {
        case .null: kinds.insert(.null)
        case .bool: kinds.insert(.boolean)
        case .number(let number): kinds.insert(number.isWrittenWhole ? .integer : .fraction)
        case .string(let text): add(text)
        case .array(let elements):
            kinds.insert(.array)
            if items.isEmpty, !elements.isEmpty {
                guard budget.take(at: depth) else { return }
                items = [ValueShape()]
            }
            for element in elements { items[0].add(element, at: depth + 1, &budget) }
        case .object(let object):
            kinds.insert(.object)
            if objects.isEmpty {
                guard budget.take(at: depth) else { return }
                objects = [ObjectShape()]
            }
            objects[0].add(object, at: depth, &budget)
        }
    }

    private mutating func add(_ text: String) {
        kinds.insert(.string)
        guard formats != [] else { return }
        let seen = StringFormats.of(text)
        formats = formats.map { $0.intersection(seen) } ?? seen
    }

    /// Adds what another shape saw.
    ///
    /// - Parameter wasSpent: whether the other one may have left out what this one knows.
    mutating func merge(_ other: ValueShape, at depth: Int, wasSpent: Bool, _ budget: inout Budget) {
        kinds.formUnion(other.kinds)
        isOpaque = isOpaque || other.isOpaque
        if let theirs = other.formats { formats = formats.map { $0.intersection(theirs) } ?? theirs }
        if let theirs = other.items.first {
            if items.isEmpty, budget.take(at: depth) { items = [ValueShape()] }
            if !items.isEmpty { items[0].merge(theirs, at: depth + 1, wasSpent: wasSpent, &budget) }
        } else if wasSpent, other.kinds.contains(.array), !items.isEmpty {
            items[0].becomeOpaque()
        }
        if let theirs = other.objects.first {
            if objects.isEmpty, budget.take(at: depth) { objects = [ObjectShape()] }
            if !objects.isEmpty { objects[0].merge(theirs, at: depth, wasSpent: wasSpent, &budget) }
        } else if wasSpent, other.kinds.contains(.object) {
            objects = []
        }
    }

    mutating func becomeOpaque() {
        self = ValueShape()
        isOpaque = true
    }
}

extension JSONNumber {
    /// `10.0` is a number that happens to be whole: whoever writes it so will write 10.5 some day.
    fileprivate var isWrittenWhole: Bool {
        text.utf8.allSatisfy { $0.isDigit || $0 == UInt8(ascii: "-") }
    }
}
