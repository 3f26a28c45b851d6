import NIOCore

/// The framing of a chunked body (RFC 9112, section 7.1), up to its trailers. Its lines end in CR LF, since another reader
/// may take a bare LF for something else; extensions are dropped.
struct ChunkReader {
    enum Piece {
        case bytes(ByteBuffer)
        /// The last chunk's line: the trailers follow it.
        case last
    }

    /// The bytes are not chunks.
    struct Malformed: Error {}

    private enum State {
        case size
        case data(Int)
        case dataEnd
    }

    /// One chunk's size line, in bytes.
    private static let lineLimit = 4 << 10
    /// All size lines of a body beyond their digits, in bytes.
    private static let extensionLimit = 64 << 10

    private let takesBlanks: Bool
    private var state = State.size
    private var extensionBytesLeft = Self.extensionLimit

    /// - Parameter takesBlanks: whether blanks may follow a chunk's size, which no grammar has and old servers send.
    init(takesBlanks: Bool) {
        self.takesBlanks = takesBlanks
    }

    /// The next piece, or nil until more bytes come.
    mutating func next(_ lines: inout LineBuffer) throws(Malformed) -> Piece? {
        while true {
            switch state {
            case .size:
                guard let count = try Self.line(within: Self.lineLimit, of: &lines) else { return nil }
                let takesBlanks = self.takesBlanks
                guard let line = lines.read(count, { Self.size($0, takesBlanks: takesBlanks) }) else {
                    throw Malformed()
                }
                extensionBytesLeft -= line.rest
                guard extensionBytesLeft >= 0 else { throw Malformed() }
                guard line.size > 0 else { return .last }
                state = .data(line.size)
            case .data(let left):
                guard let bytes = lines.take(upTo: left) else { return nil }
                state = bytes.readableBytes == left ? .dataEnd : .data(left - bytes.readableBytes)
                return .bytes(bytes)
            case .dataEnd:
                guard let count = try Self.line(within: 2, of: &lines) else { return nil }
                guard lines.read(count, { $0.withoutCRLF?.count }) == 0 else { throw Malformed() }
                state = .size
            }
        }
    }

    private static func line(within limit: Int, of lines: inout LineBuffer) throws(Malformed) -> Int? {
        switch lines.line(within: limit) {
        case .whole(let count): count
        case .partial: nil
        case .tooLong: throw Malformed()
        }
    }

    /// What a size line says, and how many bytes it has beyond the digits.
    private static func size(_ line: UnsafeRawBufferPointer, takesBlanks: Bool) -> (size: Int, rest: Int)? {
        guard let line = line.withoutCRLF else { return nil }
        var (size, digits) = (0, 0)
        while digits < line.count, let digit = hexValue(line[digits]) {
            guard digits < 16, size <= Int.max >> 4 else { return nil }
            size = size << 4 | digit
            digits += 1
        }
        guard digits > 0 else { return nil }
        var rest = digits
        if takesBlanks {
            while rest < line.count, FieldSyntax.isBlank(line[rest]) { rest += 1 }
        }
        guard rest < line.count else { return (size, rest - digits) }
        guard line[rest] == UInt8(ascii: ";"), FieldSyntax.isText(UnsafeRawBufferPointer(rebasing: line[rest...]))
        else {
            return nil
        }
        return (size, line.count - digits)
    }

    private static func hexValue(_ byte: UInt8) -> Int? {
        switch byte {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): Int(byte - UInt8(ascii: "0"))
        case UInt8(ascii: "a")...UInt8(ascii: "f"): Int(byte - UInt8(ascii: "a")) + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): Int(byte - UInt8(ascii: "A")) + 10
        default: nil
        }
    }
}
