/// Names and addresses of hosts, and mailboxes at them.
enum HostSyntax {
    typealias Bytes = Slice<UnsafeBufferPointer<UInt8>>

    /// Labels of letters, digits and inner hyphens (RFC 1123, section 2.1), at most 63 bytes each and 253 in all.
    /// Labels that look encoded must be Punycode in form (RFC 5890, section 2.3.1).
    static func isHostname(_ bytes: Bytes) -> Bool {
        guard !bytes.isEmpty, bytes.count <= 253 else { return false }
        return everyPart(of: bytes) { label in
            guard let first = label.first, let last = label.last, label.count <= 63, first != UInt8(ascii: "-"),
                last != UInt8(ascii: "-"),
                label.allSatisfy({ $0.isDigit || $0.isLetter || $0 == UInt8(ascii: "-") })
            else { return false }
            if label.count > 3, label[label.startIndex + 2] == UInt8(ascii: "-"),
                label[label.startIndex + 3] == UInt8(ascii: "-")
            {
                guard first | 0x20 == UInt8(ascii: "x"), label[label.startIndex + 1] | 0x20 == UInt8(ascii: "n"),
                    label.count > 4
                else { return false }
            }
            return true
        }
    }

    /// Whether each part between dots is as it should be.
    private static func everyPart(of bytes: Bytes, _ isGood: (Bytes) -> Bool) -> Bool {
        var rest = bytes
        while let dot = rest.firstIndex(of: UInt8(ascii: ".")) {
            guard isGood(rest[..<dot]) else { return false }
            rest = rest[(dot + 1)...]
        }
        return isGood(rest)
    }

    /// Four numbers below 256 without superfluous zeros (RFC 2673, section 3.2).
    static func isIPv4(_ bytes: Bytes) -> Bool {
        guard bytes.count <= 15 else { return false }
        var parts = 0
        let areNumbers = everyPart(of: bytes) { part in
            parts += 1
            guard (1...3).contains(part.count), part.allSatisfy(\.isDigit) else { return false }
            if part.count > 1, part.first == UInt8(ascii: "0") { return false }
            return part.reduce(0) { $0 * 10 + Int($1 &- UInt8(ascii: "0")) } < 256
        }
        return areNumbers && parts == 4
    }

    /// RFC 4291, section 2.2; without a zone.
    static func isIPv6(_ bytes: Bytes) -> Bool {
        guard bytes.count <= 45 else { return false }
        var groups = 0
        var isShortened = false
        var rest = bytes
        if rest.starts(with: "::".utf8) {
            isShortened = true
            rest = rest.dropFirst(2)
            if rest.isEmpty { return true }
        }
        while true {
            let digits = rest.prefix { $0.isHexDigit }
            if rest.dropFirst(digits.count).first == UInt8(ascii: ".") {
                guard isIPv4(rest) else { return false }
                groups += 2
                break
            }
            guard (1...4).contains(digits.count) else { return false }
            groups += 1
            rest = rest.dropFirst(digits.count)
            if rest.isEmpty { break }
            guard rest.first == UInt8(ascii: ":") else { return false }
            rest = rest.dropFirst()
            if rest.first == UInt8(ascii: ":") {
                guard !isShortened else { return false }
                isShortened = true
                rest = rest.dropFirst()
                if rest.isEmpty { break }
            }
        }
        return isShortened ? groups < 8 : groups == 8
    }

    /// A mailbox: a dot-string or quoted string, and a host name or address literal (RFC 5321, section 4.1.2).
    static func isEmail(_ bytes: UnsafeBufferPointer<UInt8>) -> Bool {
        guard bytes.count <= 320, let at = bytes.lastIndex(of: UInt8(ascii: "@")) else { return false }
        let domain = bytes[(at + 1)...]
        if domain.first == UInt8(ascii: "["), domain.last == UInt8(ascii: "]") {
            let literal = domain.dropFirst().dropLast()
            guard literal.starts(with: "IPv6:".utf8) ? isIPv6(literal.dropFirst(5)) : isIPv4(literal) else {
                return false
            }
        } else if !isHostname(domain) {
            return false
        }
        return isLocalPart(bytes[..<at])
    }

    /// `atext` (RFC 5322, section 3.2.3).
    private static func isAtomText(_ byte: UInt8) -> Bool {
        if byte.isLetter || byte.isDigit { return true }
        return switch byte {
        case UInt8(ascii: "!"), UInt8(ascii: "#")...UInt8(ascii: "'"), UInt8(ascii: "*"), UInt8(ascii: "+"),
            UInt8(ascii: "-"), UInt8(ascii: "/"), UInt8(ascii: "="), UInt8(ascii: "?"),
            UInt8(ascii: "^")...UInt8(ascii: "`"), UInt8(ascii: "{")...UInt8(ascii: "~"):
            true
        default: false
        }
    }

    private static func isLocalPart(_ bytes: Bytes) -> Bool {
        guard (1...64).contains(bytes.count) else { return false }
        if bytes.first == UInt8(ascii: "\""), bytes.last == UInt8(ascii: "\""), bytes.count > 1 {
            var isEscaped = false
            for byte in bytes.dropFirst().dropLast() {
                guard (0x20..<0x7F).contains(byte), isEscaped || byte != UInt8(ascii: "\"") else { return false }
                isEscaped = !isEscaped && byte == UInt8(ascii: "\\")
            }
            return !isEscaped
        }
        return everyPart(of: bytes) { atom in !atom.isEmpty && atom.allSatisfy(isAtomText) }
    }
}
