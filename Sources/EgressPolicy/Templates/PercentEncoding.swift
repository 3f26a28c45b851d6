/// Percent encoding of RFC 3986: everything but unreserved characters becomes a triplet of upper-case digits.
package enum PercentEncoding {
    /// The text of encoded bytes.
    package static func encoded(_ bytes: some Sequence<UInt8>) -> String {
        var output: [UInt8] = []
        for byte in bytes { append(byte, to: &output) }
        return String(decoding: output, as: UTF8.self)
    }

    static func append(_ text: some StringProtocol, to output: inout [UInt8]) {
        for byte in text.utf8 { append(byte, to: &output) }
    }

    static func append(_ byte: UInt8, to output: inout [UInt8]) {
        if byte.isUnreserved {
            output.append(byte)
        } else {
            output.append(.percent)
            output.append(digit(byte >> 4))
            output.append(digit(byte & 0xf))
        }
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x37 + value }
}
