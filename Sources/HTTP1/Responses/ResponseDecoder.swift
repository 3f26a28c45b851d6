package import NIOCore
package import ReverseHTTP

/// Reads the responses on one HTTP/1.1 connection as their bytes come (RFC 9112). A pure machine: bytes in, events out.
///
/// Heads are read leniently where the RFC allows it and no length depends on it: lines may end in a bare LF (section
/// 2.2), fields may be folded (section 5.2), values may hold any byte above ASCII. Whatever two readers could understand
/// differently is refused, and chunked framing is held to the letter, but for blanks behind a chunk's size.
package struct ResponseDecoder {
    package enum Event: Equatable {
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
        case chunked
        case trailers
        case untilClose
        case ended
    }

    /// Bytes of all heads and trailers of one response, and what HTTP/2 counts for them (RFC 9113, section 6.5.2).
    package static let headLimit = 64 << 10

    private var state = State.idle
    private var lines = LineBuffer()
    private var isHead = false
    private var hasBegun = false
    private var head = ResponseHeadReader()
    private var headBytesLeft = 0
    private var chunks = ChunkReader(takesBlanks: true)

    package init() {}

    /// Bytes that have come and belong to no response.
    package var leftover: Int {
        if case .idle = state { lines.count } else { 0 }
    }

    /// A request leaves, whose response comes next.
    package mutating func expect(responseTo method: String) {
        state = .statusLine
        isHead = method == "HEAD"
        hasBegun = false
        head = ResponseHeadReader()
        headBytesLeft = Self.headLimit
    }

    package mutating func append(_ bytes: ByteBuffer) {
        guard bytes.readableBytes > 0 else { return }
        hasBegun = true
        lines.append(bytes)
    }

    /// The next event, or nil until more bytes come.
    ///
    /// - Throws: ``ResponseFault`` for what is not a response. Nothing can be read after that.
    package mutating func next() throws(ResponseFault) -> Event? {
        while true {
            switch state {
            case .idle:
                return nil
            case .statusLine:
                guard let count = try headLine() else { return nil }
                try lines.read(count) { (line) throws(ResponseFault) in try head.start(line.withoutLineEnd) }
                state = .fields
            case .fields:
                guard let count = try headLine() else { return nil }
                let isEnd = try lines.read(count) { (line) throws(ResponseFault) in
                    try head.add(line.withoutLineEnd)
                }
                guard isEnd else { continue }
                if let response = try head.finish(isHead: isHead) {
                    state = body(of: response.framing)
                    return .head(response)
                }
                head = ResponseHeadReader()
                state = .statusLine
            case .length(let left):
                guard let bytes = lines.take(upTo: left) else { return nil }
                state = bytes.readableBytes == left ? .ended : .length(left - bytes.readableBytes)
                return .body(bytes)
            case .chunked:
                switch try chunk() {
                case nil: return nil
                case .bytes(let bytes): return .body(bytes)
                case .last:
                    state = .trailers
                    head = ResponseHeadReader(isTrailer: true)
                }
            case .trailers:
                guard let count = try headLine() else { return nil }
                let isEnd = try lines.read(count) { (line) throws(ResponseFault) in
                    guard let line = line.withoutCRLF else { throw Self.malformedChunk }
                    return try head.add(line)
                }
                guard isEnd else { continue }
                state = .idle
                return .end(trailers: head.trailers)
            case .untilClose:
                return lines.take(upTo: .max).map { .body($0) }
            case .ended:
                state = .idle
                return .end(trailers: nil)
            }
        }
    }

    /// The connection has ended. Returns the end of a body that lasts until then, and nil where no response is awaited.
    ///
    /// - Throws: ``ResponseFault`` for a response that is not whole.
    package mutating func connectionEnded() throws(ResponseFault) -> Event? {
        switch state {
        case .idle, .ended:
            return nil
        case .untilClose:
            state = .idle
            return .end(trailers: nil)
        case .statusLine where !hasBegun:
            throw ResponseFault(.cutShort, "the origin closed the connection")
        default:
            throw ResponseFault(.cutShort, "the response ended early")
        }
    }

    private mutating func body(of framing: OriginResponse.Framing) -> State {
        switch framing {
        case .none: return .ended
        case .length(let count): return .length(count)
        case .chunked:
            chunks = ChunkReader(takesBlanks: true)
            return .chunked
        case .untilClose: return .untilClose
        }
    }

    // MARK: lines

    /// The length of a head's next line, with its end.
    private mutating func headLine() throws(ResponseFault) -> Int? {
        switch lines.line(within: headBytesLeft) {
        case .whole(let count):
            headBytesLeft -= count
            return count
        case .partial: return nil
        case .tooLong: throw ResponseFault(.headTooLarge)
        }
    }

    private static let malformedChunk = ResponseFault(.malformed, "the chunked body is malformed")

    private mutating func chunk() throws(ResponseFault) -> ChunkReader.Piece? {
        do throws(ChunkReader.Malformed) {
            return try chunks.next(&lines)
        } catch {
            throw Self.malformedChunk
        }
    }
}
