/// The forms of a secret that are looked for as they stand. Percent encoding and JSON's escapes are undone in the text
/// instead (``EscapeReader``): every encoder escapes other characters, and escapes may lie on top of these forms.
struct SecretForms {
    let secret: UnsafeRawBufferPointer

    func insert(into trie: inout PatternTrie) {
        trie.insert(secret)
        trie.insert(HexDigits(secret: secret, letters: UInt8(ascii: "a")))
        trie.insert(HexDigits(secret: secret, letters: UInt8(ascii: "A")))
        if secret.contains(0x20) { trie.insert(secret.lazy.map { $0 == 0x20 ? UInt8(ascii: "+") : $0 }) }
        for before in 0..<3 {
            for alphabet in [Base64Digits.standard, Base64Digits.url] {
                for ending in Base64Digits.Ending.allCases {
                    trie.insert(
                        Base64Digits(secret: secret, before: before, alphabet: alphabet, ending: ending))
                }
            }
        }
    }
}

/// Two digits for each byte. Made digit by digit, so that no copy is left behind.
private struct HexDigits: Sequence, IteratorProtocol {
    let secret: UnsafeRawBufferPointer
    /// The letter for ten.
    let letters: UInt8
    private var position = 0

    init(secret: UnsafeRawBufferPointer, letters: UInt8) {
        self.secret = secret
        self.letters = letters
    }

    mutating func next() -> UInt8? {
        guard position < secret.count * 2 else { return nil }
        let byte = secret[position / 2]
        let digit = position % 2 == 0 ? byte >> 4 : byte & 0xf
        position += 1
        return digit < 10 ? 0x30 + digit : letters + (digit - 10)
    }
}

/// The digits of base64 (RFC 4648) that a secret determines wherever it stands in what was encoded. Made digit by
/// digit, so that no copy is left behind.
private struct Base64Digits: Sequence, IteratorProtocol {
    static let standard = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
    static let url = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_".utf8)

    enum Ending: CaseIterable {
        /// Other bytes follow the secret: a digit that holds bits of both is left out. That leaves at most four bits of
        /// the secret at each of its ends.
        case open
        /// The secret is the last of what was encoded.
        case unpadded, padded
    }

    private let secret: UnsafeRawBufferPointer
    private let alphabet: [UInt8]
    /// Where the secret begins, in bits from the beginning of a group of 24.
    private let start: Int
    private var digit: Int
    private let digitEnd: Int
    private var padding: Int

    /// - Parameter before: how many bytes of the secret's first group lie before it, 0 to 2.
    init(secret: UnsafeRawBufferPointer, before: Int, alphabet: [UInt8], ending: Ending) {
        self.secret = secret
        self.alphabet = alphabet
        start = before * 8
        digit = (start + 5) / 6
        let end = start + secret.count * 8
        digitEnd = ending == .open ? end / 6 : (end + 5) / 6
        padding = ending == .padded ? (3 - (before + secret.count) % 3) % 3 : 0
    }

    mutating func next() -> UInt8? {
        if digit < digitEnd {
            var value = 0
            for bit in digit * 6 - start..<digit * 6 - start + 6 {
                let byte = bit / 8 < secret.count ? Int(secret[bit / 8]) : 0
                value = value << 1 | byte >> (7 - bit % 8) & 1
            }
            digit += 1
            return alphabet[value]
        }
        guard padding > 0 else { return nil }
        padding -= 1
        return UInt8(ascii: "=")
    }
}
