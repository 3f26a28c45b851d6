import Value

/// What a text in a query, a path or a form means.
enum TextValue {
    /// A number, a truth value, or the text itself. Numbers that would not come out as they went in are texts.
    static func json(_ text: String) -> JSON {
        if text == "true" || text == "false" { return .bool(text == "true") }
        guard text.utf8.count <= 15, let number = JSONNumber(text: text), isPlain(text) else { return .string(text) }
        return .number(number)
    }

    /// Digits, at most one dot among them, a minus in front.
    private static func isPlain(_ text: String) -> Bool {
        text != "-0" && text.utf8.allSatisfy { (0x30...0x39).contains($0) || $0 == 0x2E || $0 == 0x2D }
    }

    /// Percent-decoded; nil where that gives no UTF-8.
    static func decoded(_ text: some StringProtocol, plusIsSpace: Bool) -> String? {
        var bytes: [UInt8] = []
        var rest = Substring(text).utf8[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "+"), plusIsSpace {
                bytes.append(0x20)
            } else if byte == UInt8(ascii: "%"), rest.count >= 2,
                let code = UInt8(String(Substring(rest.prefix(2))), radix: 16)
            {
                bytes.append(code)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(validating: bytes, as: UTF8.self)
    }

    /// The fields of a query or of a body that is written like one.
    static func fields(_ text: some StringProtocol) -> [CallField] {
        Substring(text).split(separator: "&").prefix(mostFields).map { pair in
            guard let mark = pair.utf8.firstIndex(of: UInt8(ascii: "=")) else {
                return CallField(decoded(pair, plusIsSpace: true) ?? String(pair), "")
            }
            let value = pair[pair.utf8.index(after: mark)...]
            return CallField(
                decoded(pair[..<mark], plusIsSpace: true) ?? String(pair[..<mark]),
                decoded(value, plusIsSpace: true) ?? String(value))
        }
    }

    private static let mostFields = 1000
}
