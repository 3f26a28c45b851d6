extension JSONParser {
    /// Reads a string whose opening quote is next. One without escapes becomes a `String` in one go.
    mutating func string() throws(JSONParseError) -> String {
        let start = index + 1
        index = plainEnd(from: start)
        guard index < bytes.count, bytes[index] == UInt8(ascii: "\"") else {
            return try escapedString(from: start)
        }
        let end = index
        index += 1
        try checkLength(from: start, to: end)
        return try decode(start, end)
    }

    private func checkLength(from start: Int, to end: Int) throws(JSONParseError) {
        if end - start > limits.stringBytes {
            throw fault(.limit, "the string has more than \(limits.stringBytes) bytes", at: start - 1)
        }
    }

    /// The next offset with a quote, a backslash or a control character.
    private func plainEnd(from start: Int) -> Int {
        guard let base = bytes.baseAddress else { return start }
        let ones: UInt64 = 0x0101_0101_0101_0101
        let highs: UInt64 = 0x8080_8080_8080_8080
        var offset = start
        while offset &+ 8 <= bytes.count {
            let word = UInt64(littleEndian: UnsafeRawPointer(base + offset).loadUnaligned(as: UInt64.self))
            let quote = word ^ (ones &* 0x22)
            let backslash = word ^ (ones &* 0x5C)
            // The lowest set high bit is exact in each term; a borrow can only disturb bytes above it.
            let stops =
                ((word &- (ones &* 0x20)) & ~word | (quote &- ones) & ~quote | (backslash &- ones) & ~backslash) & highs
            if stops != 0 { return offset + stops.trailingZeroBitCount / 8 }
            offset &+= 8
        }
        while offset < bytes.count {
            let byte = bytes[offset]
            if byte < 0x20 || byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "\\") { return offset }
            offset &+= 1
        }
        return offset
    }

    private func decode(_ start: Int, _ end: Int) throws(JSONParseError) -> String {
        let slice = UnsafeBufferPointer(rebasing: bytes[start..<end])
        // ASCII needs no repair, and decoding it costs half of what validating does.
        if isASCII(slice) { return String(decoding: slice, as: UTF8.self) }
        if let text = String(validating: slice, as: UTF8.self) { return text }
        throw invalidUTF8(start, end)
    }

    private func isASCII(_ slice: UnsafeBufferPointer<UInt8>) -> Bool {
        var offset = 0
        if let base = UnsafeRawPointer(slice.baseAddress) {
            while offset &+ 8 <= slice.count {
                if (base + offset).loadUnaligned(as: UInt64.self) & 0x8080_8080_8080_8080 != 0 { return false }
                offset &+= 8
            }
        }
        var union: UInt8 = 0
        while offset < slice.count {
            union |= slice[offset]
            offset &+= 1
        }
        return union < 0x80
    }

    private func invalidUTF8(_ start: Int, _ end: Int) -> JSONParseError {
        var decoder = UTF8()
        var iterator = bytes[start..<end].makeIterator()
        var valid = start
        while case .scalarValue(let scalar) = decoder.decode(&iterator) { valid += UTF8.width(scalar) }
        return fault(.encoding, "the string is not valid UTF-8", at: valid)
    }

    private mutating func escapedString(from start: Int) throws(JSONParseError) -> String {
        var result: [UInt8] = []
        var plain = start
        while true {
            guard index < bytes.count else {
                throw fault(.syntax, "the string is not closed", at: start - 1)
            }
            try checkLength(from: start, to: index)
            result.append(contentsOf: bytes[plain..<index])
            switch bytes[index] {
            case UInt8(ascii: "\""):
                let end = index
                index += 1
                if let text = String(validating: result, as: UTF8.self) { return text }
                throw invalidUTF8(start, end)
            case UInt8(ascii: "\\"):
                try escape(into: &result)
                plain = index
                index = plainEnd(from: index)
            default:
                throw fault(.syntax, "a control character stands in the string; write it as an escape")
            }
        }
    }

    private mutating func escape(into result: inout [UInt8]) throws(JSONParseError) {
        guard index + 1 < bytes.count else { throw fault(.syntax, "the text ends inside an escape") }
        let letter = bytes[index + 1]
        let byte: UInt8
        switch letter {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): byte = letter
        case UInt8(ascii: "b"): byte = 0x08
        case UInt8(ascii: "f"): byte = 0x0C
        case UInt8(ascii: "n"): byte = 0x0A
        case UInt8(ascii: "r"): byte = 0x0D
        case UInt8(ascii: "t"): byte = 0x09
        case UInt8(ascii: "u"):
            let scalar = try unicodeEscape()
            result.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
            return
        default: throw fault(.syntax, "the string has an unknown escape")
        }
        result.append(byte)
        index += 2
    }

    private mutating func unicodeEscape() throws(JSONParseError) -> Unicode.Scalar {
        let start = index
        let first = try hexEscape()
        if let scalar = Unicode.Scalar(first) { return scalar }
        guard UTF16.isLeadSurrogate(first), index + 1 < bytes.count, bytes[index] == UInt8(ascii: "\\"),
            bytes[index + 1] == UInt8(ascii: "u")
        else { return try half(at: start) }
        let behind = index
        let second = try hexEscape()
        guard UTF16.isTrailSurrogate(second) else {
            index = behind
            return try half(at: start)
        }
        return UTF16.decode(UTF16.EncodedScalar([first, second]))
    }

    /// What half of a surrogate pair stands for. Only a text that is refused pays for saying where.
    private func half(at start: Int) throws(JSONParseError) -> Unicode.Scalar {
        if limits.repairsText { return "\u{FFFD}" }
        throw fault(.encoding, "the escape is half of a surrogate pair", at: start)
    }

    /// Reads `\uXXXX`, whose backslash is next.
    private mutating func hexEscape() throws(JSONParseError) -> UInt16 {
        var unit: UInt16 = 0
        for offset in index + 2..<index + 6 {
            guard offset < bytes.count, let digit = Self.hexDigit(bytes[offset]) else {
                throw fault(.syntax, "four hexadecimal digits must follow \\u")
            }
            unit = unit << 4 | digit
        }
        index += 6
        return unit
    }

    private static func hexDigit(_ byte: UInt8) -> UInt16? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt16(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): UInt16(byte - UInt8(ascii: "a") + 10)
        case UInt8(ascii: "A")...UInt8(ascii: "F"): UInt16(byte - UInt8(ascii: "A") + 10)
        default: nil
        }
    }
}
