extension JSON {
    /// The value under `key`; nil when this is not an object or has no such key.
    package subscript(_ key: String) -> JSON? {
        guard case .object(let object) = self else { return nil }
        return object[key]
    }

    /// The element at `index`; nil when this is not an array or is shorter.
    package subscript(_ index: Int) -> JSON? {
        guard case .array(let elements) = self, elements.indices.contains(index) else { return nil }
        return elements[index]
    }

    /// The value a JSON Pointer names (RFC 6901, section 4); nil when there is none.
    package subscript(_ pointer: JSONPointer) -> JSON? {
        var value = self
        for token in pointer.tokens {
            switch value {
            case .object(let object):
                guard let next = object[token] else { return nil }
                value = next
            case .array(let elements):
                guard let index = JSONPointer.index(token), index < elements.count else { return nil }
                value = elements[index]
            case .null, .bool, .number, .string:
                return nil
            }
        }
        return value
    }

    /// The string, when this is one.
    package var string: String? {
        guard case .string(let value) = self else { return nil }
        return value
    }

    /// The integer, when this is a number without a fraction (`1.0` counts) that fits.
    package var int: Int? {
        guard case .number(let value) = self else { return nil }
        return value.int
    }

    /// The nearest `Double`, when this is a number.
    package var double: Double? {
        guard case .number(let value) = self else { return nil }
        return value.double
    }

    /// The exact number, when this is one.
    package var number: JSONNumber? {
        guard case .number(let value) = self else { return nil }
        return value
    }

    /// The truth value, when this is one.
    package var bool: Bool? {
        guard case .bool(let value) = self else { return nil }
        return value
    }

    /// The elements, when this is an array.
    package var array: [JSON]? {
        guard case .array(let value) = self else { return nil }
        return value
    }

    /// The object, when this is one.
    package var object: JSONObject? {
        guard case .object(let value) = self else { return nil }
        return value
    }

    /// Whether this is `null`.
    package var isNull: Bool {
        guard case .null = self else { return false }
        return true
    }

    /// The type as a phrase for error messages: "an object", "a string".
    package var typeName: String {
        switch self {
        case .null: "null"
        case .bool: "a boolean"
        case .number: "a number"
        case .string: "a string"
        case .array: "an array"
        case .object: "an object"
        }
    }
}
