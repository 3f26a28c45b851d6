/// Base 64 (RFC 4648), so that nothing here needs Foundation.
package enum Base64 {
    private static let urlAlphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)
    private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)

    /// base64url without padding (section 5).
    package static func encodeURL(_ bytes: [UInt8]) -> String {
        String(decoding: encode(bytes, urlAlphabet, padded: false), as: UTF8.self)
    }

    /// Standard base64 with padding (section 4).
    package static func encode(_ bytes: [UInt8]) -> [UInt8] {
        encode(bytes, alphabet, padded: true)
    }

    private static func encode(_ bytes: [UInt8], _ alphabet: [UInt8], padded: Bool) -> [UInt8] {
        let digits = (bytes.count * 4 + 2) / 3
        let length = padded ? (bytes.count + 2) / 3 * 4 : digits
        return [UInt8](unsafeUninitializedCapacity: length) { output, count in
            bytes.withUnsafeBufferPointer { bytes in
                alphabet.withUnsafeBufferPointer { alphabet in
                    var place = 0
                    var index = 0
                    while index + 2 < bytes.count {
                        let bits = Int(bytes[index]) << 16 | Int(bytes[index + 1]) << 8 | Int(bytes[index + 2])
                        output[place] = alphabet[bits >> 18]
                        output[place + 1] = alphabet[bits >> 12 & 0x3F]
                        output[place + 2] = alphabet[bits >> 6 & 0x3F]
                        output[place + 3] = alphabet[bits & 0x3F]
                        index += 3
                        place += 4
                    }
                    if index < bytes.count {
                        let second = index + 1 < bytes.count ? Int(bytes[index + 1]) : 0
                        let bits = Int(bytes[index]) << 16 | second << 8
                        var shift = 18
                        while place < digits {
                            output[place] = alphabet[bits >> shift & 0x3F]
                            shift -= 6
                            place += 1
                        }
                    }
                    while place < length {
                        output[place] = UInt8(ascii: "=")
                        place += 1
                    }
                    count = place
                }
            }
        }
    }

    /// Reads either alphabet, padded or not; `nil` for anything else, including non-zero bits after the last byte.
    package static func decode(_ text: some Collection<UInt8>) -> [UInt8]? {
        if let result = text.withContiguousStorageIfAvailable({ decode($0) }) { return result }
        return Array(text).withUnsafeBufferPointer { decode($0) }
    }

    private static func decode(_ text: UnsafeBufferPointer<UInt8>) -> [UInt8]? {
        var digits = text.count
        while digits > 0, text.count - digits < 3, text[digits - 1] == UInt8(ascii: "=") { digits -= 1 }
        let padding = text.count - digits
        guard digits % 4 != 1, padding == 0 || text.count % 4 == 0 && padding <= 2 else { return nil }
        var isSound = true
        let output = [UInt8](unsafeUninitializedCapacity: digits / 4 * 3 + 3) { output, count in
            values.withUnsafeBufferPointer { values in
                var union: UInt8 = 0
                var place = 0
                var index = 0
                while index + 3 < digits {
                    let one = values[Int(text[index])]
                    let two = values[Int(text[index + 1])]
                    let three = values[Int(text[index + 2])]
                    let four = values[Int(text[index + 3])]
                    union |= one | two | three | four
                    output[place] = one << 2 | two >> 4
                    output[place + 1] = two << 4 | three >> 2
                    output[place + 2] = three << 6 | four
                    index += 4
                    place += 3
                }
                if index < digits {
                    let one = values[Int(text[index])]
                    let two = values[Int(text[index + 1])]
                    let three = index + 2 < digits ? values[Int(text[index + 2])] : 0
                    union |= one | two | three
                    output[place] = one << 2 | two >> 4
                    output[place + 1] = two << 4 | three >> 2
                    // The bits behind the last byte.
                    if index + 2 < digits ? three & 0x03 != 0 : two & 0x0F != 0 { isSound = false }
                    place += digits - index - 1
                }
                isSound = isSound && union < invalid
                count = place
            }
        }
        return isSound ? output : nil
    }

    private static let invalid: UInt8 = 0x80

    /// What each byte stands for in either alphabet.
    private static let values: [UInt8] = {
        var values = [UInt8](repeating: invalid, count: 256)
        for alphabet in [alphabet, urlAlphabet] {
            for (value, byte) in alphabet.enumerated() { values[Int(byte)] = UInt8(value) }
        }
        return values
    }()
}
