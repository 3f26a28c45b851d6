/// A request target in origin form (RFC 9112 section 3.2.1) that means one thing to everybody who reads it. Ambiguous
/// ones are refused, not rewritten (T10): the origin receives exactly ``raw``.
package struct RequestTarget: Sendable, Hashable, CustomStringConvertible {
    /// The bytes as received and as sent on.
    package let raw: String
    /// True where the path holds `%2F` or `%5C`: only who permits them may send the target on (S6).
    package let hasEncodedSlash: Bool
    private let pathCount: Int

    /// Judges `raw`. Encoded slashes are let through here only where `encodedSlashes` is `.permit`.
    /// - Throws: `RequestTargetError` with the first reason found.
    package init(_ raw: String, encodedSlashes: EncodedSlashes = .refuse) throws(RequestTargetError) {
        var raw = raw
        let scan = raw.withUTF8 { TargetScan($0) }
        if let fault = scan.fault { throw RequestTargetError(fault) }
        if scan.hasEncodedSlash, encodedSlashes == .refuse { throw RequestTargetError(.encodedSlash) }
        self.raw = raw
        hasEncodedSlash = scan.hasEncodedSlash
        pathCount = scan.pathCount
    }

    /// Everything before the first `?`.
    package var path: Substring { raw[..<pathEnd] }

    /// Everything behind the first `?`; nil where there is none.
    package var query: Substring? {
        let end = pathEnd
        return end == raw.endIndex ? nil : raw[raw.utf8.index(after: end)...]
    }

    package var description: String { raw }

    private var pathEnd: String.Index { raw.utf8.index(raw.utf8.startIndex, offsetBy: pathCount) }
}

/// Whether `%2F` and `%5C` may stand in a path.
package enum EncodedSlashes: Sendable, Hashable {
    case refuse, permit
}

/// One pass over the bytes of a target.
private struct TargetScan {
    var fault: RequestTargetError.Reason?
    var hasEncodedSlash = false
    var pathCount = 0

    init(_ bytes: Bytes) {
        guard bytes.first == .slash else {
            fault = .notOriginForm
            return
        }
        pathCount = bytes.count
        // A piece is what lies between two separators, in whatever encoding the separators are.
        var pieceStart = 1
        var index = 1
        while index < bytes.count {
            let byte = bytes[index]
            var width = 1
            switch byte {
            case UInt8(ascii: "?"):
                pathCount = index
            case .slash:
                if bytes[index - 1] == .slash { fault = .emptySegment }
                if isDotSegment(bytes[bytes: pieceStart..<index]) { fault = .dotSegment }
                pieceStart = index + 1
            case .percent:
                width = 3
                let value = bytes.percentTriplet(at: index)
                fault = TargetScan.fault(ofTriplet: value, at: index, in: bytes)
                if value == .slash || value == .backslash { hasEncodedSlash = true }
                var next = index
                let decoded = fullyDecodedByte(bytes, &next)
                if decoded == .slash || decoded == .backslash {
                    if isDotSegment(bytes[bytes: pieceStart..<index]) { fault = .dotSegment }
                    pieceStart = next
                    width = next - index
                }
            default:
                fault = TargetScan.fault(ofByte: byte)
            }
            if fault != nil { return }
            if pathCount == index { break }
            index += width
        }
        if isDotSegment(bytes[bytes: pieceStart..<pathCount]) { fault = .dotSegment }
        if fault == nil, pathCount < bytes.count { fault = TargetScan.queryFault(bytes, from: pathCount + 1) }
    }

    private static func queryFault(_ bytes: Bytes, from start: Int) -> RequestTargetError.Reason? {
        for index in start..<bytes.count {
            let byte = bytes[index]
            if byte == .percent {
                guard let value = bytes.percentTriplet(at: index) else { return .malformedEncoding }
                if value == 0 { return .encodedControl }
            } else if let fault = fault(ofByte: byte) {
                return fault
            }
        }
        return nil
    }

    private static func fault(ofByte byte: UInt8) -> RequestTargetError.Reason? {
        switch byte {
        case 0...0x20, 0x7f: .controlOrSpace
        case 0x80...: .nonASCII
        case UInt8(ascii: "#"): .fragment
        case .backslash: .backslash
        default: nil
        }
    }

    private static func fault(
        ofTriplet value: UInt8?, at index: Int, in bytes: Bytes
    ) -> RequestTargetError.Reason? {
        guard let value else { return .malformedEncoding }
        switch value {
        case 0, 0x0a, 0x0d: return .encodedControl
        case 0xc0, 0xc1, 0xe0, 0xf0:
            guard index + 3 < bytes.count, bytes[index + 3] == .percent,
                let next = bytes.percentTriplet(at: index + 3)
            else { return nil }
            // Longer spellings of shorter characters, `%c0%ae` for a dot: never valid UTF-8 (RFC 3629 section 3).
            let firstFair: UInt8 = value == 0xe0 ? 0xa0 : value == 0xf0 ? 0x90 : 0xc0
            return next >= 0x80 && next < firstFair ? .overlongEncoding : nil
        default: return nil
        }
    }
}
