import Value

/// The encodings that documents come in.
enum TextEncoding {
    /// The text in UTF-8 and without its byte order mark; UTF-16 with one is written anew.
    static func utf8(_ bytes: [UInt8]) -> [UInt8] {
        switch (bytes.first, bytes.dropFirst().first) {
        case (0xEF, 0xBB) where bytes.count > 2 && bytes[2] == 0xBF: Array(bytes.dropFirst(3))
        case (0xFF, 0xFE): utf16(bytes.dropFirst(2), isLittle: true)
        case (0xFE, 0xFF): utf16(bytes.dropFirst(2), isLittle: false)
        default: bytes
        }
    }

    private static func utf16(_ bytes: ArraySlice<UInt8>, isLittle: Bool) -> [UInt8] {
        var units: [UInt16] = []
        units.reserveCapacity(bytes.count / 2)
        var rest = bytes
        while let first = rest.popFirst(), let second = rest.popFirst() {
            units.append(isLittle ? UInt16(second) << 8 | UInt16(first) : UInt16(first) << 8 | UInt16(second))
        }
        return Array(String(decoding: units, as: UTF16.self).utf8)
    }

    /// Where the bytes stop being UTF-8; nil where they are.
    static func firstFault(_ bytes: [UInt8]) -> Position? {
        if String(validating: bytes, as: UTF8.self) != nil { return nil }
        // The longest beginning that is sound: each byte of a sound one is the end of a sound one, or within a scalar.
        var low = 0
        var high = bytes.count
        while low < high {
            let middle = (low + high + 1) / 2
            var end = middle
            while end > 0, end < bytes.count, bytes[end] & 0xC0 == 0x80, middle - end < 3 { end -= 1 }
            if String(validating: bytes[..<end], as: UTF8.self) != nil { low = middle } else { high = middle - 1 }
        }
        return bytes.withUnsafeBufferPointer { Position(offset: low, in: $0) }
    }
}
