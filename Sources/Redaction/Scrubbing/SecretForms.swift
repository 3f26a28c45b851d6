/// The forms of a secret that are looked for as they stand. Percent encoding and JSON's escapes are undone in the text
/// instead (``EscapeReader``): every encoder escapes other characters, and escapes may lie on top of these forms.
struct SecretForms {
    let secret: UnsafeRawBufferPointer

    /// Longer secrets, access tokens mostly, are looked for in the usual forms only: all of them would cost megabytes.
    static let longestRare = 256

    func insert(into trie: inout PatternTrie) {
        trie.insert(secret)
        trie.insert(HexDigits(secret: secret))
        if secret.contains(0x20) { trie.insert(secret.lazy.map { $0 == 0x20 ? UInt8(ascii: "+") : $0 }) }
        for before in 0..<3 {
            for alphabet in [EncodedDigits.base64, EncodedDigits.base64URL] { insert(alphabet, before, into: &trie) }
        }
        guard secret.count <= Self.longestRare else { return }
        for before in 0..<5 {
            for alphabet in [EncodedDigits.base32, EncodedDigits.base32Hex] { insert(alphabet, before, into: &trie) }
        }
        for separator in [":", "-", " ", ",", ", 0x", " 0x", ",0x"] as [StaticString] {
            trie.insert(HexDigits(secret: secret, separator: separator))
        }
        insertWide(into: &trie)
    }

    private func insert(_ alphabet: EncodedDigits.Alphabet, _ before: Int, into trie: inout PatternTrie) {
        for ending in EncodedDigits.Ending.allCases {
            trie.insert(EncodedDigits(secret: secret, before: before, alphabet: alphabet, ending: ending))
        }
    }

    /// UTF-16 and UTF-32 in either byte order, without the zeros at the outer end: in ASCII both orders are the same then.
    private func insertWide(into trie: inout PatternTrie) {
        for width in [2, 4] {
            for isLittle in [true, false] {
                // Made byte by byte in memory of its own.
                withUnsafeTemporaryAllocation(of: UInt8.self, capacity: secret.count * 4 + 4) { bytes in
                    var count = 0
                    func put(_ value: UInt32) {
                        for place in 0..<width {
                            let shift = UInt32(isLittle ? place : width - 1 - place) * 8
                            bytes[count] = UInt8(truncatingIfNeeded: value >> shift)
                            count += 1
                        }
                    }
                    var decoder = UTF8()
                    var iterator = secret.makeIterator()
                    reading: while true {
                        let scalar: Unicode.Scalar
                        switch decoder.decode(&iterator) {
                        case .scalarValue(let next): scalar = next
                        case .emptyInput: break reading
                        // No text has it.
                        case .error: return
                        }
                        if width == 4 {
                            put(scalar.value)
                        } else {
                            for unit in Unicode.UTF16.encode(scalar) ?? Unicode.UTF16.encodedReplacementCharacter {
                                put(UInt32(unit))
                            }
                        }
                    }
                    var pattern = bytes[..<count]
                    while pattern.first == 0 { pattern = pattern.dropFirst() }
                    while pattern.last == 0 { pattern = pattern.dropLast() }
                    if pattern.count > secret.count { trie.insert(pattern) }
                    wipe(UnsafeMutableRawBufferPointer(bytes))
                }
            }
        }
    }
}

/// Two digits for each byte. Made digit by digit, so that no copy is left behind.
private struct HexDigits: Sequence, IteratorProtocol {
    let secret: UnsafeRawBufferPointer
    /// Between two bytes.
    let separator: StaticString
    private var position = 0

    init(secret: UnsafeRawBufferPointer, separator: StaticString = "") {
        self.secret = secret
        self.separator = separator
    }

    mutating func next() -> UInt8? {
        let width = 2 + separator.utf8CodeUnitCount
        let byte = position / width
        let place = position % width
        guard byte < secret.count, place < 2 || byte < secret.count - 1 else { return nil }
        position += 1
        guard place < 2 else { return separator.utf8Start[place - 2] }
        let digit = place == 0 ? secret[byte] >> 4 : secret[byte] & 0xf
        return digit < 10 ? 0x30 + digit : UInt8(ascii: "a") + (digit - 10)
    }
}

/// The digits of base64 and base32 (RFC 4648) that a secret determines wherever it stands in what was encoded. Made digit
/// by digit, so that no copy is left behind.
private struct EncodedDigits: Sequence, IteratorProtocol {
    struct Alphabet {
        let digits: [UInt8]
        /// Bits of a digit.
        let bits: Int
        /// Bytes of a group.
        let group: Int

        init(_ digits: String, bits: Int, group: Int) {
            self.digits = Array(digits.utf8)
            self.bits = bits
            self.group = group
        }
    }

    static let base64 = Alphabet(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/", bits: 6, group: 3)
    static let base64URL = Alphabet(
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_", bits: 6, group: 3)
    static let base32 = Alphabet("ABCDEFGHIJKLMNOPQRSTUVWXYZ234567", bits: 5, group: 5)
    static let base32Hex = Alphabet("0123456789ABCDEFGHIJKLMNOPQRSTUV", bits: 5, group: 5)

    enum Ending: CaseIterable {
        /// Other bytes follow the secret: a digit that holds bits of both is left out. That leaves at most four bits of
        /// the secret at each of its ends.
        case open
        /// The secret is the last of what was encoded.
        case unpadded, padded
    }

    private let secret: UnsafeRawBufferPointer
    private let alphabet: Alphabet
    /// Where the secret begins, in bits from the beginning of a group.
    private let start: Int
    private var digit: Int
    private let digitEnd: Int
    private var padding: Int

    /// - Parameter before: how many bytes of the secret's first group lie before it.
    init(secret: UnsafeRawBufferPointer, before: Int, alphabet: Alphabet, ending: Ending) {
        self.secret = secret
        self.alphabet = alphabet
        let bits = alphabet.bits
        start = before * 8
        digit = (start + bits - 1) / bits
        let end = start + secret.count * 8
        digitEnd = ending == .open ? end / bits : (end + bits - 1) / bits
        let perGroup = alphabet.group * 8 / bits
        padding = ending == .padded ? (perGroup - digitEnd % perGroup) % perGroup : 0
    }

    mutating func next() -> UInt8? {
        if digit < digitEnd {
            var value = 0
            let first = digit * alphabet.bits - start
            for bit in first..<first + alphabet.bits {
                let byte = bit / 8 < secret.count ? Int(secret[bit / 8]) : 0
                value = value << 1 | byte >> (7 - bit % 8) & 1
            }
            digit += 1
            return alphabet.digits[value]
        }
        guard padding > 0 else { return nil }
        padding -= 1
        return UInt8(ascii: "=")
    }
}
