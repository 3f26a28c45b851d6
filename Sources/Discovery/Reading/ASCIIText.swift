/// Comparing and cutting text that machines wrote, byte by byte.
enum ASCIIText {
    static func lower(_ byte: UInt8) -> UInt8 { byte &- 0x41 < 26 ? byte | 0x20 : byte }

    /// Equality but for the case of ASCII letters.
    static func equal(_ left: String, _ right: String) -> Bool {
        left.utf8.count == right.utf8.count && zip(left.utf8, right.utf8).allSatisfy { lower($0) == lower($1) }
    }

    static func lowercased(_ bytes: some Collection<UInt8>) -> String {
        String(decoding: bytes.map(lower), as: UTF8.self)
    }

    /// Space, tab and the ends of lines.
    static func isSpace(_ byte: UInt8) -> Bool { byte == 0x20 || (0x09...0x0D).contains(byte) }

    static func isDigit(_ byte: UInt8) -> Bool { byte &- 0x30 < 10 }
    static func isLetter(_ byte: UInt8) -> Bool { (byte | 0x20) &- 0x61 < 26 }
    static func isWord(_ byte: UInt8) -> Bool { isDigit(byte) || isLetter(byte) || byte == UInt8(ascii: "_") }

    static func trimmed(_ bytes: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var bytes = bytes
        while let first = bytes.first, isSpace(first) { bytes.removeFirst() }
        while let last = bytes.last, isSpace(last) { bytes.removeLast() }
        return bytes
    }

    /// One line of printable text of at most `bytes` bytes: what strangers wrote, fit to be shown.
    static func shown(_ text: String, bytes: Int) -> String {
        var scalars = String.UnicodeScalarView()
        var count = 0
        for scalar in text.unicodeScalars {
            let isPlain =
                scalar.value >= 0x20 && scalar.properties.generalCategory != .control
                && scalar.properties.generalCategory != .format
                && scalar.value != 0x2028 && scalar.value != 0x2029
            let shown = isPlain ? scalar : " "
            if shown == " ", scalars.last == " " || scalars.isEmpty { continue }
            count += UTF8.width(shown)
            guard count <= bytes else { break }
            scalars.append(shown)
        }
        if scalars.last == " " { scalars.removeLast() }
        return String(scalars)
    }
}
