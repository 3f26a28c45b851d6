/// What a header field is to a proxy.
package enum FieldKind {
    /// Passed on.
    case endToEnd
    case contentLength
    case transferEncoding
    case connection
    /// Speaks of one connection only (RFC 9110, section 7.6.1), or of the tunnel: not passed on.
    case dropped
    /// `penstock-…`: of the tunnel.
    case tunnel
    case host

    /// Looks at the length first: most fields are told to be ordinary by it alone.
    package static func of(_ name: String) -> FieldKind { of(name.utf8) }

    /// The same for bytes of either case.
    static func of(_ bytes: some Collection<UInt8>) -> FieldKind {
        switch bytes.count {
        case 2: return equals(bytes, "te") ? .dropped : .endToEnd
        case 4: return equals(bytes, "host") ? .host : .endToEnd
        case 6: return equals(bytes, "expect") ? .dropped : .endToEnd
        case 7: return equals(bytes, "upgrade") || equals(bytes, "trailer") ? .dropped : .endToEnd
        case 10:
            if equals(bytes, "connection") { return .connection }
            return equals(bytes, "keep-alive") ? .dropped : .endToEnd
        default: break
        }
        switch bytes.count {
        case 12: if equals(bytes, "proxy-status") { return .dropped }
        case 14:
            if equals(bytes, "content-length") { return .contentLength }
            if equals(bytes, "http2-settings") { return .dropped }
        case 16: if equals(bytes, "proxy-connection") { return .dropped }
        case 17: if equals(bytes, "transfer-encoding") { return .transferEncoding }
        case 18: if equals(bytes, "proxy-authenticate") { return .dropped }
        case 19: if equals(bytes, "proxy-authorization") { return .dropped }
        case ..<9: return .endToEnd
        default: break
        }
        return equals(bytes.prefix(9), "penstock-") ? .tunnel : .endToEnd
    }

    /// Compares without regard to ASCII case.
    static func equals(_ bytes: some Sequence<UInt8>, _ lowercase: StaticString) -> Bool {
        var index = 0
        for byte in bytes {
            guard index < lowercase.utf8CodeUnitCount else { return false }
            let lower = byte &- UInt8(ascii: "A") < 26 ? byte | 0x20 : byte
            guard lower == lowercase.utf8Start[index] else { return false }
            index += 1
        }
        return index == lowercase.utf8CodeUnitCount
    }

    package static func isNamed(_ name: String, _ lowercase: StaticString) -> Bool {
        equals(name.utf8, lowercase)
    }
}
