import Value

/// The core schema of YAML 1.2 (section 10.3): what a plain scalar is.
enum CoreSchema {
    enum Resolution: Equatable {
        case value(JSON)
        /// A number that JSON cannot hold.
        case unrepresentable
    }

    static func resolve(_ text: String) -> Resolution {
        switch text {
        case "", "~", "null", "Null", "NULL": return .value(.null)
        case "true", "True", "TRUE": return .value(true)
        case "false", "False", "FALSE": return .value(false)
        case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF", ".nan", ".NaN", ".NAN":
            return .unrepresentable
        default: return number(text) ?? .value(.string(text))
        }
    }

    /// The number that `text` is; nil when it is none.
    private static func number(_ text: String) -> Resolution? {
        guard let first = text.utf8.first, first < 0x3A else { return nil }
        let json: String
        if text.hasPrefix("0x") || text.hasPrefix("0o") {
            let radix = text.hasPrefix("0x") ? 16 : 8
            let digits = text.dropFirst(2).compactMap { digit($0, radix: radix) }
            guard !digits.isEmpty, digits.count == text.count - 2 else { return nil }
            guard digits.count <= maximumLength else { return .unrepresentable }
            json = decimal(digits, radix: radix)
        } else {
            guard let parts = Parts(text) else { return nil }
            guard text.utf8.count <= maximumLength else { return .unrepresentable }
            json = parts.json
        }
        return JSONNumber(text: json).map { .value(.number($0)) } ?? .unrepresentable
    }

    /// Longer numbers would cost quadratic time to convert.
    private static let maximumLength = 1024

    private static func digit(_ character: Character, radix: Int) -> Int? {
        guard character.isASCII, let digit = character.hexDigitValue, digit < radix else { return nil }
        return digit
    }

    private static func decimal(_ digits: [Int], radix: Int) -> String {
        var result = [0]
        for digit in digits {
            var carry = digit
            for index in result.indices {
                carry += result[index] * radix
                result[index] = carry % 10
                carry /= 10
            }
            while carry > 0 {
                result.append(carry % 10)
                carry /= 10
            }
        }
        return result.reversed().map(String.init).joined()
    }
}

extension CoreSchema {
    /// The parts of a decimal number: `[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?`.
    private struct Parts {
        private var isNegative = false
        private var whole: Substring
        private var fraction: Substring = ""
        private var exponent: Substring = ""

        init?(_ text: String) {
            var rest = text[...]
            if let sign = rest.first, sign == "-" || sign == "+" {
                isNegative = sign == "-"
                rest.removeFirst()
            }
            whole = Self.digits(&rest)
            if rest.first == "." {
                rest.removeFirst()
                fraction = Self.digits(&rest)
            }
            guard !whole.isEmpty || !fraction.isEmpty else { return nil }
            if rest.first == "e" || rest.first == "E" {
                rest.removeFirst()
                exponent = rest
                if rest.first == "-" || rest.first == "+" { rest.removeFirst() }
                guard !Self.digits(&rest).isEmpty else { return nil }
            }
            guard rest.isEmpty else { return nil }
        }

        /// The number in JSON's grammar.
        var json: String {
            let digits = whole.drop { $0 == "0" }
            let sign = isNegative ? "-" : ""
            let behind = fraction.isEmpty ? "" : ".\(fraction)"
            return sign + (digits.isEmpty ? "0" : digits) + behind + (exponent.isEmpty ? "" : "e\(exponent)")
        }

        private static func digits(_ rest: inout Substring) -> Substring {
            let digits = rest.prefix { ("0"..."9").contains($0) }
            rest = rest.dropFirst(digits.count)
            return digits
        }
    }
}
