/// Undoes escapes in a text that comes byte by byte: JSON's (RFC 8259 section 7) and, where told so, percent encoding
/// (RFC 3986 section 2.1). What only looks like an escape stands for itself.
struct EscapeReader {
    /// A byte of the undone text, and the bytes of the text it came from, as positions.
    struct Symbol {
        var byte: UInt8
        var source: Range<Int>
    }

    private enum Reading {
        case incomplete
        case character(Unicode.Scalar)
        case byte(UInt8)
        /// The first byte stands for itself.
        case literal
    }

    let undoesPercent: Bool
    /// What has been read of an escape.
    private var pending: [UInt8] = []

    init(undoesPercent: Bool) {
        self.undoesPercent = undoesPercent
    }

    /// How many bytes have been read and not yet given back.
    var pendingCount: Int { pending.count }

    func isEscape(_ byte: UInt8) -> Bool {
        byte == UInt8(ascii: "\\") || undoesPercent && byte == UInt8(ascii: "%")
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
        guard pending.count > 1 else { return .incomplete }
        if pending[0] == UInt8(ascii: "%") {
            guard let value = hex(from: 1, digits: 2) else { return .literal }
            return pending.count < 3 ? .incomplete : .byte(UInt8(truncatingIfNeeded: value))
        }
        switch pending[1] {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"): return .byte(pending[1])
        case UInt8(ascii: "b"): return .byte(0x08)
        case UInt8(ascii: "f"): return .byte(0x0c)
        case UInt8(ascii: "n"): return .byte(0x0a)
        case UInt8(ascii: "r"): return .byte(0x0d)
        case UInt8(ascii: "t"): return .byte(0x09)
        case UInt8(ascii: "u"): return unicode()
        default: return .literal
        }
    }

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
