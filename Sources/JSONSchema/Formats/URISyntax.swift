/// URIs (RFC 3986), their wider sisters with Unicode (RFC 3987), and templates for them (RFC 6570).
struct URISyntax {
    typealias Bytes = Slice<UnsafeBufferPointer<UInt8>>

    let allowsUnicode: Bool

    /// Unreserved characters and sub-delimiters (RFC 3986, sections 2.2 and 2.3).
    private static func isPlain(_ byte: UInt8) -> Bool {
        if byte.isLetter || byte.isDigit { return true }
        return switch byte {
        case UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "&")...UInt8(ascii: "."), UInt8(ascii: ";"),
            UInt8(ascii: "="), UInt8(ascii: "_"), UInt8(ascii: "~"):
            true
        default: false
        }
    }

    /// With a scheme.
    func isURI(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        let scheme = bytes.prefix { $0.isLetter || $0.isDigit || "+-.".utf8.contains($0) }
        guard let first = scheme.first, first.isLetter, scheme.endIndex < bytes.count,
            bytes[scheme.endIndex] == UInt8(ascii: ":")
        else { return false }
        return isHierarchy(bytes[(scheme.endIndex + 1)...])
    }

    /// With or without one; a first segment with a colon would be taken for a scheme.
    func isReference(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        if isURI(bytes) { return true }
        let segment = bytes.prefix { !"/?#".utf8.contains($0) }
        return !segment.contains(UInt8(ascii: ":")) && isHierarchy(bytes[...])
    }

    /// Authority, path, query and fragment.
    private func isHierarchy(_ bytes: Bytes) -> Bool {
        var rest = bytes
        if let hash = rest.firstIndex(of: UInt8(ascii: "#")) {
            guard isText(rest[(hash + 1)...], also: "/?:@") else { return false }
            rest = rest[..<hash]
        }
        if let mark = rest.firstIndex(of: UInt8(ascii: "?")) {
            guard isText(rest[(mark + 1)...], also: "/?:@") else { return false }
            rest = rest[..<mark]
        }
        guard rest.count > 1, rest.prefix(2).allSatisfy({ $0 == UInt8(ascii: "/") }) else {
            return isText(rest, also: "/:@")
        }
        let authority = rest.dropFirst(2).prefix { $0 != UInt8(ascii: "/") }
        return isAuthority(authority) && isText(rest[authority.endIndex...], also: "/:@")
    }

    private func isAuthority(_ bytes: Bytes) -> Bool {
        var host = bytes
        if let at = bytes.lastIndex(of: UInt8(ascii: "@")) {
            guard isText(bytes[..<at], also: ":") else { return false }
            host = bytes[(at + 1)...]
        }
        if host.first == UInt8(ascii: "[") {
            guard let end = host.lastIndex(of: UInt8(ascii: "]")), isLiteral(host[(host.startIndex + 1)..<end]) else {
                return false
            }
            let port = host[(end + 1)...]
            return port.isEmpty || port.first == UInt8(ascii: ":") && port.dropFirst().allSatisfy(\.isDigit)
        }
        if let colon = host.firstIndex(of: UInt8(ascii: ":")) {
            guard host[(colon + 1)...].allSatisfy(\.isDigit) else { return false }
            host = host[..<colon]
        }
        return isText(host, also: "")
    }

    /// `IP-literal`, of the present or of a future version.
    private func isLiteral(_ bytes: Bytes) -> Bool {
        guard let first = bytes.first, first | 0x20 == UInt8(ascii: "v") else { return HostSyntax.isIPv6(bytes) }
        let version = bytes.dropFirst().prefix { $0.isHexDigit }
        let rest = bytes[version.endIndex...]
        return !version.isEmpty && rest.first == UInt8(ascii: ".") && rest.count > 1
            && rest.dropFirst().allSatisfy { $0 != UInt8(ascii: "%") } && isText(rest.dropFirst(), also: ":")
    }

    /// Unreserved characters, sub-delimiters, percent-encoded bytes and what else is given.
    private func isText(_ bytes: Bytes, also others: String) -> Bool {
        var index = bytes.startIndex
        while index < bytes.endIndex {
            let byte = bytes[index]
            if byte == UInt8(ascii: "%") {
                guard bytes.endIndex - index > 2, bytes[index + 1].isHexDigit, bytes[index + 2].isHexDigit else {
                    return false
                }
                index += 2
            } else if !Self.isPlain(byte), !others.utf8.contains(byte), !(allowsUnicode && byte >= 0x80) {
                return false
            }
            index += 1
        }
        return true
    }

    /// Literals and expressions in braces (RFC 6570, section 2).
    static func isTemplate(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        var rest = bytes[...]
        while let byte = rest.first {
            rest = rest.dropFirst()
            switch byte {
            case UInt8(ascii: "{"):
                guard let end = rest.firstIndex(of: UInt8(ascii: "}")), isExpression(rest[..<end]) else { return false }
                rest = rest[(end + 1)...]
            case UInt8(ascii: "%"):
                guard rest.count >= 2, rest.prefix(2).allSatisfy(\.isHexDigit) else { return false }
                rest = rest.dropFirst(2)
            case _ where byte <= 0x20 || byte == 0x7F || "\"<>\\^`|}".utf8.contains(byte): return false
            default: break
            }
        }
        return true
    }

    private static func isExpression(_ bytes: Bytes) -> Bool {
        var rest = bytes
        if let first = rest.first, "+#./;?&=,!@|".utf8.contains(first) { rest = rest.dropFirst() }
        return rest.split(separator: UInt8(ascii: ","), omittingEmptySubsequences: false).allSatisfy { variable in
            var name = variable
            if name.last == UInt8(ascii: "*") {
                name = name.dropLast()
            } else if let colon = name.firstIndex(of: UInt8(ascii: ":")) {
                let length = name[(colon + 1)...]
                guard (1...4).contains(length.count), length.allSatisfy(\.isDigit), length.first != UInt8(ascii: "0")
                else { return false }
                name = name[..<colon]
            }
            return name.split(separator: UInt8(ascii: "."), omittingEmptySubsequences: false).allSatisfy { part in
                !part.isEmpty && part.allSatisfy { $0.isLetter || $0.isDigit || "_%".utf8.contains($0) }
            }
        }
    }
}
