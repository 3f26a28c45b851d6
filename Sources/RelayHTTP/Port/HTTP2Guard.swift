import NIOCore

/// Closes an HTTP/2 connection whose preface or header block takes too long, and one that is silent both ways for very
/// long, as a peer is that answers neither GOAWAY nor PING (T15). Sits between TLS and the HTTP/2 handler.
final class HTTP2Guard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let limits: PortLimits
    private var watch = HTTP2HeadWatch()
    private var headTimer: Scheduled<Void>?
    private var silenceTimer: Scheduled<Void>?
    private var isActive = false

    init(limits: PortLimits) {
        self.limits = limits
    }

    func handlerAdded(context: ChannelHandlerContext) {
        startHeadTimer(context)
        startSilenceTimer(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        isActive = true
        let wasWaiting = watch.isWaiting
        watch.received(unwrapInboundIn(data).readableBytesView)
        if watch.isWaiting, !wasWaiting {
            startHeadTimer(context)
        } else if !watch.isWaiting, wasWaiting {
            headTimer?.cancel()
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        isActive = true
        context.write(data, promise: promise)
    }

    func channelInactive(context: ChannelHandlerContext) {
        stop()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        stop()
    }

    private func stop() {
        headTimer?.cancel()
        silenceTimer?.cancel()
    }

    private func startHeadTimer(_ context: ChannelHandlerContext) {
        headTimer = context.eventLoop.assumeIsolated().scheduleTask(in: limits.head) {
            context.close(promise: nil)
        }
    }

    private func startSilenceTimer(_ context: ChannelHandlerContext) {
        silenceTimer = context.eventLoop.assumeIsolated().scheduleTask(in: limits.silence) {
            guard self.isActive else { return context.close(promise: nil) }
            self.isActive = false
            self.startSilenceTimer(context)
        }
    }
}
