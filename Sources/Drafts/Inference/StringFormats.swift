/// The formats that a text has, of those that are told with confidence. Narrower than JSON Schema's own definitions:
/// what is recognised here is valid there.
struct StringFormats: OptionSet, Sendable, Hashable {
    let rawValue: UInt8

    static let dateTime = StringFormats(rawValue: 1)
    static let date = StringFormats(rawValue: 2)
    static let uuid = StringFormats(rawValue: 4)
    static let email = StringFormats(rawValue: 8)
    static let uri = StringFormats(rawValue: 16)
    static let ipv4 = StringFormats(rawValue: 32)

    private static let names: [(StringFormats, String)] = [
        (.dateTime, "date-time"), (.date, "date"), (.uuid, "uuid"), (.email, "email"), (.uri, "uri"), (.ipv4, "ipv4"),
    ]
    private static let longest = 2048

    /// JSON Schema's name; nil for none and for several.
    var name: String? { Self.names.first { $0.0 == self }?.1 }

    /// The formats that `text` has.
    static func of(_ text: String) -> StringFormats {
        guard text.utf8.count <= longest else { return [] }
        var text = text
        return text.withUTF8 { bytes in
            var scan = FormatScan(bytes)
            if scan.isDateTime() { return .dateTime }
            if scan.isDate() { return .date }
            if scan.isUUID() { return .uuid }
            if scan.isIPv4() { return .ipv4 }
            if scan.isWebURI() { return .uri }
            return scan.isEmail() ? .email : []
        }
    }
}

/// Looks at the bytes of one text.
private struct FormatScan {
    private let bytes: UnsafeBufferPointer<UInt8>
    private var index = 0

    init(_ bytes: UnsafeBufferPointer<UInt8>) {
        self.bytes = bytes
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        guard index < bytes.count, bytes[index] == byte else { return false }
        index += 1
        return true
    }

    private mutating func number(_ digits: Int, _ range: ClosedRange<Int>) -> Int? {
        guard index + digits <= bytes.count else { return nil }
        var value = 0
        for byte in bytes[index..<index + digits] {
            guard byte.isDigit else { return nil }
            value = value * 10 + Int(byte &- UInt8(ascii: "0"))
        }
        guard range.contains(value) else { return nil }
        index += digits
        return value
    }

    private mutating func date() -> Bool {
        index = 0
        guard let year = number(4, 0...9999), take(UInt8(ascii: "-")), let month = number(2, 1...12),
            take(UInt8(ascii: "-")), let day = number(2, 1...31)
        else { return false }
        let isLeap = year.isMultiple(of: 4) && (!year.isMultiple(of: 100) || year.isMultiple(of: 400))
        return day <= (month == 2 ? (isLeap ? 29 : 28) : [4, 6, 9, 11].contains(month) ? 30 : 31)
    }

    mutating func isDate() -> Bool { date() && index == bytes.count }

    /// RFC 3339, section 5.6; no leap seconds.
    mutating func isDateTime() -> Bool {
        guard date(), take(UInt8(ascii: "T")), number(2, 0...23) != nil, take(UInt8(ascii: ":")),
            number(2, 0...59) != nil, take(UInt8(ascii: ":")), number(2, 0...59) != nil
        else { return false }
        if take(UInt8(ascii: ".")) {
            let start = index
            while index < bytes.count, bytes[index].isDigit { index += 1 }
            guard index > start else { return false }
        }
        if take(UInt8(ascii: "Z")) { return index == bytes.count }
        guard take(UInt8(ascii: "+")) || take(UInt8(ascii: "-")), number(2, 0...23) != nil, take(UInt8(ascii: ":")),
            number(2, 0...59) != nil
        else { return false }
        return index == bytes.count
    }

    func isUUID() -> Bool {
        guard bytes.count == 36 else { return false }
        return bytes.enumerated().allSatisfy { offset, byte in
            [8, 13, 18, 23].contains(offset) ? byte == UInt8(ascii: "-") : byte.isHexDigit
        }
    }

    func isIPv4() -> Bool {
        guard bytes.count <= 15 else { return false }
        let parts = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        return parts.count == 4
            && parts.allSatisfy { part in
                (1...3).contains(part.count) && part.allSatisfy(\.isDigit)
                    && (part.count == 1 || part.first != UInt8(ascii: "0"))
                    && part.reduce(0) { $0 * 10 + Int($1 &- UInt8(ascii: "0")) } < 256
            }
    }

    func isEmail() -> Bool {
        guard let at = bytes.firstIndex(of: UInt8(ascii: "@")), (1...64).contains(at) else { return false }
        let labels = bytes[..<at].split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard labels.allSatisfy({ !$0.isEmpty && $0.allSatisfy { $0.isAlphanumeric || "_%+-".utf8.contains($0) } })
        else { return false }
        return Self.isHost(bytes[(at + 1)...], needsDot: true)
    }

    /// `http` or `https`, a host and whatever a URI may hold behind it.
    func isWebURI() -> Bool {
        let start: Int
        if bytes.starts(with: "https://".utf8) {
            start = 8
        } else if bytes.starts(with: "http://".utf8) {
            start = 7
        } else {
            return false
        }
        let rest = bytes[start...]
        let end = rest.firstIndex { "/?#:".utf8.contains($0) } ?? rest.endIndex
        guard Self.isHost(rest[..<end], needsDot: false) else { return false }
        var index = end
        if index < rest.endIndex, rest[index] == UInt8(ascii: ":") {
            let port = rest[(index + 1)...].prefix(while: \.isDigit)
            guard (1...5).contains(port.count) else { return false }
            index = port.endIndex
            guard index == rest.endIndex || "/?#".utf8.contains(rest[index]) else { return false }
        }
        var fragments = 0
        while index < rest.endIndex {
            let byte = rest[index]
            if byte == UInt8(ascii: "%") {
                guard index + 2 < rest.endIndex, rest[index + 1].isHexDigit, rest[index + 2].isHexDigit else {
                    return false
                }
            } else if byte == UInt8(ascii: "#") {
                fragments += 1
            } else if !byte.isAlphanumeric, !"/?:@!$&'()*+,;=-._~".utf8.contains(byte) {
                return false
            }
            index += 1
        }
        return fragments < 2
    }

    private static func isHost(_ bytes: Slice<UnsafeBufferPointer<UInt8>>, needsDot: Bool) -> Bool {
        let labels = bytes.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false)
        guard bytes.count <= 253, !needsDot || labels.count > 1, let top = labels.last,
            top.count > 1 && top.allSatisfy(\.isLetter) || !needsDot
        else { return false }
        return labels.allSatisfy { label in
            (1...63).contains(label.count) && label.first != UInt8(ascii: "-") && label.last != UInt8(ascii: "-")
                && label.allSatisfy { $0.isAlphanumeric || $0 == UInt8(ascii: "-") } && !label.isPunycode
        }
    }
}

extension Slice where Base == UnsafeBufferPointer<UInt8> {
    /// Whether hyphens stand where an encoded label has them.
    fileprivate var isPunycode: Bool {
        count > 3 && self[startIndex + 2] == UInt8(ascii: "-") && self[startIndex + 3] == UInt8(ascii: "-")
    }
}
