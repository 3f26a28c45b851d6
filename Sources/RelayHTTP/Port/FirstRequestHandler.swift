import NIOCore
import NIOHTTP1
import ReverseHTTP
import Tunnels

/// Decides, by a connection's first request, whether it becomes a tunnel or serves HTTP/1.1 requests, this one first.
///
/// NIO's own typed upgrade handler loses the request of an upgrade that is refused; here that request is one like any
/// other. Nothing is read behind a request that asks for an upgrade, so that what comes after it is the tunnel's.
final class FirstRequestHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart
    typealias Served = PublicPortChannel.Served

    private enum State {
        case first
        /// With the parts that came behind the head: the end, at most.
        case authorizing(HTTPRequestHead, rest: [HTTPServerRequestPart])
        case authorized(HTTPRequestHead, answer: HTTPHeaders)
        /// With the bytes that came behind the request.
        case switching([NIOAny])
        case done
    }

    private var state = State.first
    private let upgrader: PTTHUpgrader<TunnelIdentity, Served>
    private let encoder: HTTPResponseEncoder
    private let others: [any RemovableChannelHandler]
    private let serve: (any Channel) throws -> Served
    private let served: EventLoopPromise<Served>

    /// - Parameters:
    ///   - others: the handlers before this one that a tunnel has no use for, besides the encoder, in the order in which
    ///     they leave. The last one hands on the bytes that it holds.
    ///   - serve: adds what serves requests behind this handler.
    init(
        upgrader: PTTHUpgrader<TunnelIdentity, Served>, encoder: HTTPResponseEncoder,
        others: [any RemovableChannelHandler], eventLoop: any EventLoop, serve: @escaping (any Channel) throws -> Served
    ) {
        self.upgrader = upgrader
        self.encoder = encoder
        self.others = others
        self.serve = serve
        self.served = eventLoop.makePromise()
    }

    /// What the connection has become.
    var result: EventLoopFuture<Served> { served.futureResult }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch state {
        case .first:
            guard case .head(let head) = unwrapInboundIn(data) else { return fail(ChannelError.eof, context) }
            if asksForTunnel(head) {
                state = .authorizing(head, rest: [])
                authorize(head, context)
            } else {
                serveHTTP([.head(head)], context)
            }
        case .authorizing(let head, let rest):
            guard rest.isEmpty else { return fail(ChannelError.eof, context) }
            state = .authorizing(head, rest: [unwrapInboundIn(data)])
        case .authorized(let head, let answer):
            guard case .end = unwrapInboundIn(data) else { return fail(ChannelError.eof, context) }
            openTunnel(head, answer, context)
        case .switching(let bytes):
            state = .switching(bytes + [data])
        case .done:
            context.fireChannelRead(data)
        }
    }

    private func asksForTunnel(_ head: HTTPRequestHead) -> Bool {
        head.headers[canonicalForm: "upgrade"].contains { $0.lowercased() == PTTH.upgradeToken }
    }

    private func authorize(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let initial: HTTPHeaders = ["connection": "upgrade", "upgrade": PTTH.upgradeToken]
        upgrader.buildUpgradeResponse(
            channel: context.channel, upgradeRequest: head, initialResponseHeaders: initial
        )
        .hop(to: context.eventLoop).assumeIsolated().whenComplete { result in
            // The connection may have ended meanwhile.
            guard case .authorizing(_, let rest) = self.state else { return }
            switch (result, rest.first) {
            case (.failure, _):
                self.serveHTTP([.head(head)] + rest, context)
                context.fireChannelReadComplete()
            case (.success(let answer), nil):
                self.state = .authorized(head, answer: answer)
            case (.success(let answer), .end):
                self.openTunnel(head, answer, context)
            case (.success, _):
                self.fail(ChannelError.eof, context)
            }
        }
    }

    private func serveHTTP(_ parts: [HTTPServerRequestPart], _ context: ChannelHandlerContext) {
        do {
            let value = try serve(context.channel)
            state = .done
            served.succeed(value)
        } catch {
            return fail(error, context)
        }
        for part in parts { context.fireChannelRead(wrapInboundOut(part)) }
        context.pipeline.syncOperations.removeHandler(self, promise: nil)
    }

    /// Answers 101, and leaves nothing of HTTP/1.1 on the connection.
    private func openTunnel(_ head: HTTPRequestHead, _ answer: HTTPHeaders, _ context: ChannelHandlerContext) {
        state = .switching([])
        let pipeline = context.pipeline.syncOperations
        EventLoopFuture.andAllSucceed(others.map { pipeline.removeHandler($0) }, on: context.eventLoop)
            .assumeIsolated()
            .flatMap {
                let response = HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: answer)
                return context.writeAndFlush(self.wrapOutboundOut(.head(response)))
            }
            .flatMap { pipeline.removeHandler(self.encoder) }
            .flatMap { self.upgrader.upgrade(channel: context.channel, upgradeRequest: head) }
            .whenComplete { result in
                guard case .switching(let bytes) = self.state else { return }
                switch result {
                case .failure(let error):
                    self.fail(error, context)
                case .success(let value):
                    self.state = .done
                    self.served.succeed(value)
                    for data in bytes { context.fireChannelRead(data) }
                    context.fireChannelReadComplete()
                    pipeline.removeHandler(self, promise: nil)
                }
            }
    }

    private func fail(_ error: any Error, _ context: ChannelHandlerContext) {
        giveUp(error)
        context.close(promise: nil)
    }

    private func giveUp(_ error: any Error) {
        if case .done = state { return }
        state = .done
        served.fail(error)
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        switch (state, event as? ChannelEvent) {
        case (.done, _): context.fireUserInboundEventTriggered(event)
        case (_, .inputClosed): fail(ChannelError.inputClosed, context)
        default: context.fireUserInboundEventTriggered(event)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        giveUp(ChannelError.eof)
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        giveUp(ChannelError.eof)
    }
}
