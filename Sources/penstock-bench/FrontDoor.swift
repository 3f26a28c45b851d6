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
                try channel.pipeline.syncOperations.addHandler(Dump())
                sessions.value.add(try ClientSession(on: channel, logger: Bench.quiet))
            }
        }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if early != nil {
            early?.append(data)
            Bench.say("early")
            return
        }
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break
        case .end:
            Bench.say("end")
            early = []
            // Not from inside the decoder's own read: it would hand on the request once more as bytes left over.
            context.eventLoop.assumeIsolated().execute { self.open(context) }
        }
    }

    private func open(_ context: ChannelHandlerContext) {
        Bench.say("open")
        guard let head else { return context.close(promise: nil) }
        let pipeline = context.pipeline.syncOperations
        let initial: HTTPHeaders = ["connection": "upgrade", "upgrade": PTTH.upgradeToken]
        upgrader.buildUpgradeResponse(channel: context.channel, upgradeRequest: head, initialResponseHeaders: initial)
            .assumeIsolated()
            .flatMap { headers in
                let response = HTTPResponseHead(version: .http1_1, status: .switchingProtocols, headers: headers)
                return context.writeAndFlush(self.wrapOutboundOut(.head(response)))
            }
            .flatMap {
                Bench.say("removing")
                return pipeline.removeHandler(self.decoder)
            }
            .flatMap {
                Bench.say("removed")
                return pipeline.removeHandler(self.encoder)
            }
            .flatMap { self.upgrader.upgrade(channel: context.channel, upgradeRequest: head) }
            .whenComplete { result in
                guard case .success = result else { return context.close(promise: nil) }
                for data in self.early ?? [] {
                    Bench.say("hand")
                    context.fireChannelRead(data)
                }
                context.fireChannelReadComplete()
                pipeline.removeHandler(self, promise: nil)
            }
    }
}

final class Dump: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = ByteBuffer
    var n = 0
    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if n < 6 {
            Bench.say("in  " + unwrapInboundIn(data).hexDump(format: .compact))
            n += 1
        }
        context.fireChannelRead(data)
    }
    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if n < 6 {
            Bench.say("out " + unwrapOutboundIn(data).hexDump(format: .compact))
            n += 1
        }
        context.write(data, promise: promise)
    }
    func channelInactive(context: ChannelHandlerContext) {
        Bench.say("inactive")
        context.fireChannelInactive()
    }
}
