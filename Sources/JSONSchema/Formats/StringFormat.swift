/// The formats that are checked when `format` is an assertion (validation, section 7.3).
enum StringFormat: String {
    case dateTime = "date-time"
    case date
    case time
    case duration
    case email
    case hostname
    case ipv4
    case ipv6
    case uri
    case uriReference = "uri-reference"
    case iri
    case iriReference = "iri-reference"
    case uriTemplate = "uri-template"
    case uuid
    case jsonPointer = "json-pointer"
    case relativeJSONPointer = "relative-json-pointer"
    case regex

    var name: String { rawValue }

    /// Whether a string has the format. Linear in its length.
    func admits(_ string: String) -> Bool {
        if self == .regex { return Pattern(string, steps: 1, isStrict: true) != nil }
        if let answer = string.utf8.withContiguousStorageIfAvailable({ admits($0) }) { return answer }
        return Array(string.utf8).withUnsafeBufferPointer { admits($0) }
    }

    private func admits(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var scanner = ByteScanner(bytes)
        return switch self {
        case .dateTime: scanner.dateTime() && scanner.isAtEnd
        case .date: scanner.date() && scanner.isAtEnd
        case .time: scanner.time() && scanner.isAtEnd
        case .duration: scanner.duration() && scanner.isAtEnd
        case .email: HostSyntax.isEmail(bytes)
        case .hostname: HostSyntax.isHostname(bytes[...])
        case .ipv4: HostSyntax.isIPv4(bytes[...])
        case .ipv6: HostSyntax.isIPv6(bytes[...])
        case .uri: URISyntax(allowsUnicode: false).isURI(bytes)
        case .uriReference: URISyntax(allowsUnicode: false).isReference(bytes)
        case .iri: URISyntax(allowsUnicode: true).isURI(bytes)
        case .iriReference: URISyntax(allowsUnicode: true).isReference(bytes)
        case .uriTemplate: URISyntax.isTemplate(bytes)
        case .uuid: Self.isUUID(bytes)
        case .jsonPointer: Self.isPointer(bytes[...])
        case .relativeJSONPointer: Self.isRelativePointer(bytes)
        // An expression is compiled from the string, not from its bytes.
        case .regex: false
        }
    }

    /// RFC 9562, section 4.
    private static func isUUID(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard bytes.count == 36 else { return false }
        for (offset, byte) in bytes.enumerated() {
            let isDash = offset == 8 || offset == 13 || offset == 18 || offset == 23
            guard isDash ? byte == UInt8(ascii: "-") : byte.isHexDigit else { return false }
        }
        return true
    }

    /// RFC 6901, section 3.
    private static func isPointer(_ bytes: Slice<UnsafeBufferPointer<UInt8>>) -> Bool {
        guard let first = bytes.first else { return true }
        guard first == UInt8(ascii: "/") else { return false }
        for index in bytes.indices where bytes[index] == UInt8(ascii: "~") {
            guard index + 1 < bytes.endIndex,
                bytes[index + 1] == UInt8(ascii: "0") || bytes[index + 1] == UInt8(ascii: "1")
            else { return false }
        }
        return true
    }

    /// draft-bhutton-relative-json-pointer-00, section 3.
    private static func isRelativePointer(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let digits = bytes.prefix { $0.isDigit }
        guard let first = digits.first, first != UInt8(ascii: "0") || digits.count == 1 else { return false }
        let rest = bytes[digits.endIndex...]
        return rest.count == 1 && rest.first == UInt8(ascii: "#") || isPointer(rest)
    }
}

extension UInt8 {
    var isDigit: Bool { self &- UInt8(ascii: "0") < 10 }
    var isLetter: Bool { (self | 0x20) &- UInt8(ascii: "a") < 26 }
    var isHexDigit: Bool { isDigit || (self | 0x20) &- UInt8(ascii: "a") < 6 }
}
