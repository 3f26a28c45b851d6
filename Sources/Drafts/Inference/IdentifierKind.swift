/// What a text looks like that names one thing among many: a number, a UUID, a date, a random token. A word is none.
///
/// Used for the segments of recorded paths, and for the names of properties: those of a map are somebody's data.
package enum IdentifierKind: Sendable, Hashable {
    case number, uuid, date, hexadecimal, token
    /// More than a name is ever long, or an address, or a sentence.
    case text

    /// Nil for what looks like a word that somebody chose as a name.
    package init?(_ text: String) {
        var text = text
        guard let kind = text.withUTF8({ Self.kind(of: $0) }) else { return nil }
        self = kind
    }

    private static let longestName = 64

    private static func kind(of bytes: UnsafeBufferPointer<UInt8>) -> IdentifierKind? {
        guard let first = bytes.first else { return nil }
        if bytes.count > longestName { return .text }
        let body = first == UInt8(ascii: "-") ? bytes[1...] : bytes[...]
        if !body.isEmpty, body.allSatisfy(\.isDigit) { return .number }
        if isUUID(bytes) { return .uuid }
        if isDated(bytes) { return .date }
        let digits = bytes.count(where: \.isDigit)
        if bytes.count >= 8, digits > 0, bytes.allSatisfy(\.isHexDigit) { return .hexadecimal }
        if isSentence(bytes) { return .text }
        return isToken(bytes, digits: digits) ? .token : nil
    }

    private static func isUUID(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        bytes.count == 36
            && bytes.enumerated().allSatisfy { offset, byte in
                [8, 13, 18, 23].contains(offset) ? byte == UInt8(ascii: "-") : byte.isHexDigit
            }
    }

    /// `2026-03-01`, `2026-03`, with or without a time behind.
    private static func isDated(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        bytes.count >= 7 && bytes.prefix(4).allSatisfy(\.isDigit) && bytes[4] == UInt8(ascii: "-")
            && bytes[5...6].allSatisfy(\.isDigit) && (bytes.count == 7 || bytes[7] == UInt8(ascii: "-"))
    }

    /// A mailbox, a URL, an address, or words with spaces between them.
    private static func isSentence(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        if bytes.dropFirst().contains(UInt8(ascii: "@")) || bytes.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
            return true
        }
        if bytes.contains(UInt8(ascii: ":")), bytes.contains(UInt8(ascii: "/")) { return true }
        if bytes.count(where: { $0 == UInt8(ascii: " ") }) > 3 { return true }
        let isAddress = bytes.allSatisfy { $0.isDigit || $0 == UInt8(ascii: ".") || $0 == UInt8(ascii: ":") }
        return isAddress && bytes.count > 6
    }

    private static func isToken(_ bytes: UnsafeBufferPointer<UInt8>, digits: Int) -> Bool {
        var run = 0
        var digitRun = 0
        var runDigits = 0
        var switches = 0
        var previous: UInt8 = 0
        for byte in bytes {
            digitRun = byte.isDigit ? digitRun + 1 : 0
            if digitRun >= 5 { return true }
            if byte.isAlphanumeric {
                run += 1
                runDigits += byte.isDigit ? 1 : 0
                if previous.isAlphanumeric, kind(byte) != kind(previous) { switches += 1 }
            } else {
                (run, runDigits, switches) = (0, 0, 0)
            }
            previous = byte
            if run >= 12, runDigits >= 2, switches >= 4 { return true }
            if run >= 16, runDigits >= 2 { return true }
            // Words in camel case change between large and small at most twice a word.
            if run >= 20, switches * 5 >= run * 2 { return true }
        }
        // `cust_8841`, `01J9…`: something short, and behind it a number.
        guard digits >= 3, let last = bytes.last, last.isDigit,
            let mark = bytes.lastIndex(where: { !$0.isAlphanumeric })
        else { return false }
        return bytes[(mark + 1)...].count(where: \.isDigit) >= 3 && !bytes[(mark + 1)...].starts(with: "v".utf8)
    }

    private static func kind(_ byte: UInt8) -> Int { byte.isDigit ? 0 : byte.isUpper ? 1 : 2 }
}
