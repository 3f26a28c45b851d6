import Crypto

/// The SHA-256 of a record's bytes.
package struct AuditHash: Sendable, Hashable, CustomStringConvertible {
    /// Bytes of a hash.
    package static let byteCount = SHA256Digest.byteCount

    /// 32 bytes.
    package let bytes: [UInt8]

    /// What the first record names as its previous one: 32 zero bytes.
    package static let genesis = AuditHash(unchecked: [UInt8](repeating: 0, count: byteCount))

    /// `nil` unless there are 32 bytes.
    package init?(bytes: [UInt8]) {
        guard bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    /// The hash of a record's bytes, or of the text of a record of the first format.
    package init(of bytes: UnsafeRawBufferPointer) {
        var hash = SHA256()
        hash.update(bufferPointer: bytes)
        self.bytes = Array(hash.finalize())
    }

    /// The hash of a record's bytes, or of the text of a record of the first format.
    package init(of bytes: [UInt8]) {
        self = bytes.withUnsafeBytes { AuditHash(of: $0) }
    }

    /// Reads `description`; `nil` for anything else.
    package init?(hex: String) {
        guard let bytes = Self.bytes(hex: hex), bytes.count == Self.byteCount else { return nil }
        self.bytes = bytes
    }

    private init(unchecked bytes: [UInt8]) {
        self.bytes = bytes
    }

    /// 64 lower-case hexadecimal digits.
    package var description: String {
        var digits: [UInt8] = []
        appendHex(to: &digits)
        return String(decoding: digits, as: UTF8.self)
    }

    func appendHex(to output: inout [UInt8]) {
        for byte in bytes { Self.appendHex(byte, to: &output) }
    }

    /// Appends a byte as two lower-case hexadecimal digits.
    static func appendHex(_ byte: UInt8, to output: inout [UInt8]) {
        for nibble in [byte >> 4, byte & 15] {
            output.append(nibble < 10 ? UInt8(ascii: "0") + nibble : UInt8(ascii: "a") + nibble - 10)
        }
    }

    /// Reads lower-case hexadecimal digits, two a byte; nil for anything else.
    static func bytes(hex: String) -> [UInt8]? {
        let digits = Array(hex.utf8)
        guard digits.count.isMultiple(of: 2) else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(digits[index]), let low = value(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        default: nil
        }
    }
}
