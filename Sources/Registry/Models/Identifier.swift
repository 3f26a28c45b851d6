/// Random ids: a prefix that names the kind, and 80 random bits in Crockford's base 32.
package enum Identifier {
    private static let alphabet = Array("0123456789abcdefghjkmnpqrstvwxyz".utf8)

    /// A new id, as `api_7zk1m0q4s8x2c5vn`.
    package static func make(_ prefix: String) -> String {
        var generator = SystemRandomNumberGenerator()
        let digits = (0..<16).map { _ in alphabet[Int(UInt8.random(in: 0..<32, using: &generator))] }
        return "\(prefix)_\(String(decoding: digits, as: UTF8.self))"
    }
}
