extension String {
    /// Without white space at both ends.
    var trimmingSpaces: String {
        let start = drop { $0.isWhitespace }
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return String(start[...last])
    }

    /// With every control character and every mark that reorders text written as an escape, so that a terminal only
    /// shows it.
    var printable: String {
        guard unicodeScalars.contains(where: { $0.isUnsafe }) else { return self }
        var result = ""
        for scalar in unicodeScalars {
            if scalar.isUnsafe {
                result += "\\u{\(String(scalar.value, radix: 16))}"
            } else {
                result.unicodeScalars.append(scalar)
            }
        }
        return result
    }
}

extension Unicode.Scalar {
    fileprivate var isUnsafe: Bool {
        switch value {
        case 0..<0x20, 0x7F..<0xA0, 0x200E...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: false
        }
    }
}
