import Value

/// A number of at most 18 digits and without exponent, ready for arithmetic. Nearly all numbers are such; the others go
/// the slower, exact way.
struct ShortDecimal {
    /// The digits as a whole number.
    private let mantissa: Int64
    /// How many of them stand behind the decimal point.
    private let scale: Int

    private static let powers: [Int64] = (0...18).map { exponent in (0..<exponent).reduce(1) { power, _ in power * 10 }
    }

    init?(_ number: JSONNumber) {
        let parsed = number.text.utf8.withContiguousStorageIfAvailable { Self.parse($0) } ?? nil
        guard let parsed else { return nil }
        (mantissa, scale) = parsed
    }

    private static func parse(_ bytes: UnsafeBufferPointer<UInt8>) -> (Int64, Int)? {
        guard bytes.count <= 20 else { return nil }
        var mantissa: Int64 = 0
        var digits = 0
        var scale = 0
        var isNegative = false
        var isFraction = false
        for byte in bytes {
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                digits += 1
                guard digits <= 18 else { return nil }
                mantissa = mantissa &* 10 &+ Int64(byte &- UInt8(ascii: "0"))
                if isFraction { scale += 1 }
            case UInt8(ascii: "-"): isNegative = true
            case UInt8(ascii: "."): isFraction = true
            default: return nil
            }
        }
        return (isNegative ? -mantissa : mantissa, scale)
    }

    /// Below zero, zero or above zero as this is less than, equal to or more than `other`.
    @inline(__always)
    func order(to other: ShortDecimal) -> Int {
        guard scale == other.scale else { return orderOfUnequalScales(to: other) }
        return mantissa < other.mantissa ? -1 : mantissa == other.mantissa ? 0 : 1
    }

    /// Whether this is a whole multiple of a whole number; nil where this is not written as a whole number.
    @inline(__always)
    func isMultiple(of whole: Int64) -> Bool? { scale == 0 ? mantissa % whole == 0 : nil }

    private func orderOfUnequalScales(to other: ShortDecimal) -> Int {
        var left = Int128(mantissa)
        var right = Int128(other.mantissa)
        if scale < other.scale {
            left *= Int128(Self.powers[other.scale - scale])
        } else if scale > other.scale {
            right *= Int128(Self.powers[scale - other.scale])
        }
        return left < right ? -1 : left == right ? 0 : 1
    }
}

extension JSONNumber {
    /// `isInteger`, the quick way for numbers that are written as such.
    @inline(__always)
    var isWhole: Bool {
        let hasDigitsOnly = text.utf8.withContiguousStorageIfAvailable { bytes in
            bytes.allSatisfy { $0 &- UInt8(ascii: "0") < 10 || $0 == UInt8(ascii: "-") }
        }
        return hasDigitsOnly == true || isInteger
    }
}
