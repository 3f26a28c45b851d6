/// An estimate of how many tokens a model reads a text as.
///
/// No vocabulary is used: the text is cut as byte pair encoders cut it first (words, also inside of camel case; digits
/// by three; runs of punctuation), and each kind of piece has the mean number of tokens that three public vocabularies
/// (cl100k, o200k, Anthropic's published one) gave it over the listings of seven public APIs.
/// `packaging/bench/token_estimate.py` measures it anew.
struct TokenEstimate {
    private enum Kind {
        case letter, digit, punctuation, space, line, other
    }

    /// In hundredths of a token.
    private var hundredths = 0
    private var kind = Kind.space
    private var length = 0
    private var last: UInt8 = 0
    private var uppers = 0

    /// Tokens; none only for an empty text. One pass over the bytes.
    static func count(of text: String) -> Int {
        var estimate = TokenEstimate()
        for byte in text.utf8 { estimate.take(byte) }
        estimate.endPiece()
        return text.isEmpty ? 0 : max(1, (estimate.hundredths + 50) / 100)
    }

    private mutating func take(_ byte: UInt8) {
        // Of a character beyond ASCII only its first byte counts.
        guard byte & 0xC0 != 0x80 else { return }
        let next = Self.kind(of: byte)
        if next != kind {
            endPiece()
            kind = next
        } else if next == .letter {
            splitCamelCase(byte)
        }
        if byte.isUpper { uppers += 1 }
        length += 1
        last = byte
    }

    /// `customerID` is `customer` and `ID`, `HTTPServer` is `HTTP` and `Server`.
    private mutating func splitCamelCase(_ byte: UInt8) {
        if byte.isUpper, last.isLower {
            endPiece()
        } else if byte.isLower, last.isUpper, uppers == length, length > 1 {
            length -= 1
            endPiece()
            (length, uppers) = (1, 1)
        }
    }

    private mutating func endPiece() {
        defer { (length, uppers) = (0, 0) }
        guard length > 0 else { return }
        switch kind {
        case .letter: hundredths += 105 + 10 * max(0, length - 9)
        case .digit: hundredths += 100 * ((length + 2) / 3)
        case .punctuation where length == 1 && "_-./".utf8.contains(last): hundredths += 75
        case .punctuation: hundredths += 90 + 25 * max(0, length - 3)
        case .space: hundredths += length > 1 ? 50 : 0
        case .line: hundredths += 50
        case .other: hundredths += 80 * length
        }
    }

    private static func kind(of byte: UInt8) -> Kind {
        switch byte {
        case _ where byte.isLetter: .letter
        case _ where byte.isDigit: .digit
        case UInt8(ascii: " "), UInt8(ascii: "\t"): .space
        case UInt8(ascii: "\n"), UInt8(ascii: "\r"): .line
        case 0x80...: .other
        default: .punctuation
        }
    }
}

extension UInt8 {
    fileprivate var isDigit: Bool { (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(self) }
    fileprivate var isUpper: Bool { (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(self) }
    fileprivate var isLower: Bool { (UInt8(ascii: "a")...UInt8(ascii: "z")).contains(self) }
    fileprivate var isLetter: Bool { isUpper || isLower }
}
