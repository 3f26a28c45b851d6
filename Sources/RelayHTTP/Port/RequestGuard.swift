import Failure
import HTTP1
import NIOCore
import NIOHTTP1
import ReverseHTTP

/// The one place that knows how an HTTP/1.1 connection is shared by its requests, between the reader and whatever
/// serves them: one request at a time, in order; what is no request is answered; the last answer says that it is the
/// last; and after it the connection is closed so that the answer arrives (RFC 9112, sections 9.3 to 9.6).
final class RequestGuard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private let reader: RequestReader
    private let limits: PortLimits
    private var exchange = HTTP1Exchange()
    private var writes: WriteWatch?
    /// The head of an answer to HEAD, which is all of it.
    private var headLeft: EventLoopFuture<Void>?
    /// What came is no request, and is answered here.
    private var isRefused = false
    /// The last answer has left: what still comes is thrown away.
    private var isLingering = false
    private var isClosed = false

    init(reader: RequestReader, limits: PortLimits) {
        self.reader = reader
        self.limits = limits
    }

    func handlerAdded(context: ChannelHandlerContext) {
        writes = WriteWatch(limit: limits.unwritten) { context.closePastTLS() }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        isClosed = true
        writes?.stop()
        writes = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        isClosed = true
        writes?.stop()
        context.fireChannelInactive()
    }

    // MARK: requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !isLingering, !isRefused else { return }
        switch unwrapInboundIn(data) {
        case .head(var head):
            if let fault = exchange.received(head) { return refuse(context, status: .badRequest, detail: fault) }
            if head.headers.contains(name: "upgrade") {
                // What comes behind may be of the protocol that was asked for: it is never read as a request.
                exchange.end()
                if !Self.mayBecomeTunnel(head) { Self.forgetTunnel(&head) }
            }
            context.fireChannelRead(wrapInboundOut(.head(head)))
        case .body:
            context.fireChannelRead(data)
        case .end:
            exchange.receivedEnd()
            context.fireChannelRead(data)
        }
    }

    /// The upgrade handler takes no bodies.
    private static func mayBecomeTunnel(_ head: HTTPRequestHead) -> Bool {
        head.method == .GET && head.uri == PTTH.path && !head.headers.contains(name: "transfer-encoding")
            && head.headers["content-length"].allSatisfy { $0 == "0" }
    }

    /// Upgrades to something else are for whoever serves the request to refuse.
    private static func forgetTunnel(_ head: inout HTTPRequestHead) {
        let tokens = head.headers[canonicalForm: "upgrade"]
        if tokens.contains(where: { $0.lowercased() == PTTH.upgradeToken }) { head.headers.remove(name: "upgrade") }
    }

    /// The answer has left the socket's buffer for the caller.
    private func answered(_ context: ChannelHandlerContext) {
        guard !isClosed, !isLingering else { return }
        let isLast = exchange.isLast
        exchange.left()
        guard !isLast else { return linger(context) }
        guard reader.isHolding else { return reader.proceed() }
        PipelinedTurns.of(context.eventLoop).wait { [self] in
            guard !isClosed, !isLingering else { return }
            reader.proceed()
        }
    }

    // MARK: answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        guard !isLingering, let writes else {
            promise?.fail(ChannelError.outputClosed)
            return
        }
        switch unwrapOutboundIn(data) {
        case .head(var head) where head.status.code >= 200:
            exchange.begin(&head)
            let left = exchange.isOfHead ? writes.track(promise, on: context.eventLoop) : promise
            headLeft = left?.futureResult
            context.write(wrapOutboundOut(.head(head)), promise: left)
        case .head:
            guard exchange.takesInterim else {
                promise?.succeed()
                return
            }
            context.write(data, promise: promise)
        case .body where exchange.isOfHead:
            promise?.succeed()
        case .end where exchange.isOfHead:
            // NIO's encoder does not know what was asked, and would end the body that is not there with a chunk.
            exchange.wroteEnd()
            promise?.succeed()
            headLeft?.assumeIsolated().whenSuccess { self.answered(context) }
        case .body:
            context.write(data, promise: writes.track(promise, on: context.eventLoop))
        case .end:
            exchange.wroteEnd()
            let left = writes.track(promise, on: context.eventLoop)
            left.futureResult.assumeIsolated().whenSuccess { self.answered(context) }
            context.write(data, promise: left)
        }
    }

    /// Half-closes, so that the caller reads the answer to its end, and reads on (RFC 9112, section 9.6).
    private func linger(_ context: ChannelHandlerContext) {
        isLingering = true
        context.close(mode: .output, promise: nil)
        reader.discard(Linger(limits, now: .now()))
    }

    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        // The linger closes the connection.
        if isLingering { return context.channel.closeFuture.cascade(to: promise) }
        if exchange.isLeaving {
            exchange.end()
            return context.channel.closeFuture.cascade(to: promise)
        }
        guard mode == .output else { return context.close(mode: mode, promise: promise) }
        if exchange.isUnderWay {
            // No end will come: only a broken connection tells the caller so.
            context.close(promise: promise)
        } else {
            context.channel.closeFuture.cascade(to: promise)
            linger(context)
        }
    }

    // MARK: what is no request

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        guard !isLingering, !isRefused else { return }
        guard let fault = error as? RequestFault else { return context.fireErrorCaught(error) }
        if exchange.isUnderWay {
            // Who serves the request learns that it is broken off.
            context.fireErrorCaught(fault)
            context.close(promise: nil)
        } else {
            refuse(context, status: .init(statusCode: fault.status), detail: fault.detail)
        }
    }

    private func refuse(_ context: ChannelHandlerContext, status: HTTPResponseStatus, detail: String) {
        isRefused = true
        exchange.refuse()
        let failure = CallFailure(.invalidRequest, stage: .relay, detail: detail)
        let problem = Problem(failure, requestID: RequestID.generate().description)
        let body = ByteBuffer(bytes: problem.bytes(status: Int(status.code)))
        let headers: HTTPHeaders = ["content-type": Problem.mediaType, "content-length": String(body.readableBytes)]
        let head = HTTPResponseHead(version: .http1_1, status: status, headers: headers)
        for part: HTTPServerResponsePart in [.head(head), .body(.byteBuffer(body)), .end(nil)] {
            write(context: context, data: NIOAny(part), promise: nil)
        }
        context.flush()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard event is ChannelShouldQuiesceEvent else { return context.fireUserInboundEventTriggered(event) }
        if isLingering {
            reader.hurry()
        } else if !reader.hasSeenHead {
            context.close(promise: nil)
        } else {
            exchange.end()
            context.fireUserInboundEventTriggered(event)
        }
    }
}
