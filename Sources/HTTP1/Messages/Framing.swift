/// What the fields of a head say about where its body ends (RFC 9112, section 6).
struct Framing {
    private(set) var lengths = 0
    /// Nil where there is no length, or one that is not a number.
    private(set) var length: Int?
    private(set) var codings = 0
    /// Whether the last coding's field is `chunked` and nothing else.
    private(set) var isChunked = false
    /// Whether `chunked` is the last of several codings, and no other.
    private(set) var endsInChunked = false

    mutating func addLength(_ value: UnsafeRawBufferPointer) {
        lengths += 1
        length = ContentLength.value(value)
    }

    mutating func addCoding(_ value: UnsafeRawBufferPointer) {
        codings += 1
        isChunked = FieldKind.equals(value, "chunked")
        guard !isChunked else { return }
        let chunked = value.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).map { part in
            FieldKind.equals(FieldSyntax.trimmed(UnsafeRawBufferPointer(rebasing: part)), "chunked")
        }
        endsInChunked = chunked.last == true && !chunked.dropLast().contains(true)
    }
}

/// A body's length as `Content-Length` says it (RFC 9110, section 8.6).
package enum ContentLength {
    /// Digits only, and no more than always fit; nil for everything else.
    package static func value(_ text: String) -> Int? {
        var text = text
        return text.withUTF8 { value(UnsafeRawBufferPointer($0)) }
    }

    static func value(_ digits: UnsafeRawBufferPointer) -> Int? {
        guard !digits.isEmpty, digits.count <= 18 else { return nil }
        var value = 0
        for byte in digits {
            let digit = byte &- UInt8(ascii: "0")
            guard digit < 10 else { return nil }
            value = value * 10 + Int(digit)
        }
        return value
    }
}
