import NIOCore
import NIOHTTP1
import ReverseHTTP

/// Makes a tunnel of a connection by its first request, as ``PTTHUpgrader`` says; closes what asks for anything else.
final class FrontDoor: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    let encoder = HTTPResponseEncoder()
    let decoder = ByteToMessageHandler(HTTPRequestDecoder(leftOverBytesStrategy: .forwardBytes))
    private let upgrader: PTTHUpgrader<Void, Void>
    private var head: HTTPRequestHead?
    /// Set once the request is over: what comes then is the tunnel's.
    private var early: [NIOAny]?

    init(token: String, sessions: FrontSessions, eventLoop: any EventLoop) {
        let sessions = NIOLoopBound(sessions, eventLoop: eventLoop)
        upgrader = PTTHUpgrader(eventLoop: eventLoop) { head, channel in
            head.headers.first(name: "authorization") == "Bearer \(token)"
                ? channel.eventLoop.makeSucceededVoidFuture()
                : channel.eventLoop.makeFailedFuture(PTTH.NotATunnelRequest())
        } upgraded: { channel, _, _ in
            channel.eventLoop.makeCompletedFuture {
                sessions.value.add(try ClientSession(on: channel, logger: Bench.quiet))
            }
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if early != nil {
            early?.append(data)
            return
        }
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break
        case .end:
            early = []
            // Not from inside the decoder's own read: it would hand on the request once more as bytes left over.
            context.eventLoop.assumeIsolated().execute { self.open(context) }
        }
    }

    private func open(_ context: ChannelHandlerContext) {
        guard let head else { return context.close(promise: nil) }
        let pipeline = context.pipeline.syncOperations
        let initial: HTTPHeaders = ["connection": "upgrade", "upgrade": PTTH.upgradeToken]
        upgrader.buildUpgradeResponse(channel: context.channel, upgradeRequest: head, initialResponseHeaders: initial)
            .assumeIsolated()
            .flatMap { headers in
                let response = HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: headers)
                return context.writeAndFlush(self.wrapOutboundOut(.head(response)))
            }
            .flatMap { pipeline.removeHandler(self.decoder) }
            .flatMap { pipeline.removeHandler(self.encoder) }
            .flatMap { self.upgrader.upgrade(channel: context.channel, upgradeRequest: head) }
            .whenComplete { result in
                guard case .success = result else { return context.close(promise: nil) }
                for data in self.early ?? [] { context.fireChannelRead(data) }
                context.fireChannelReadComplete()
                pipeline.removeHandler(self, promise: nil)
            }
    }
}
