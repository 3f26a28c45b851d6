import Value

/// Reads one object strictly: every key is asked for by someone, or it is a fault. `null` counts as absent.
final class ObjectReader {
    let object: JSONObject
    let pointer: JSONPointer
    let faults: FaultList
    private var known: [String] = []

    init(_ object: JSONObject, at pointer: JSONPointer, _ faults: FaultList) {
        self.object = object
        self.pointer = pointer
        self.faults = faults
    }

    func place(_ key: String) -> JSONPointer { pointer.appending(key) }

    /// The value under a key that may stand here.
    func value(_ key: String) -> JSON? {
        known.append(key)
        guard let value = object[key], !value.isNull else { return nil }
        return value
    }

    func string(_ key: String) -> String? {
        typed(key, "a string", \.string)
    }

    /// A text for people or agents, of a bounded length.
    func text(_ key: String, bytes: Int) -> String? {
        guard let text = string(key) else { return nil }
        guard text.utf8.count <= bytes else {
            faults.invalid(place(key), "\"\(key)\" is longer than \(bytes) bytes.")
            return nil
        }
        return text
    }

    /// A string that has to be there and not be empty.
    func required(_ key: String) -> String? {
        guard value(key) != nil else {
            faults.invalid(place(key), "\"\(key)\" is missing.")
            return nil
        }
        guard let text = string(key) else { return nil }
        guard !text.isEmpty else {
            faults.invalid(place(key), "\"\(key)\" is empty.")
            return nil
        }
        return text
    }

    func bool(_ key: String) -> Bool? {
        typed(key, "true or false", \.bool)
    }

    func int(_ key: String, in range: ClosedRange<Int>) -> Int? {
        guard let number = typed(key, "a whole number", \.int) else { return nil }
        guard range.contains(number) else {
            faults.invalid(place(key), "\"\(key)\" must be from \(range.lowerBound) to \(range.upperBound).")
            return nil
        }
        return number
    }

    /// One of a few words.
    func word(_ key: String, among words: [String]) -> String? {
        guard let text = string(key) else { return nil }
        guard words.contains(text) else {
            faults.invalid(place(key), "\"\(key)\" must be one of \(words.joined(separator: ", ")).")
            return nil
        }
        return text
    }

    func nested(_ key: String) -> ObjectReader? {
        typed(key, "an object", \.object).map { ObjectReader($0, at: place(key), faults) }
    }

    /// The object under a key, or an empty one where it is absent.
    func nestedOrEmpty(_ key: String) -> ObjectReader {
        nested(key) ?? ObjectReader([:], at: place(key), faults)
    }

    /// Whether something other than `null` stands under a key.
    func has(_ key: String) -> Bool { !(object[key]?.isNull ?? true) }

    /// The elements of a list, each with its place; none when it is absent, or longer than `most`.
    func elements(_ key: String, atMost most: Int) -> [(value: JSON, pointer: JSONPointer)] {
        let list = typed(key, "a list", \.array) ?? []
        guard list.count <= most else {
            faults.invalid(place(key), "\"\(key)\" has \(list.count) elements; at most \(most) are taken.")
            return []
        }
        return list.enumerated().map { ($0.element, place(key).appending($0.offset)) }
    }

    /// Names the keys nobody asked for.
    ///
    /// - Parameter elsewhere: keys that belong to another place, with the advice.
    func finish(elsewhere: [String: String] = [:]) {
        for key in object.keys where !known.contains(key) && !faults.isFull {
            if let advice = elsewhere[key] {
                faults.invalid(place(key), advice)
            } else if let near = nearest(to: key, among: known) {
                faults.invalid(place(key), "Unknown key \"\(key)\"; did you mean \"\(near)\"?")
            } else {
                faults.invalid(
                    place(key), "Unknown key \"\(key)\"; known here: \(known.sorted().joined(separator: ", ")).")
            }
        }
    }

    private func typed<Value>(_ key: String, _ expected: String, _ accessor: (JSON) -> Value?) -> Value? {
        guard let value = value(key) else { return nil }
        guard let typed = accessor(value) else {
            faults.invalid(place(key), "\"\(key)\" must be \(expected), not \(value.typeName).")
            return nil
        }
        return typed
    }
}
