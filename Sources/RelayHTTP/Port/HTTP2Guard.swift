import NIOCore
import ReverseHTTP

/// Closes an HTTP/2 connection whose preface or header block takes too long, one that sends more frames than its
/// requests need, one that does not read, and one that is silent both ways for very long, as a peer is that answers
/// neither GOAWAY nor PING (T15). Sits between TLS and the HTTP/2 handler.
final class HTTP2Guard: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let limits: PortLimits
    private var watch = HTTP2FrameWatch(isClient: true)
    private var answers = HTTP2FrameWatch(isClient: false)
    private var budget: HTTP2FrameBudget
    private var lastStream: UInt32 = 0
    private var headTimer: Scheduled<Void>?
    private var silenceTimer: Scheduled<Void>?
    private var unwrittenTimer: Scheduled<Void>?
    private var isActive = false
    private var hasGone = false
    private var context: ChannelHandlerContext?
    /// The frame that was sent last.
    private(set) var lastSent: UInt8?

    init(limits: PortLimits) {
        self.limits = limits
        self.budget = HTTP2FrameBudget(now: .now())
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        startHeadTimer(context)
        startSilenceTimer(context)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard !hasGone else { return }
        isActive = true
        let wasWaiting = watch.isWaiting
        let now = NIODeadline.now()
        var isWithin = true
        watch.received(unwrapInboundIn(data).readableBytesView) { frame in
            if frame.kind == HTTP2FrameWatch.Kind.headers { lastStream = max(lastStream, frame.stream) }
            isWithin = isWithin && budget.received(frame, now: now)
        }
        guard isWithin else { return leave(.enhanceYourCalm) }
        if watch.isWaiting, !wasWaiting {
            startHeadTimer(context)
        } else if !watch.isWaiting, wasWaiting {
            headTimer?.cancel()
        }
        context.fireChannelRead(data)
    }

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        isActive = true
        answers.received(unwrapOutboundIn(data).readableBytesView) { frame in
            lastSent = frame.kind
            budget.sent(frame)
        }
        context.write(data, promise: promise)
    }

    /// Ends the connection for the client's fault, and says so (RFC 9113, section 5.4.1).
    func leave(_ code: HTTP2ErrorCode) {
        guard let context, !hasGone else { return }
        hasGone = true
        var frame = context.channel.allocator.buffer(capacity: 17)
        frame.writeInteger(UInt8(0))
        frame.writeInteger(UInt16(8))
        frame.writeInteger(HTTP2FrameWatch.Kind.goAway)
        frame.writeInteger(UInt8(0))
        frame.writeInteger(UInt32(0))
        frame.writeInteger(lastStream)
        frame.writeInteger(code.rawValue)
        context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
        context.close(promise: nil)
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        unwrittenTimer?.cancel()
        if !context.channel.isWritable {
            unwrittenTimer = context.eventLoop.assumeIsolated().scheduleTask(in: limits.unwritten) {
                context.closePastTLS()
            }
        }
        context.fireChannelWritabilityChanged()
    }

    func channelInactive(context: ChannelHandlerContext) {
        stop()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        stop()
        self.context = nil
    }

    private func stop() {
        headTimer?.cancel()
        silenceTimer?.cancel()
        unwrittenTimer?.cancel()
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
