/// The byte classes the parsers of this target share. All of them work on bytes, never on characters: policy and origin
/// must see the same thing.
extension UInt8 {
    static let percent = UInt8(ascii: "%")
    static let slash = UInt8(ascii: "/")
    static let backslash = UInt8(ascii: "\\")
    static let dot = UInt8(ascii: ".")
    static let star = UInt8(ascii: "*")

    var isDigit: Bool { self &- 0x30 < 10 }
    var isLetter: Bool { (self | 0x20) &- 0x61 < 26 }

    /// `A`–`Z` as `a`–`z`; every other byte as it is.
    var lowercasedASCII: UInt8 { self &- 0x41 < 26 ? self | 0x20 : self }

    /// The value of a hexadecimal digit of either case.
    var hexValue: UInt8? {
        if isDigit { return self &- 0x30 }
        let letter = (self | 0x20) &- 0x61
        return letter < 6 ? letter + 10 : nil
    }

    /// RFC 3986 section 2.3.
    var isUnreserved: Bool {
        if isLetter || isDigit { return true }
        switch self {
        case UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "~"): return true
        default: return false
        }
    }

    /// `tchar` of RFC 9110 section 5.6.2.
    var isTokenByte: Bool {
        if isLetter || isDigit { return true }
        switch self {
        case UInt8(ascii: "!"), UInt8(ascii: "#"), UInt8(ascii: "$"), UInt8(ascii: "%"), UInt8(ascii: "&"),
            UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
            UInt8(ascii: "^"), UInt8(ascii: "_"), UInt8(ascii: "`"), UInt8(ascii: "|"), UInt8(ascii: "~"):
            return true
        default: return false
        }
    }
}

typealias Bytes = UnsafeBufferPointer<UInt8>

extension UnsafeBufferPointer<UInt8> {
    /// The bytes in `range`, rebased to start at 0.
    subscript(bytes range: Range<Int>) -> Bytes { Bytes(rebasing: self[range]) }

    /// The value of the percent triplet that starts at `index`; nil where it is malformed or cut short.
    func percentTriplet(at index: Int) -> UInt8? {
        guard index + 2 < count, let high = self[index + 1].hexValue, let low = self[index + 2].hexValue else {
            return nil
        }
        return high << 4 | low
    }

    func equals(_ other: [UInt8], at offset: Int = 0) -> Bool {
        guard offset >= 0, offset + other.count <= count else { return false }
        for index in other.indices where self[offset + index] != other[index] { return false }
        return true
    }
}

/// The UTF-8 bytes of `text`, without a copy where the string is native.
func withBytes<R>(of text: some StringProtocol, _ body: (Bytes) -> R) -> R {
    var substring = Substring(text)
    return substring.withUTF8(body)
}

/// `text` for an error sentence: cut to 80 characters, and everything that is not printable ASCII shown as `?`.
func quoted(_ text: some StringProtocol) -> String {
    var shown = "\""
    for scalar in text.unicodeScalars.prefix(80) {
        shown.unicodeScalars.append(scalar.value < 0x20 || scalar.value > 0x7e ? "?" : scalar)
    }
    return shown + "\""
}
