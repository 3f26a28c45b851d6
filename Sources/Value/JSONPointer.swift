/// A place in a JSON document (RFC 6901).
package struct JSONPointer: Sendable, Hashable {
    /// The unescaped reference tokens; none of them names the whole document.
    package let tokens: [String]

    /// The whole document.
    package static let root = JSONPointer()

    /// The place that unescaped tokens lead to.
    package init(_ tokens: [String] = []) {
        self.tokens = tokens
    }

    /// Reads the string form: `""` or `/a~1b/0`. Nil when it does not begin with a slash or has a `~` that is neither `~0` nor `~1`.
    package init?(text: String) {
        guard !text.isEmpty else {
            tokens = []
            return
        }
        guard text.utf8.first == UInt8(ascii: "/") else { return nil }
        var tokens: [String] = []
        for part in text.utf8.dropFirst().split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            guard let token = Self.unescape(part) else { return nil }
            tokens.append(token)
        }
        self.tokens = tokens
    }

    /// The member `key` of what this names.
    package func appending(_ key: String) -> JSONPointer {
        JSONPointer(tokens + [key])
    }

    /// The element `index` of what this names.
    package func appending(_ index: Int) -> JSONPointer {
        appending(String(index))
    }

    /// The place that holds this one; nil for the whole document.
    package var parent: JSONPointer? {
        tokens.isEmpty ? nil : JSONPointer(Array(tokens.dropLast()))
    }

    /// An array index: digits without a superfluous zero (RFC 6901, section 4).
    static func index(_ token: String) -> Int? {
        guard token.utf8.allSatisfy(isDigit), token == "0" || token.utf8.first != UInt8(ascii: "0") else { return nil }
        return Int(token)
    }

    private static func unescape(_ part: Substring.UTF8View) -> String? {
        guard part.contains(UInt8(ascii: "~")) else { return String(Substring(part)) }
        var bytes: [UInt8] = []
        var rest = part[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "~") else {
                bytes.append(byte)
                continue
            }
            switch rest.popFirst() {
            case UInt8(ascii: "0"): bytes.append(UInt8(ascii: "~"))
            case UInt8(ascii: "1"): bytes.append(UInt8(ascii: "/"))
            default: return nil
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }
}

extension JSONPointer: CustomStringConvertible {
    /// The string form, `~` and `/` escaped.
    package var description: String {
        var bytes: [UInt8] = []
        for token in tokens {
            bytes.append(UInt8(ascii: "/"))
            for byte in token.utf8 {
                switch byte {
                case UInt8(ascii: "~"): bytes += [UInt8(ascii: "~"), UInt8(ascii: "0")]
                case UInt8(ascii: "/"): bytes += [UInt8(ascii: "~"), UInt8(ascii: "1")]
                default: bytes.append(byte)
                }
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
