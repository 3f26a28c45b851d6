/// The name by which agents call an API: `[a-z][a-z0-9_]{0,62}`.
package enum Slug {
    package static func isValid(_ text: String) -> Bool {
        guard let first = text.utf8.first, isLetter(first), text.utf8.count <= 63 else { return false }
        return text.utf8.allSatisfy { isLetter($0) || isDigit($0) || $0 == UInt8(ascii: "_") }
    }

    /// A slug from a name: lower case, everything else one `_`; `nil` when no letter is left to begin with.
    package static func make(from name: String) -> String? {
        var bytes: [UInt8] = []
        for byte in name.lowercased().utf8 {
            if isLetter(byte) || isDigit(byte) && !bytes.isEmpty {
                bytes.append(byte)
            } else if let last = bytes.last, last != UInt8(ascii: "_") {
                bytes.append(UInt8(ascii: "_"))
            }
        }
        bytes = Array(bytes.prefix(63))
        while bytes.last == UInt8(ascii: "_") { bytes.removeLast() }
        return bytes.isEmpty ? nil : String(decoding: bytes, as: UTF8.self)
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(byte) }
    private static func isDigit(_ byte: UInt8) -> Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(byte) }
}
