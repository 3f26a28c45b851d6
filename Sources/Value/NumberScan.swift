/// What `scanNumber` found: the offset behind the number, or the offset and nature of a fault.
enum NumberScan {
    case end(Int)
    case fault(at: Int, String)
}

@inline(__always)
func isDigit(_ byte: UInt8) -> Bool {
    byte &- UInt8(ascii: "0") < 10
}

/// Finds the end of a number in the grammar of RFC 8259, section 6. Exponents have at most nine significant digits, so
/// that exact arithmetic on them cannot overflow.
func scanNumber(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> NumberScan {
    let count = bytes.count
    var index = start
    if index < count, bytes[index] == UInt8(ascii: "-") { index += 1 }
    guard index < count, isDigit(bytes[index]) else { return .fault(at: index, "a digit is missing") }
    if bytes[index] == UInt8(ascii: "0") {
        index += 1
        if index < count, isDigit(bytes[index]) {
            return .fault(at: index - 1, "a number may not begin with a superfluous zero")
        }
    } else {
        repeat { index += 1 } while index < count && isDigit(bytes[index])
    }
    if index < count, bytes[index] == UInt8(ascii: ".") {
        index += 1
        guard index < count, isDigit(bytes[index]) else {
            return .fault(at: index, "a digit is missing behind the decimal point")
        }
        repeat { index += 1 } while index < count && isDigit(bytes[index])
    }
    guard index < count, bytes[index] | 0x20 == UInt8(ascii: "e") else { return .end(index) }
    index += 1
    if index < count, bytes[index] == UInt8(ascii: "+") || bytes[index] == UInt8(ascii: "-") { index += 1 }
    guard index < count, isDigit(bytes[index]) else { return .fault(at: index, "a digit is missing in the exponent") }
    while index < count, bytes[index] == UInt8(ascii: "0") { index += 1 }
    let significant = index
    while index < count, isDigit(bytes[index]) { index += 1 }
    return index - significant > 9 ? .fault(at: significant, "the exponent has more than nine digits") : .end(index)
}
