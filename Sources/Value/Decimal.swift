/// A number's canonical form, ±0.d₁d₂d₃… × 10^point, without leading or trailing zeros, so that equal numbers have equal
/// forms and no exponent is ever expanded into digits.
struct Decimal: Hashable {
    private(set) var isNegative = false
    private(set) var digits: [UInt8] = []
    private(set) var point = 0

    /// `text` must be in JSON's grammar, with an exponent of at most nine digits.
    init(_ text: String) {
        var exponent = 0
        var exponentIsNegative = false
        var inExponent = false
        var inFraction = false
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "-") where inExponent: exponentIsNegative = true
            case UInt8(ascii: "-"): isNegative = true
            case UInt8(ascii: "."): inFraction = true
            case UInt8(ascii: "e"), UInt8(ascii: "E"): inExponent = true
            case _ where !isDigit(byte): break
            case _ where inExponent: exponent = exponent &* 10 &+ Int(byte &- UInt8(ascii: "0"))
            case UInt8(ascii: "0") where digits.isEmpty: point -= inFraction ? 1 : 0
            default:
                digits.append(byte)
                point += inFraction ? 0 : 1
            }
        }
        while digits.last == UInt8(ascii: "0") { digits.removeLast() }
        if digits.isEmpty {
            isNegative = false
            point = 0
        } else {
            point += exponentIsNegative ? -exponent : exponent
        }
    }

    var isInteger: Bool {
        point >= digits.count
    }

    /// The value when it is whole and fits.
    var int: Int? {
        guard isInteger, point <= 19 else { return nil }
        var result = 0
        for index in 0..<max(point, 0) {
            let digit = index < digits.count ? Int(digits[index] &- UInt8(ascii: "0")) : 0
            let (product, overflow) = result.multipliedReportingOverflow(by: 10)
            let (sum, overflowed) =
                isNegative ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
            if overflow || overflowed { return nil }
            result = sum
        }
        return result
    }
}

extension Decimal: Comparable {
    static func < (left: Decimal, right: Decimal) -> Bool {
        if left.sign != right.sign { return left.sign < right.sign }
        return left.isNegative ? right.isSmaller(than: left) : left.isSmaller(than: right)
    }

    private var sign: Int {
        digits.isEmpty ? 0 : isNegative ? -1 : 1
    }

    private func isSmaller(than other: Decimal) -> Bool {
        point != other.point ? point < other.point : digits.lexicographicallyPrecedes(other.digits)
    }
}
