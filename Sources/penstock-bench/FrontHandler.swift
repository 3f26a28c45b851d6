import NIOCore
import NIOHTTP1
import ReverseHTTP

/// One connection of the front: each request becomes a stream, and the stream's response goes back.
final class FrontHandler: ChannelInboundHandler, HTTP2StreamDelegate {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let sessions: FrontSessions
    private let origin: FrontOrigin
    private var context: ChannelHandlerContext?
    private var head: HTTPRequestHead?
    private var stream: HTTP2Stream?
    /// Bytes of the response whose credit is owed while the client reads slowly.
    private var owed = 0

    init(sessions: FrontSessions, origin: FrontOrigin) {
        self.sessions = sessions
        self.origin = origin
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
    }

    // MARK: the client

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body(let bytes):
            open(endStream: false)
            stream?.write(bytes)
        case .end:
            open(endStream: true)
            stream?.end()
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        stream?.reset(.cancel)
        context.fireChannelInactive()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        returnCredit()
        context.fireChannelWritabilityChanged()
    }

    private func open(endStream: Bool) {
        guard let head else { return }
        self.head = nil
        var headers = head.headers
        headers.remove(name: "host")
        let request = RequestHead(
            method: head.method.rawValue, scheme: origin.scheme, authority: origin.authority, path: head.uri,
            headers: headers)
        do throws(StreamError) {
            guard let session = sessions.choose() else { throw StreamError(.refused, sent: false) }
            stream = try session.open(request, endStream: endStream, delegate: self)
        } catch {
            respond(ResponseHead(status: 503, headers: ["content-length": "0", "x-reason": "\(error)"]))
            end()
        }
    }

    // MARK: the stream

    func stream(_ stream: HTTP2Stream, receivedHead head: ResponseHead) {
        respond(head)
    }

    func stream(_ stream: HTTP2Stream, receivedData data: ByteBuffer) {
        owed += data.readableBytes
        context?.write(wrapOutboundOut(.body(.byteBuffer(data))), promise: nil)
        // A small body leaves with its end; a large one as it comes.
        if owed >= 16 << 10 { context?.flush() }
        returnCredit()
    }

    func stream(_ stream: HTTP2Stream, receivedEnd trailers: HTTPHeaders?) {
        end()
    }

    func streamClosed(_ stream: HTTP2Stream, reason: StreamCloseReason) {
        self.stream = nil
        owed = 0
        // An answer that was cut short has no other end in HTTP/1.1.
        if reason != .finished { context?.close(promise: nil) }
    }

    private func respond(_ head: ResponseHead) {
        let status = HTTPResponseStatus(statusCode: head.status)
        context?.write(
            wrapOutboundOut(.head(HTTPResponseHead(version: .http1_1, status: status, headers: head.headers))),
            promise: nil)
    }

    private func end() {
        context?.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }

    private func returnCredit() {
        guard owed > 0, let stream, context?.channel.isWritable == true else { return }
        let bytes = owed
        owed = 0
        stream.consume(bytes)
    }
}
