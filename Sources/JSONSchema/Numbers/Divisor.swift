import Value

/// The value of `multipleOf`: a divisor D × 10^f, against which numbers are tested exactly, however large or small.
struct Divisor {
    /// Without trailing zeros.
    private let mantissa: UInt128
    private let exponent: Int
    private let twos: Int
    private let fives: Int
    /// The divisor where it is whole and short.
    private let whole: Int64?

    /// What a remainder times ten fits in.
    static let maximumDigits = 37

    /// Nil unless the number is above zero and has at most 37 digits that count.
    init?(_ number: JSONNumber) {
        let form = DigitForm(number)
        guard !form.isNegative, form.count > 0, form.count <= Self.maximumDigits else { return nil }
        var mantissa: UInt128 = 0
        form.forEachDigit { mantissa = mantissa * 10 + UInt128($0) }
        self.mantissa = mantissa
        exponent = form.exponent
        whole = number.int.flatMap { Int64(exactly: $0) }
        twos = Self.multiplicity(of: 2, in: mantissa)
        fives = Self.multiplicity(of: 5, in: mantissa)
    }

    /// Whether M × 10^e is a whole multiple of D × 10^f. With k = e − f: for k ≥ 0, D must divide M × 10^k, which takes
    /// up to k twos and k fives of D; for k < 0, ten would have to divide M, which has no trailing zeros.
    ///
    /// - Parameter short: the value, where it is short.
    func divides(_ value: JSONNumber, _ short: ShortDecimal?) -> Bool {
        if let whole, let isMultiple = short?.isMultiple(of: whole) { return isMultiple }
        let form = DigitForm(value)
        guard form.count > 0 else { return true }
        let shift = form.exponent - exponent
        guard shift >= 0 else { return false }
        var divisor = mantissa
        for _ in 0..<min(shift, twos) { divisor /= 2 }
        for _ in 0..<min(shift, fives) { divisor /= 5 }
        guard divisor > 1 else { return true }
        var remainder: UInt128 = 0
        form.forEachDigit { digit in
            remainder = remainder * 10 + UInt128(digit)
            if remainder >= divisor { remainder %= divisor }
        }
        return remainder == 0
    }

    private static func multiplicity(of factor: UInt128, in number: UInt128) -> Int {
        var number = number
        var count = 0
        while number.isMultiple(of: factor) {
            number /= factor
            count += 1
        }
        return count
    }
}

/// A number's text taken apart: its digits from the first to the last that is not zero, and the power of ten that they
/// are to be multiplied by.
struct DigitForm {
    private let text: String
    private(set) var isNegative = false
    private(set) var exponent = 0
    /// How many digits count; none means zero.
    private(set) var count = 0
    /// Zeros before the first of them.
    private var leading = 0

    init(_ number: JSONNumber) {
        text = number.text
        var written = 0
        var trailing = 0
        var fraction = 0
        var power = 0
        var isFraction = false
        var isPower = false
        var isPowerNegative = false
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "-") where isPower: isPowerNegative = true
            case UInt8(ascii: "-"): isNegative = true
            case UInt8(ascii: "+"): break
            case UInt8(ascii: "."): isFraction = true
            case UInt8(ascii: "e"), UInt8(ascii: "E"): isPower = true
            // JSON numbers have exponents of at most nine digits that count.
            case _ where isPower: power = power &* 10 &+ Int(byte &- UInt8(ascii: "0"))
            default:
                if isFraction { fraction += 1 }
                if byte != UInt8(ascii: "0") {
                    trailing = 0
                    written += 1
                } else if written == 0 {
                    leading += 1
                } else {
                    trailing += 1
                    written += 1
                }
            }
        }
        count = written - trailing
        guard count > 0 else { return }
        exponent = (isPowerNegative ? -power : power) - fraction + trailing
    }

    func forEachDigit(_ body: (UInt8) -> Void) {
        var skipped = 0
        var seen = 0
        for byte in text.utf8 where byte &- UInt8(ascii: "0") < 10 {
            guard skipped == leading else {
                skipped += 1
                continue
            }
            guard seen < count else { return }
            body(byte &- UInt8(ascii: "0"))
            seen += 1
        }
    }
}
