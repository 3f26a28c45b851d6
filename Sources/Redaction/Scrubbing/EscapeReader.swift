/// Undoes escapes of one kind in a text that comes byte by byte. What only looks like an escape stands for itself.
struct EscapeReader {
    /// Which escapes are undone.
    enum Kind: CaseIterable {
        /// JSON's (RFC 8259 section 7), and those of program texts: `\x41`, `\101`, `\u{41}`.
        case backslash
        /// The same, and percent encoding (RFC 3986 section 2.1).
        case percent
        /// Character references of HTML and XML: `&amp;`, `&#x41;`, `&#65;`.
        case reference
        /// Quoted-printable (RFC 2045 section 6.7), and the line ends with which long texts such as base64 are wrapped, also
        /// escaped as in JSON: these stand for nothing.
        case wrapped
    }

    /// A byte of the undone text, and the bytes of the text it came from, as positions.
    struct Symbol {
        var byte: UInt8
        var source: Range<Int>
    }

    private enum Reading {
        case incomplete
        case character(Unicode.Scalar)
        case byte(UInt8)
        /// Stands for nothing.
        case nothing
        /// The first byte stands for itself.
        case literal
    }

    let kind: Kind
    /// What has been read of an escape.
    private var pending: [UInt8] = []

    init(_ kind: Kind) {
        self.kind = kind
    }

    /// How many bytes have been read and not yet given back.
    var pendingCount: Int { pending.count }

    /// Whether an escape of any ``Kind`` may begin with this byte. Asked of most bytes of a text.
    static func isEscapeOfAnyKind(_ byte: UInt8) -> Bool {
        switch byte {
        case 0x0A, 0x0D, 0x25, 0x26, 0x3D, 0x5C: true
        default: false
        }
    }

    /// Whether one of this kind may.
    func isEscape(_ byte: UInt8) -> Bool {
        switch kind {
        case .backslash: byte == UInt8(ascii: "\\")
        case .percent: byte == UInt8(ascii: "\\") || byte == UInt8(ascii: "%")
        case .reference: byte == UInt8(ascii: "&")
        case .wrapped:
            byte == UInt8(ascii: "=") || byte == UInt8(ascii: "\\") || byte == 0x0A || byte == 0x0D
        }
    }

    /// Reads the byte at `position`, and gives out what that completes.
    mutating func read(_ byte: UInt8, at position: Int, _ give: (Symbol) -> Void) {
        if pending.isEmpty, !isEscape(byte) {
            give(Symbol(byte: byte, source: position..<position + 1))
            return
        }
        pending.append(byte)
        while let first = pending.first {
            let start = position + 1 - pending.count
            switch isEscape(first) ? reading() : .literal {
            case .incomplete:
                return
            case .character(let scalar):
                for byte in Unicode.UTF8.encode(scalar) ?? Unicode.UTF8.encodedReplacementCharacter {
                    give(Symbol(byte: byte, source: start..<position + 1))
                }
                pending.removeAll(keepingCapacity: true)
            case .byte(let byte):
                give(Symbol(byte: byte, source: start..<position + 1))
                pending.removeAll(keepingCapacity: true)
            case .nothing:
                pending.removeAll(keepingCapacity: true)
            case .literal:
                give(Symbol(byte: first, source: start..<start + 1))
                pending.removeFirst()
            }
        }
    }

    /// The text has ended at `position`: what has been read of an escape stands for itself.
    mutating func finish(at position: Int, _ give: (Symbol) -> Void) {
        for (index, byte) in pending.enumerated() {
            let start = position - pending.count + index
            give(Symbol(byte: byte, source: start..<start + 1))
        }
        pending = []
    }

    private func reading() -> Reading {
        if kind == .wrapped, pending[0] == 0x0A || pending[0] == 0x0D { return .nothing }
        guard pending.count > 1 else { return .incomplete }
        switch pending[0] {
        case UInt8(ascii: "%"): return byte(from: 1)
        case UInt8(ascii: "="): return pending[1] == 0x0A || pending[1] == 0x0D ? .nothing : byte(from: 1)
        case UInt8(ascii: "&"): return reference()
        default: return kind == .wrapped ? lineEnd() : backslash()
        }
    }

    /// Two hexadecimal digits.
    private func byte(from start: Int) -> Reading {
        guard let value = hex(from: start, digits: 2) else { return .literal }
        return pending.count < start + 2 ? .incomplete : .byte(UInt8(truncatingIfNeeded: value))
    }

    private func lineEnd() -> Reading {
        pending[1] == UInt8(ascii: "n") || pending[1] == UInt8(ascii: "r") ? .nothing : .literal
    }

    private func backslash() -> Reading {
        switch pending[1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "'"): return .byte(pending[1])
        case UInt8(ascii: "b"): return .byte(0x08)
        case UInt8(ascii: "f"): return .byte(0x0c)
        case UInt8(ascii: "n"): return .byte(0x0a)
        case UInt8(ascii: "r"): return .byte(0x0d)
        case UInt8(ascii: "t"): return .byte(0x09)
        case UInt8(ascii: "x"): return byte(from: 2)
        case UInt8(ascii: "0")...UInt8(ascii: "3"): return octal()
        case UInt8(ascii: "u") where pending.count > 2 && pending[2] == UInt8(ascii: "{"): return braced()
        case UInt8(ascii: "u"): return unicode()
        default: return .literal
        }
    }

    /// `\101`.
    private func octal() -> Reading {
        var value: UInt32 = 0
        for byte in pending.dropFirst().prefix(3) {
            guard byte &- 0x30 < 8 else { return .literal }
            value = value << 3 | UInt32(byte &- 0x30)
        }
        return pending.count < 4 ? .incomplete : .byte(UInt8(truncatingIfNeeded: value))
    }

    /// `\u{e9}`.
    private func braced() -> Reading {
        guard let end = pending.firstIndex(of: UInt8(ascii: "}")) else {
            return pending.count < 10 && hex(from: 3, digits: 6) != nil ? .incomplete : .literal
        }
        guard end > 3, let value = hex(from: 3, digits: end - 3), let scalar = Unicode.Scalar(value) else {
            return .literal
        }
        return .character(scalar)
    }

    /// `&amp;`, `&#38;`, `&#x26;`.
    private func reference() -> Reading {
        guard pending[pending.count - 1] == UInt8(ascii: ";") else {
            let byte = pending[pending.count - 1]
            let isName = byte &- 0x30 < 10 || (byte | 0x20) &- 0x61 < 26 || byte == UInt8(ascii: "#")
            return isName && pending.count <= Self.longestReference ? .incomplete : .literal
        }
        let name = pending[1..<pending.count - 1]
        guard name.first == UInt8(ascii: "#") else {
            return Self.references[String(decoding: name, as: UTF8.self)].map { .byte($0) } ?? .literal
        }
        let isHex = name.dropFirst().first.map { $0 | 0x20 == UInt8(ascii: "x") } ?? false
        let digits = String(decoding: name.dropFirst(isHex ? 2 : 1), as: UTF8.self)
        return UInt32(digits, radix: isHex ? 16 : 10).flatMap(Unicode.Scalar.init).map { .character($0) } ?? .literal
    }

    /// In bytes, without the semicolon.
    private static let longestReference = 12

    /// The names that HTML has for printable ASCII characters that are no letters and digits.
    private static let references: [String: UInt8] = [
        "Tab": 0x09, "NewLine": 0x0A, "excl": 0x21, "quot": 0x22, "QUOT": 0x22, "num": 0x23, "dollar": 0x24,
        "percnt": 0x25, "amp": 0x26, "AMP": 0x26, "apos": 0x27, "lpar": 0x28, "rpar": 0x29, "ast": 0x2A, "plus": 0x2B,
        "comma": 0x2C, "period": 0x2E, "sol": 0x2F, "colon": 0x3A, "semi": 0x3B, "lt": 0x3C, "LT": 0x3C,
        "equals": 0x3D, "gt": 0x3E, "GT": 0x3E, "quest": 0x3F, "commat": 0x40, "lsqb": 0x5B, "lbrack": 0x5B,
        "bsol": 0x5C, "rsqb": 0x5D, "rbrack": 0x5D, "Hat": 0x5E, "lowbar": 0x5F, "grave": 0x60, "lcub": 0x7B,
        "lbrace": 0x7B, "verbar": 0x7C, "vert": 0x7C, "rcub": 0x7D, "rbrace": 0x7D,
    ]

    /// `\u00e9`, or two of them for a character beyond the basic plane.
    private func unicode() -> Reading {
        guard let high = hex(from: 2, digits: 4) else { return .literal }
        guard pending.count >= 6 else { return .incomplete }
        if let scalar = Unicode.Scalar(high) { return .character(scalar) }
        guard 0xd800..<0xdc00 ~= high else { return .literal }
        for (index, byte) in [(6, UInt8(ascii: "\\")), (7, UInt8(ascii: "u"))] where index < pending.count {
            guard pending[index] == byte else { return .literal }
        }
        guard let low = hex(from: 8, digits: 4) else { return .literal }
        guard pending.count >= 12 else { return .incomplete }
        guard 0xdc00..<0xe000 ~= low else { return .literal }
        return Unicode.Scalar(0x10000 + (high - 0xd800) << 10 + (low - 0xdc00)).map { .character($0) } ?? .literal
    }

    /// The value of the digits that are there of those at `start`; nil where one is none.
    private func hex(from start: Int, digits: Int) -> UInt32? {
        var value: UInt32 = 0
        for byte in pending[min(start, pending.count)..<min(start + digits, pending.count)] {
            let letter = (byte | 0x20) &- 0x61
            if byte &- 0x30 < 10 {
                value = value << 4 | UInt32(byte &- 0x30)
            } else if letter < 6 {
                value = value << 4 | UInt32(letter + 10)
            } else {
                return nil
            }
        }
        return value
    }
}
