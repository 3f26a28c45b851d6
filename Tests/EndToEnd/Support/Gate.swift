import NIOCore
import NIOHTTP1
import Synchronization

/// A response in the hand of the test: nothing leaves until it is told to.
final class Gate: Sendable {
    let request: TestOrigin.Seen
    private let channel: any Channel
    private let body = Mutex(ByteBuffer())
    private let isBodyEnded = Mutex(false)
    private let isClosed = Mutex(false)

    init(_ request: TestOrigin.Seen, on channel: any Channel) {
        self.request = request
        self.channel = channel
        channel.closeFuture.whenComplete { [self] _ in isClosed.withLock { $0 = true } }
    }

    /// The request's body up to now. It is kept whole: for small ones.
    var received: ByteBuffer { body.withLock { $0 } }
    /// Whether the request's last byte has come.
    var hasWholeRequest: Bool { isBodyEnded.withLock { $0 } }
    /// Whether the connection is gone.
    var isGone: Bool { isClosed.withLock { $0 } }

    func receive(_ part: ByteBuffer) { body.withLock { _ = $0.writeImmutableBuffer(part) } }
    func receiveEnd() { isBodyEnded.withLock { $0 = true } }

    /// Sends the head; chunked unless `headers` say a length.
    func head(_ status: Int = 200, _ headers: HTTPHeaders = ["content-type": "text/event-stream"]) async throws {
        var headers = headers
        if !headers.contains(name: "content-length") {
            headers.replaceOrAdd(name: "transfer-encoding", value: "chunked")
        }
        let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: headers)
        try await channel.writeAndFlush(HTTPServerResponsePart.head(head))
    }

    /// Sends one piece.
    func send(_ text: String) async throws { try await send(ByteBuffer(string: text)) }

    func send(_ bytes: ByteBuffer) async throws {
        try await channel.writeAndFlush(HTTPServerResponsePart.body(.byteBuffer(bytes)))
    }

    /// Ends the response well.
    func finish(trailers: HTTPHeaders? = nil) async throws {
        try await channel.writeAndFlush(HTTPServerResponsePart.end(trailers))
    }

    /// Sends a whole answer at once, however much of the request has come.
    func answer(_ status: Int, _ text: String) async throws {
        let headers: HTTPHeaders = ["content-length": "\(text.utf8.count)"]
        let head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status), headers: headers)
        channel.write(HTTPServerResponsePart.head(head), promise: nil)
        channel.write(HTTPServerResponsePart.body(.byteBuffer(ByteBuffer(string: text))), promise: nil)
        try await channel.writeAndFlush(HTTPServerResponsePart.end(nil))
    }

    /// Breaks the connection in the middle.
    func hangUp() async throws { try await channel.close() }
}
