import Glibc
import NIOCore
import ReverseHTTP

/// Reads the responses on one HTTP/1.1 connection as their bytes come (RFC 9112). A pure machine: bytes in, events out.
///
/// Heads are read leniently where the RFC allows it and no length depends on it: lines may end in a bare LF (section
/// 2.2), fields may be folded (section 5.2), values may hold any byte above ASCII. Whatever two readers could understand
/// differently is refused, and chunked framing is held to the letter, but for blanks behind a chunk's size.
struct ResponseDecoder {
    enum Event: Equatable {
        /// The final head. Interim ones (RFC 9110, section 15.2) are passed over.
        case head(OriginResponse)
        case body(ByteBuffer)
        /// The response is whole. Nothing follows it but the next one.
        case end(trailers: FieldBlock?)
    }

    private enum State {
        /// No response is awaited: whatever comes belongs to no request.
        case idle
        case statusLine
        case fields
        /// So many bytes of a body whose length is known.
        case length(Int)
        case chunkSize
        case chunk(Int)
        case chunkEnd
        case trailers
        case untilClose
        case ended
    }

    /// Bytes of all heads and trailers of one response, and what HTTP/2 counts for them (RFC 9113, section 6.5.2).
    static let headLimit = 64 << 10
    /// Bytes of one chunk's size line, and of all of them beyond the digits: extensions carry nothing that is passed on.
    private static let sizeLineLimit = 4 << 10
    private static let extensionLimit = 64 << 10

    private var state = State.idle
    private var buffer = ByteBuffer()
    /// Leading bytes of ``buffer`` that hold no line feed.
    private var scanned = 0
    private var isHead = false
    private var hasBegun = false
    private var head = ResponseHeadReader()
    private var headBytesLeft = 0
    private var extensionBytesLeft = 0

    /// Bytes that have come and belong to no response.
    var leftover: Int {
        if case .idle = state { buffer.readableBytes } else { 0 }
    }

    /// A request leaves, whose response comes next.
    mutating func expect(responseTo method: String) {
        state = .statusLine
        isHead = method == "HEAD"
        hasBegun = false
        head = ResponseHeadReader()
        headBytesLeft = Self.headLimit
        extensionBytesLeft = Self.extensionLimit
    }

    mutating func append(_ bytes: ByteBuffer) {
        guard bytes.readableBytes > 0 else { return }
        hasBegun = true
        if buffer.readableBytes == 0 {
            buffer = bytes
        } else {
            buffer.writeImmutableBuffer(bytes)
        }
    }

    /// The next event, or nil until more bytes come.
    ///
    /// - Throws: ``Failure`` for what is not a response. Nothing can be read after that.
    mutating func next() throws(Failure) -> Event? {
        while true {
            switch state {
            case .idle:
                return nil
            case .statusLine:
                guard let line = try headLine() else { return nil }
                try head.start(line)
                state = .fields
            case .fields:
                guard let line = try headLine() else { return nil }
                guard line.readableBytes == 0 else {
                    try head.add(line)
                    continue
                }
                if let response = try head.finish(isHead: isHead) {
                    state = Self.body(of: response.framing)
                    return .head(response)
                }
                head = ResponseHeadReader()
                state = .statusLine
            case .length(let left):
                guard let bytes = take(upTo: left) else { return nil }
                state = bytes.readableBytes == left ? .ended : .length(left - bytes.readableBytes)
                return .body(bytes)
            case .chunkSize:
                guard let size = try chunkSize() else { return nil }
                state = size == 0 ? .trailers : .chunk(size)
                if size == 0 { head = ResponseHeadReader(isTrailer: true) }
            case .chunk(let left):
                guard let bytes = take(upTo: left) else { return nil }
                state = bytes.readableBytes == left ? .chunkEnd : .chunk(left - bytes.readableBytes)
                return .body(bytes)
            case .chunkEnd:
                guard let line = try line(within: 2, orElse: Self.malformedChunk) else { return nil }
                guard try Self.withoutEnd(line) == 0 else { throw Self.malformedChunk }
                state = .chunkSize
            case .trailers:
                guard let line = try line(within: headBytesLeft, orElse: Failure(.headerTooLarge)) else { return nil }
                headBytesLeft -= line.readableBytes
                var field = line
                field.moveWriterIndex(to: line.readerIndex + (try Self.withoutEnd(line)))
                guard field.readableBytes == 0 else {
                    try head.add(field)
                    continue
                }
                state = .idle
                return .end(trailers: head.trailers)
            case .untilClose:
                return take(upTo: .max).map { .body($0) }
            case .ended:
                state = .idle
                return .end(trailers: nil)
            }
        }
    }

    /// The connection has ended. Returns the end of a body that lasts until then, and nil where no response is awaited.
    ///
    /// - Throws: ``Failure`` for a response that is not whole.
    mutating func connectionEnded() throws(Failure) -> Event? {
        switch state {
        case .idle, .ended:
            return nil
        case .untilClose:
            state = .idle
            return .end(trailers: nil)
        case .statusLine where !hasBegun:
            throw Failure(.connectionTerminated, "the origin closed the connection")
        default:
            throw Failure(.connectionTerminated, "the response ended early")
        }
    }

    private static func body(of framing: OriginResponse.Framing) -> State {
        switch framing {
        case .none: .ended
        case .length(let count): .length(count)
        case .chunked: .chunkSize
        case .untilClose: .untilClose
        }
    }

    private mutating func take(upTo count: Int) -> ByteBuffer? {
        let length = min(count, buffer.readableBytes)
        return length == 0 ? nil : buffer.readSlice(length: length)
    }

    // MARK: lines

    /// A line with its line feed; nil until it is whole.
    private mutating func line(within limit: Int, orElse failure: Failure) throws(Failure) -> ByteBuffer? {
        let unread = buffer.readableBytes
        let end = buffer.withUnsafeReadableBytes { bytes -> Int? in
            guard let base = bytes.baseAddress, scanned < bytes.count,
                let found = memchr(base + scanned, 0x0a, bytes.count - scanned)
            else { return nil }
            return UnsafeRawPointer(found) - base + 1
        }
        guard (end ?? unread) <= limit else { throw failure }
        scanned = end == nil ? unread : 0
        return end.flatMap { buffer.readSlice(length: $0) }
    }

    /// A line of a head without its end, which may be a bare LF.
    private mutating func headLine() throws(Failure) -> ByteBuffer? {
        guard var line = try line(within: headBytesLeft, orElse: Failure(.headerTooLarge)) else { return nil }
        headBytesLeft -= line.readableBytes
        let last = line.writerIndex - 1
        let hasReturn =
            last > line.readerIndex && line.getInteger(at: last - 1, as: UInt8.self) == UInt8(ascii: "\r")
        line.moveWriterIndex(to: hasReturn ? last - 1 : last)
        return line
    }

    /// How many bytes a line has before its end, which must be CR LF: where framing depends on lines, another reader may
    /// take a bare LF for something else.
    private static func withoutEnd(_ line: ByteBuffer) throws(Failure) -> Int {
        let count = line.readableBytes - 2
        guard count >= 0, line.getInteger(at: line.readerIndex + count, as: UInt8.self) == UInt8(ascii: "\r") else {
            throw malformedChunk
        }
        return count
    }

    // MARK: chunks

    private static let malformedChunk = Failure(.httpProtocol, "the chunked body is malformed")

    private mutating func chunkSize() throws(Failure) -> Int? {
        guard let line = try line(within: Self.sizeLineLimit, orElse: Self.malformedChunk) else { return nil }
        let count = try Self.withoutEnd(line)
        var size = 0
        var digits = 0
        let isWellFormed = line.withUnsafeReadableBytes { bytes -> Bool in
            while digits < count, let digit = Self.hexValue(bytes[digits]) {
                // Fifteen digits fit into an Int, whatever they are.
                guard digits < 15 else { return false }
                size = size << 4 | digit
                digits += 1
            }
            guard digits > 0 else { return false }
            let rest = bytes[digits..<count].drop { $0 == 0x20 || $0 == 0x09 }
            guard let first = rest.first else { return true }
            return first == UInt8(ascii: ";") && rest.allSatisfy { $0 >= 0x20 && $0 != 0x7f || $0 == 0x09 }
        }
        extensionBytesLeft -= count - digits
        guard isWellFormed, extensionBytesLeft >= 0 else { throw Self.malformedChunk }
        return size
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
