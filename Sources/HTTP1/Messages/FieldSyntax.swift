/// The bytes that methods, targets, field names and field values are made of (RFC 9110, sections 5.5 and 5.6.2), looked
/// at eight at a time where there are many.
enum FieldSyntax {
    /// Bits 33 to 126 of the letters, digits and signs that make a token.
    private static let tokens: (low: UInt64, high: UInt64) = (0x03ff_6cfa_0000_0000, 0x57ff_ffff_c7ff_fffe)
    private static let ones: UInt64 = 0x0101_0101_0101_0101
    private static let tops: UInt64 = 0x8080_8080_8080_8080

    /// A byte of a token: a method or a field's name.
    @inline(__always)
    static func isTokenByte(_ byte: UInt8) -> Bool {
        let bits = byte < 64 ? tokens.low : tokens.high
        return byte < 128 && bits >> UInt64(byte & 63) & 1 == 1
    }

    /// A tab, or no control.
    @inline(__always)
    static func isTextByte(_ byte: UInt8) -> Bool { byte >= 0x20 && byte != 0x7f || byte == 0x09 }

    /// A visible character of ASCII.
    @inline(__always)
    static func isVisibleByte(_ byte: UInt8) -> Bool { byte > 0x20 && byte < 0x7f }

    /// Whether all bytes may stand in a field's value.
    static func isText(_ bytes: UnsafeRawBufferPointer) -> Bool {
        // No carry can make a word look clean that is not; one with a tab is looked at closely.
        allSatisfy(bytes, isTextByte) { word in
            (word &- ones &* 0x20) & ~word | ((word ^ ones &* 0x7f) &- ones) & ~(word ^ ones &* 0x7f)
        }
    }

    /// Whether all bytes are visible characters of ASCII.
    static func isVisible(_ bytes: UnsafeRawBufferPointer) -> Bool {
        allSatisfy(bytes, isVisibleByte) { word in
            (word &- ones &* 0x21) & ~word | word | ((word ^ ones &* 0x7f) &- ones) & ~(word ^ ones &* 0x7f)
        }
    }

    static func isASCII(_ bytes: UnsafeRawBufferPointer) -> Bool {
        allSatisfy(bytes, { $0 < 0x80 }) { $0 }
    }

    /// - Parameter suspicion: sets the highest bit of at least one byte when one of the eight is not as wanted.
    @inline(__always)
    private static func allSatisfy(
        _ bytes: UnsafeRawBufferPointer, _ isWanted: (UInt8) -> Bool, _ suspicion: (UInt64) -> UInt64
    ) -> Bool {
        var index = 0
        while index &+ 8 <= bytes.count {
            if suspicion(bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)) & tops != 0 {
                for byte in bytes[index..<index &+ 8] where !isWanted(byte) { return false }
            }
            index &+= 8
        }
        while index < bytes.count {
            guard isWanted(bytes[index]) else { return false }
            index &+= 1
        }
        return true
    }

    /// The bytes without the blanks and tabs around them (RFC 9110, section 5.6.3).
    static func trimmed(_ bytes: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
        var (start, end) = (0, bytes.count)
        while start < end, isBlank(bytes[start]) { start &+= 1 }
        while start < end, isBlank(bytes[end &- 1]) { end &-= 1 }
        return UnsafeRawBufferPointer(rebasing: bytes[start..<end])
    }

    static func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 }
}

/// A field's line, without its end, as name and value (RFC 9112, section 5). It lives no longer than the bytes it is of.
struct FieldLine {
    let name: UnsafeRawBufferPointer
    /// Without the blanks around it; it may be empty.
    let value: UnsafeRawBufferPointer

    /// Nil for a line that is not a field: it has no name, a blank before the colon, or a control in the value.
    init?(_ line: UnsafeRawBufferPointer) {
        var colon = 0
        while colon < line.count, FieldSyntax.isTokenByte(line[colon]) { colon &+= 1 }
        guard colon > 0, colon < line.count, line[colon] == UInt8(ascii: ":") else { return nil }
        name = UnsafeRawBufferPointer(rebasing: line[..<colon])
        value = FieldSyntax.trimmed(UnsafeRawBufferPointer(rebasing: line[(colon &+ 1)...]))
        guard FieldSyntax.isText(value) else { return nil }
    }
}
