extension HeaderRules {
    /// A token of RFC 9110 section 5.1, so no colon, space, control or pseudo-header (S7).
    package static func isValidFieldName(_ name: some StringProtocol) -> Bool { isToken(name) }

    /// A byte of a field name.
    package static func isFieldNameByte(_ byte: UInt8) -> Bool { byte.isTokenByte }

    /// A token (RFC 9110 section 9.1). Methods are case-sensitive.
    package static func isValidMethod(_ method: some StringProtocol) -> Bool { isToken(method) }

    /// A field value of RFC 9110 section 5.5: no CR, LF, NUL or other control but a tab inside, and no space or tab at
    /// either end (RFC 9113 section 8.2.1). Bytes above ASCII and the empty value are allowed.
    package static func isValidFieldValue(_ value: some StringProtocol) -> Bool {
        withBytes(of: value) { bytes in
            if let first = bytes.first, first == 0x20 || first == 0x09 { return false }
            if let last = bytes.last, last == 0x20 || last == 0x09 { return false }
            return bytes.allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }
        }
    }

    /// A cookie value of RFC 6265 section 4.1.1, without quotes: no control, space, quote, comma, semicolon or
    /// backslash.
    package static func isValidCookieValue(_ value: some StringProtocol) -> Bool {
        withBytes(of: value) { bytes in
            bytes.allSatisfy { byte in
                switch byte {
                case 0...0x20, 0x22, 0x2c, 0x3b, 0x5c, 0x7f...: false
                default: true
                }
            }
        }
    }

    private static func isToken(_ text: some StringProtocol) -> Bool {
        withBytes(of: text) { !$0.isEmpty && $0.allSatisfy(\.isTokenByte) }
    }
}
