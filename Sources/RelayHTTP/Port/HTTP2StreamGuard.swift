import NIOCore
import NIOHTTP2

/// Ends one stream so that its answer arrives whole, though the request has not been read to its end: reads on within
/// bounds, then resets the stream with NO_ERROR (RFC 9113, section 8.1). First in a stream's pipeline.
final class HTTP2StreamGuard: ChannelDuplexHandler {
    typealias InboundIn = HTTP2Frame.FramePayload
    typealias InboundOut = HTTP2Frame.FramePayload
    typealias OutboundIn = HTTP2Frame.FramePayload
    typealias OutboundOut = HTTP2Frame.FramePayload

    private enum Answer {
        case awaited
        /// Its end is written, and waits for the client's windows.
        case written
        case left
    }

    private let limits: PortLimits
    private var answer = Answer.awaited
    private var isRequestWhole = false
    private var linger: Linger?
    private var timer: Scheduled<Void>?
    private var writes: WriteWatch?

    init(limits: PortLimits) {
        self.limits = limits
    }

    /// What puts a guard at the head of a stream's pipeline, where Hummingbird adds handlers elsewhere.
    final class Installer: ChannelInboundHandler, RemovableChannelHandler {
        typealias InboundIn = Any
        private let limits: PortLimits

        init(limits: PortLimits) {
            self.limits = limits
        }

        func handlerAdded(context: ChannelHandlerContext) {
            let pipeline = context.pipeline.syncOperations
            do {
                try pipeline.addHandler(HTTP2StreamGuard(limits: limits), position: .first)
            } catch {
                context.close(promise: nil)
            }
            pipeline.removeHandler(self, promise: nil)
        }
    }

    func handlerAdded(context: ChannelHandlerContext) {
        writes = WriteWatch(limit: limits.unwritten) { context.close(promise: nil) }
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        stop()
        writes = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        stop()
        context.fireChannelInactive()
    }

    private func stop() {
        timer?.cancel()
        writes?.stop()
    }

    // MARK: the request

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let payload = unwrapInboundIn(data)
        var count = 0
        switch payload {
        case .headers(let headers): isRequestWhole = isRequestWhole || headers.endStream
        case .data(let body):
            isRequestWhole = isRequestWhole || body.endStream
            if case .byteBuffer(let bytes) = body.data { count = bytes.readableBytes }
        default: break
        }
        guard linger != nil else { return context.fireChannelRead(data) }
        if linger?.received(count, now: .now()) == false, !isRequestWhole { reset(context) }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        // Whoever serves the request has stopped asking for more.
        if linger != nil { context.read() }
    }

    // MARK: the answer

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        let isLast: Bool
        switch unwrapOutboundIn(data) {
        case .headers(let headers): isLast = headers.endStream
        case .data(let body): isLast = body.endStream
        default: isLast = false
        }
        guard let writes else { return context.write(data, promise: promise) }
        let written = writes.track(promise, on: context.eventLoop)
        if isLast {
            answer = .written
            written.futureResult.assumeIsolated().whenSuccess {
                self.answer = .left
                self.readOn(context)
            }
        }
        context.write(data, promise: written)
    }

    private func readOn(_ context: ChannelHandlerContext) {
        guard !isRequestWhole, context.channel.isActive else { return }
        let linger = Linger(limits, now: .now())
        self.linger = linger
        watch(linger.deadline, context)
        context.read()
    }

    private func watch(_ deadline: NIODeadline, _ context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
            guard let linger = self.linger, !self.isRequestWhole else { return }
            if linger.deadline <= .now() { self.reset(context) } else { self.watch(linger.deadline, context) }
        }
    }

    private func reset(_ context: ChannelHandlerContext) {
        timer?.cancel()
        context.writeAndFlush(wrapOutboundOut(.rstStream(.noError)), promise: nil)
    }

    /// A stream that is closed while its answer waits would lose it.
    func close(context: ChannelHandlerContext, mode: CloseMode, promise: EventLoopPromise<Void>?) {
        let isWaiting = answer == .written || answer == .left && !isRequestWhole
        guard isWaiting, context.channel.isActive else { return context.close(mode: mode, promise: promise) }
        context.channel.closeFuture.cascade(to: promise)
    }
}
