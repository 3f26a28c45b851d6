package import NIOCore
package import NIOHTTP1

/// Reads the requests of one HTTP/1.1 connection as their bytes come (RFC 9112). A pure machine: bytes in, parts out.
///
/// It is strict, because what stands before or behind it may read the same bytes: whatever two readers could take for
/// different requests is refused (RFC 9112, section 11.2), and nothing is read after that. Lines end in CR LF. Any token is
/// a method.
package struct RequestDecoder {
    /// What a head may hold.
    package struct Limits: Sendable {
        /// Request line and fields, and beside them the trailers of a chunked body, in bytes.
        package var headBytes: Int
        /// The target, and one field's name or value, in bytes.
        package var fieldBytes: Int
        /// Fields, trailers included.
        package var fields: Int

        package init(headBytes: Int = 64 << 10, fieldBytes: Int = 32 << 10, fields: Int = 100) {
            self.headBytes = headBytes
            self.fieldBytes = fieldBytes
            self.fields = fields
        }
    }

    private enum State {
        /// Between two requests, perhaps behind an empty line, which some clients send after a body (RFC 9112, section
        /// 2.2).
        case requestLine(isBehindEmptyLine: Bool)
        case fields
        /// So many bytes of a body whose length is known.
        case length(Int)
        case chunked
        case trailers
        case ended
        case failed
    }

    private let limits: Limits
    private var state = State.requestLine(isBehindEmptyLine: false)
    private var lines = LineBuffer()
    private var head: RequestHeadReader
    private var chunks = ChunkReader(takesBlanks: false)
    private var headBytesLeft: Int

    package init(limits: Limits = Limits()) {
        self.limits = limits
        head = RequestHeadReader(limits)
        headBytesLeft = limits.headBytes
    }

    /// Bytes that have come and are not read.
    package var unread: Int { lines.count }

    /// Whether a part of a head has come, and not all of it.
    package var isInHead: Bool {
        switch state {
        case .requestLine(let isBehindEmptyLine): isBehindEmptyLine || lines.count > 0
        case .fields: true
        case .length, .chunked, .trailers, .ended, .failed: false
        }
    }

    package mutating func append(_ bytes: ByteBuffer) {
        guard bytes.readableBytes > 0 else { return }
        lines.append(bytes)
    }

    /// The next part, or nil until more bytes come. Each request is a head, parts of its body, and an end; whoever wants no
    /// more requests for now stops asking behind an end.
    ///
    /// - Throws: ``RequestFault`` for what is not a request. Nothing comes after that.
    package mutating func next() throws(RequestFault) -> HTTPServerRequestPart? {
        do throws(RequestFault) {
            return try read()
        } catch {
            state = .failed
            _ = lines.takeAll()
            throw error
        }
    }

    /// What is not read, for whoever reads the connection from here on.
    package mutating func takeRest() -> ByteBuffer { lines.takeAll() }

    /// The connection has ended.
    ///
    /// - Returns: a fault if it did in the middle of a request.
    package var faultOfEnd: RequestFault? {
        switch state {
        case .requestLine, .failed: isInHead ? .cutShort : nil
        case .fields, .length, .chunked, .trailers, .ended: .cutShort
        }
    }

    private mutating func read() throws(RequestFault) -> HTTPServerRequestPart? {
        while true {
            switch state {
            case .requestLine(let isBehindEmptyLine):
                guard let count = try headLine() else { return nil }
                if !isBehindEmptyLine, lines.isNextLineEmpty(count) {
                    lines.skip(count)
                    state = .requestLine(isBehindEmptyLine: true)
                    continue
                }
                try lines.read(count) { (line) throws(RequestFault) in try head.start(line) }
                state = .fields
            case .fields:
                guard let count = try headLine() else { return nil }
                guard lines.isNextLineEmpty(count) else {
                    try lines.read(count) { (line) throws(RequestFault) in try head.add(line) }
                    continue
                }
                lines.skip(count)
                return .head(try endHead())
            case .length(let left):
                guard let bytes = lines.take(upTo: left) else { return nil }
                state = bytes.readableBytes == left ? .ended : .length(left - bytes.readableBytes)
                return .body(bytes)
            case .chunked:
                switch try chunk() {
                case nil: return nil
                case .bytes(let bytes): return .body(bytes)
                case .last: state = .trailers
                }
            case .trailers:
                guard let count = try headLine() else { return nil }
                guard lines.isNextLineEmpty(count) else {
                    try lines.read(count) { (line) throws(RequestFault) in try head.add(line) }
                    continue
                }
                lines.skip(count)
                return end(trailers: head.trailers)
            case .ended:
                return end(trailers: nil)
            case .failed:
                return nil
            }
        }
    }

    private mutating func headLine() throws(RequestFault) -> Int? {
        switch lines.line(within: headBytesLeft) {
        case .whole(let count):
            headBytesLeft -= count
            return count
        case .partial: return nil
        case .tooLong: throw .tooLarge
        }
    }

    private mutating func endHead() throws(RequestFault) -> HTTPRequestHead {
        switch try head.body() {
        case .none: state = .ended
        case .length(let count): state = .length(count)
        case .chunked:
            state = .chunked
            chunks = ChunkReader(takesBlanks: false)
        }
        return head.take()
    }

    private mutating func chunk() throws(RequestFault) -> ChunkReader.Piece? {
        do throws(ChunkReader.Malformed) {
            return try chunks.next(&lines)
        } catch {
            throw .chunks
        }
    }

    private mutating func end(trailers: HTTPHeaders?) -> HTTPServerRequestPart {
        state = .requestLine(isBehindEmptyLine: false)
        head = RequestHeadReader(limits)
        headBytesLeft = limits.headBytes
        return .end(trailers)
    }
}
