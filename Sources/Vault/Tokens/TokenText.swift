import Crypto
import Value

/// A bearer token as its owner holds it: `pst_<id>_<43 characters>`, the last part 32 random bytes in base64url.
///
/// Only the SHA-256 of the last part is stored (C7). The id finds the row, the hash decides.
package struct TokenText: Sendable {
    /// Finds the stored row; not a secret. Lower-case letters and digits.
    package let id: String
    private let secret: Secret

    private static let prefix = "pst_"
    private static let idLength = 16
    private static let secretLength = 43

    /// Makes a new token from the system's random numbers.
    package static func generate() -> TokenText {
        let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)
        let id = randomBytes(idLength).map { alphabet[Int($0 & 31)] }
        var bytes = randomBytes(32)
        defer { wipe(&bytes) }
        return TokenText(
            id: String(decoding: id, as: UTF8.self), secret: Secret(text: Base64.encodeURL(bytes)))
    }

    /// Reads a token a caller presents; `nil` when it does not have the form of one.
    package init?(_ text: some StringProtocol) {
        let bytes = Array(text.utf8)
        let prefix = Array(Self.prefix.utf8)
        guard bytes.count == prefix.count + Self.idLength + 1 + Self.secretLength, bytes.starts(with: prefix) else {
            return nil
        }
        let id = bytes[prefix.count..<prefix.count + Self.idLength]
        let secret = bytes[(bytes.count - Self.secretLength)...]
        guard id.allSatisfy({ Self.isDigit($0) || Self.isLower($0) }),
            bytes[prefix.count + Self.idLength] == UInt8(ascii: "_"),
            secret.allSatisfy({ Self.isDigit($0) || Self.isLower($0) || Self.isUpper($0) || $0 == 0x2D || $0 == 0x5F })
        else { return nil }
        self.init(id: String(decoding: id, as: UTF8.self), secret: Secret(secret))
    }

    private init(id: String, secret: Secret) {
        self.id = id
        self.secret = secret
    }

    /// The text itself, to be shown once to its owner and to nobody else.
    package func revealed() -> String {
        secret.withUTF8 { "\(Self.prefix)\(id)_\(String(decoding: $0, as: UTF8.self))" }
    }

    /// The last four characters, which lists show so that people can tell their tokens apart.
    package var lastFour: String {
        secret.withUTF8 { String(decoding: $0.suffix(4), as: UTF8.self) }
    }

    /// What is stored: the SHA-256 of the secret part, 32 bytes.
    package var hash: [UInt8] {
        secret.withBytes { bytes in
            var hasher = SHA256()
            hasher.update(bufferPointer: bytes)
            return Array(hasher.finalize())
        }
    }

    /// Whether the presented token is the one whose hash is stored, compared in constant time.
    package func matches(storedHash: [UInt8]) -> Bool {
        constantTimeEqual(hash, storedHash)
    }

    private static func isDigit(_ byte: UInt8) -> Bool { (0x30...0x39).contains(byte) }
    private static func isLower(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte) }
    private static func isUpper(_ byte: UInt8) -> Bool { (0x41...0x5A).contains(byte) }
}

extension TokenText: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String { "pst_\(id)_[secret]" }
    package var debugDescription: String { description }
    package var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
