/// A JSON number, kept exactly as written. Equality, hash and order are numeric and exact: `1 == 1.0 == 1e0`.
package struct JSONNumber: Sendable {
    /// The number as written, in the grammar of RFC 8259, section 6.
    package let text: String

    /// The number in decimal digits.
    package init(_ value: Int) {
        text = String(value)
    }

    /// The shortest text that reads back as `value`. JSON has no infinities and no NaN: those become the largest finite
    /// number of their sign, and zero.
    package init(_ value: Double) {
        guard value.isFinite else {
            text = value.isNaN ? "0" : value < 0 ? "-1.7976931348623157e+308" : "1.7976931348623157e+308"
            return
        }
        let description = value.description
        text = description.hasSuffix(".0") ? String(description.dropLast(2)) : description
    }

    /// Reads a number in JSON's grammar; nil for anything else, and for exponents of more than nine digits.
    package init?(text: String) {
        var text = text
        let isNumber = text.withUTF8 { bytes in
            guard case .end(let end) = scanNumber(bytes, from: 0) else { return false }
            return end == bytes.count
        }
        guard isNumber else { return nil }
        self.text = text
    }

    /// For text that `scanNumber` has accepted.
    init(scanned text: String) {
        self.text = text
    }

    /// The value when it is a whole number that fits in an `Int`: of `42`, `4.2e1` and `42.0` alike.
    package var int: Int? {
        var result = 0
        var negative = false
        for (offset, byte) in text.utf8.enumerated() {
            if offset == 0, byte == UInt8(ascii: "-") {
                negative = true
                continue
            }
            guard isDigit(byte) else { return Decimal(text).int }
            let digit = Int(byte &- UInt8(ascii: "0"))
            let (product, overflow) = result.multipliedReportingOverflow(by: 10)
            let (sum, overflowed) =
                negative ? product.subtractingReportingOverflow(digit) : product.addingReportingOverflow(digit)
            if overflow || overflowed { return nil }
            result = sum
        }
        return result
    }

    /// The nearest `Double`; infinite when the number is beyond its range.
    package var double: Double {
        Double(text) ?? .nan
    }

    /// Whether the number has no fraction, however it is written.
    package var isInteger: Bool {
        Decimal(text).isInteger
    }
}

extension JSONNumber: Hashable, Comparable {
    package static func == (left: JSONNumber, right: JSONNumber) -> Bool {
        left.text == right.text || Decimal(left.text) == Decimal(right.text)
    }

    package static func < (left: JSONNumber, right: JSONNumber) -> Bool {
        Decimal(left.text) < Decimal(right.text)
    }

    package func hash(into hasher: inout Hasher) {
        hasher.combine(Decimal(text))
    }
}

extension JSONNumber: CustomStringConvertible {
    package var description: String { text }
}
