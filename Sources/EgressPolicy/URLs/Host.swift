/// The host of a URL or authority. There is one parser (S4): what it accepts has one meaning to every resolver, TLS
/// library and origin, and everything else is refused, never repaired.
package enum Host: Sendable, Hashable, CustomStringConvertible {
    /// A lower-case ASCII name, at most 253 bytes, labels at most 63; internationalised names as A-labels (`xn--…`).
    case name(String)
    /// From a strict dotted quad or a bracketed IPv6 literal.
    case address(IPAddress)

    /// Parses the host as it stands in a URL: IPv6 in brackets, no port.
    /// - Throws: `HostError` for octal, hexadecimal and short IPv4 forms, a trailing dot, userinfo, a backslash,
    ///   percent encoding, zone ids, non-ASCII text, and anything that is neither a name nor an address.
    package init(_ text: some StringProtocol) throws(HostError) {
        switch withBytes(of: text, { Host.parse($0) }) {
        case .success(let host): self = host
        case .failure(let code): throw HostError(code)
        }
    }

    /// As it stands in a URL: IPv6 in brackets.
    package var description: String {
        switch self {
        case .name(let name): name
        case .address(.v4(let value)): IPAddress.v4(value).description
        case .address(.v6(let value)): "[\(IPAddress.v6(value))]"
        }
    }

    static func parse(_ bytes: Bytes) -> Result<Host, HostError.Code> {
        guard let first = bytes.first, let last = bytes.last else { return .failure(.empty) }
        if first == UInt8(ascii: "[") {
            guard last == UInt8(ascii: "]"), bytes.count > 2 else { return .failure(.badIPv6) }
            let inner = bytes[bytes: 1..<bytes.count - 1]
            if inner.contains(.percent) { return .failure(.zone) }
            guard let value = IPAddress.groups(inner) else { return .failure(.badIPv6) }
            return .success(.address(.v6(value)))
        }
        if let code = nameFault(bytes) { return .failure(code) }
        if endsInNumber(bytes) {
            guard let value = IPAddress.dottedQuad(bytes) else { return .failure(.numericForm) }
            return .success(.address(.v4(value)))
        }
        let name = String(unsafeUninitializedCapacity: bytes.count) { buffer in
            for index in bytes.indices { buffer[index] = bytes[index].lowercasedASCII }
            return bytes.count
        }
        return .success(.name(name))
    }

    private static func nameFault(_ bytes: Bytes) -> HostError.Code? {
        let hyphen = UInt8(ascii: "-")
        var labelStart = 0
        for (index, byte) in bytes.enumerated() {
            if byte == .dot {
                if index == labelStart { return .emptyLabel }
                if index - labelStart > 63 { return .labelTooLong }
                if bytes[labelStart] == hyphen || bytes[index - 1] == hyphen { return .hyphen }
                labelStart = index + 1
            } else if !(byte.isLetter || byte.isDigit || byte == hyphen || byte == UInt8(ascii: "_")) {
                return badByte(byte)
            }
        }
        if labelStart == bytes.count { return .trailingDot }
        if bytes.count - labelStart > 63 { return .labelTooLong }
        if bytes[labelStart] == hyphen || bytes[bytes.count - 1] == hyphen { return .hyphen }
        return bytes.count > 253 ? .tooLong : nil
    }

    private static func badByte(_ byte: UInt8) -> HostError.Code {
        switch byte {
        case UInt8(ascii: "@"): .userInfo
        case .backslash: .backslash
        case .percent: .percentEncoded
        case 0x80...: .nonASCII
        case 0...0x20, 0x7f: .controlOrSpace
        case UInt8(ascii: ":"): .colon
        default: .badCharacter
        }
    }

    /// True where some resolver would read the text as an IPv4 address: its last label is all digits or starts `0x`.
    private static func endsInNumber(_ bytes: Bytes) -> Bool {
        let start = (bytes.lastIndex(of: .dot) ?? -1) + 1
        if bytes.count - start >= 2, bytes[start] == 0x30, bytes[start + 1] | 0x20 == UInt8(ascii: "x") { return true }
        return bytes[start...].allSatisfy(\.isDigit)
    }
}
