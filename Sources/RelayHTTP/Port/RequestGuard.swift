import NIOCore
import NIOHTTP1
import Pipeline
import ReverseHTTP

/// Stands between the HTTP/1.1 decoder and what serves requests: answers what is no request, keeps upgrades that are
/// none of a tunnel's from the upgrade handler, and closes connections that cannot go on.
final class RequestGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let deadline: HeadDeadline
    /// Heads received whose response's end has not been written.
    private var unanswered = 0
    /// The decoder reads nothing behind a request that asked for an upgrade.
    private var isLast = false
    private var isClosing = false

    init(deadline: HeadDeadline) {
        self.deadline = deadline
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isClosing else { return }
        switch unwrapInboundIn(data) {
        case .head(var head):
            deadline.receivedHead()
            unanswered += 1
            if head.headers.contains(name: "upgrade") {
                isLast = true
                if !Self.mayBecomeTunnel(head) { head.headers.remove(name: "upgrade") }
            }
            context.fireChannelRead(wrapInboundOut(.head(head)))
        case .body:
            context.fireChannelRead(data)
        case .end:
            deadline.receivedEnd()
            context.fireChannelRead(data)
        }
    }

    /// The upgrade handler takes no bodies.
    private static func mayBecomeTunnel(_ head: HTTPRequestHead) -> Bool {
        head.method == .GET && head.uri == PTTH.path && !head.headers.contains(name: "transfer-encoding")
            && head.headers["content-length"].allSatisfy { $0 == "0" }
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        switch unwrapOutboundIn(data) {
        case .head(var head) where isLast && head.status.code >= 200:
            head.headers.replaceOrAdd(name: "connection", value: "close")
            context.write(wrapOutboundOut(.head(head)), promise: promise)
        case .head, .body:
            context.write(data, promise: promise)
        case .end:
            unanswered -= 1
            context.write(data, promise: promise)
            if isLast, unanswered == 0 {
                context.flush()
                close(context)
            }
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard !isClosing else { return }
        switch error {
        case let error as HTTPParserError where unanswered == 0:
            refuse(context, status: error == .headerOverflow ? .requestHeaderFieldsTooLarge : .badRequest)
        case is HTTPParserError, is ByteToMessageDecoderError.PayloadTooLargeError:
            // Who serves the request learns that it is broken off.
            context.fireErrorCaught(error)
            close(context)
        default:
            context.fireErrorCaught(error)
        }
    }

    private func refuse(_ context: ChannelHandlerContext, status: HTTPResponseStatus) {
        let detail =
            status == .badRequest
            ? "What came is not an HTTP/1.1 request." : "The request's header fields are larger than is taken here."
        let failure = Failure(.invalidRequest, stage: .relay, detail: detail)
        let problem = Problem(failure, requestID: RequestID.generate().description)
        let body = ByteBuffer(bytes: problem.bytes(status: Int(status.code)))
        let headers: HTTPHeaders = [
            "content-type": Problem.mediaType, "content-length": String(body.readableBytes), "connection": "close",
        ]
        context.write(wrapOutboundOut(.head(.init(version: .http1_1, status: status, headers: headers))), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        close(context)
    }

    private func close(_ context: ChannelHandlerContext) {
        isClosing = true
        context.close(promise: nil)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent, !deadline.hasSeenHead {
            close(context)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }
}
