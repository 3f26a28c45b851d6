/// True for a path segment that some reader takes for `.` or `..`: the dots plain or percent-encoded, any number of
/// times over (`%2e`, `%252E`), with or without parameters behind a semicolon (`..;x`).
func isDotSegment(_ bytes: Bytes) -> Bool {
    guard let first = bytes.first, first == .dot || first == .percent else { return false }
    var dots = 0
    var index = 0
    while index < bytes.count {
        switch fullyDecodedByte(bytes, &index) {
        case .dot: dots += 1
        case UInt8(ascii: ";"): return dots == 1 || dots == 2
        default: return false
        }
        if dots > 2 { return false }
    }
    return dots > 0
}

/// True where a piece between slashes or backslashes, plain or percent-encoded any number of times over, is a dot
/// segment.
func holdsDotSegment(_ bytes: Bytes) -> Bool {
    var start = 0
    var index = 0
    while index < bytes.count {
        let end = index
        let byte = fullyDecodedByte(bytes, &index)
        guard byte == .slash || byte == .backslash else { continue }
        if isDotSegment(bytes[bytes: start..<end]) { return true }
        start = index
    }
    return isDotSegment(bytes[bytes: start..<bytes.count])
}

/// The next byte with all layers of percent encoding taken off; moves `index` behind it.
func fullyDecodedByte(_ bytes: Bytes, _ index: inout Int) -> UInt8 {
    let byte = bytes[index]
    guard byte == .percent else {
        index += 1
        return byte
    }
    var position = index
    while let value = bytes.percentTriplet(at: position) {
        guard value == .percent else {
            index = position + 3
            return value
        }
        position += 2  // The 5 of %25 stands where the next layer's percent sign is.
    }
    index += 1
    return byte
}
