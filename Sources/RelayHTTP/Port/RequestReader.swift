import HTTP1
import NIOCore
import NIOHTTP1

/// Reads the requests of an HTTP/1.1 connection, and no further than one of them (RFC 9112, section 9.3.2).
///
/// What comes behind a request that is not answered stays here as bytes, where it costs no more than itself, and while
/// there is any nothing more is read from the socket. A head has a deadline (T15). After a connection's last answer the
/// reader throws away what still comes, within bounds. ``RequestGuard``, the next handler, says which of these it is.
final class RequestReader: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = HTTPServerRequestPart
    typealias OutboundIn = HTTPServerResponsePart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        case reading
        /// Behind a request's end, until ``proceed()``.
        case paused
        /// What came is no request.
        case failed
        case discarding(Linger)
    }

    private let limit: TimeAmount
    private var state = State.reading
    private var decoder: RequestDecoder
    private var clock = HeadClock()
    private var headTimer: Scheduled<Void>?
    private var lingerTimer: Scheduled<Void>?
    private var isReadWanted = false
    private var context: ChannelHandlerContext?

    init(limits: PortLimits) {
        limit = limits.head
        decoder = RequestDecoder(
            limits: .init(
                headBytes: limits.headerBytes, fieldBytes: limits.headerFieldBytes, fields: limits.headerFields))
    }

    /// Whether bytes wait for ``proceed()``.
    var isHolding: Bool {
        if case .paused = state { decoder.unread > 0 } else { false }
    }

    /// Whether a head has been seen whole.
    var hasSeenHead: Bool { clock.hasSeenHead }

    /// The request is answered: the next one may come.
    func proceed() {
        guard case .paused = state else { return }
        state = .reading
        guard decoder.unread > 0, let context else { return }
        deliver(context)
        context.fireChannelReadComplete()
        readIfWanted(context)
    }

    private func deliver(_ context: ChannelHandlerContext) {
        do throws(RequestFault) {
            while case .reading = state, let part = try decoder.next() {
                switch part {
                case .head: perform(clock.receivedHead())
                case .body: break
                case .end:
                    state = .paused
                    perform(clock.receivedEnd())
                }
                context.fireChannelRead(wrapInboundOut(part))
            }
            // The clock of a head that has come at once need not be started.
            if case .reading = state, decoder.isInHead { perform(clock.receivedBytes()) }
        } catch {
            state = .failed
            context.fireErrorCaught(error)
        }
    }

    private func readIfWanted(_ context: ChannelHandlerContext) {
        guard isReadWanted, !isHolding else { return }
        isReadWanted = false
        context.read()
    }

    // MARK: the head's time

    private func perform(_ action: HeadClock.Action) {
        switch action {
        case .nothing:
            break
        case .start:
            headTimer?.cancel()
            headTimer = context?.eventLoop.assumeIsolated().scheduleTask(in: limit) { [weak self] in
                self?.context?.close(promise: nil)
            }
        case .stop:
            headTimer?.cancel()
            headTimer = nil
        }
    }

    // MARK: after the last answer

    /// Throws away what still comes until `linger` is over, then closes the socket.
    func discard(_ linger: Linger) {
        if case .discarding = state { return }
        state = .discarding(linger)
        perform(.stop)
        guard let context else { return }
        received(decoder.takeRest().readableBytes, context)
        watch(linger.deadline, context)
        context.read()
    }

    /// Ends the reading soon, because the server is leaving.
    func hurry() {
        guard case .discarding(var linger) = state, let context else { return }
        linger.hurry(now: .now())
        state = .discarding(linger)
        watch(linger.deadline, context)
    }

    private func received(_ count: Int, _ context: ChannelHandlerContext) {
        guard case .discarding(var linger) = state else { return }
        let goesOn = linger.received(count, now: .now())
        state = .discarding(linger)
        if !goesOn { context.closePastTLS() }
    }

    private func watch(_ deadline: NIODeadline, _ context: ChannelHandlerContext) {
        lingerTimer?.cancel()
        lingerTimer = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
            guard case .discarding(let linger) = self.state else { return }
            if linger.deadline <= .now() { context.closePastTLS() } else { self.watch(linger.deadline, context) }
        }
    }

    // MARK: channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        perform(clock.began())
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        stop()
        self.context = nil
    }

    private func stop() {
        perform(.stop)
        lingerTimer?.cancel()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = unwrapInboundIn(data)
        switch state {
        case .reading:
            decoder.append(bytes)
            deliver(context)
        case .paused: decoder.append(bytes)
        case .failed: break
        case .discarding: received(bytes.readableBytes, context)
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        // Whoever serves requests here has stopped asking for more.
        if case .discarding = state { context.read() }
    }

    func read(context: ChannelHandlerContext) {
        if isHolding { isReadWanted = true } else { context.read() }
    }

    func channelInactive(context: ChannelHandlerContext) {
        stop()
        // Whoever reads a body must not take what came of it for all of it.
        if case .reading = state, let fault = decoder.faultOfEnd {
            state = .failed
            context.fireErrorCaught(fault)
        }
        context.fireChannelInactive()
    }

    /// Hands what it holds on, to whatever the connection becomes.
    func removeHandler(context: ChannelHandlerContext, removalToken: ChannelHandlerContext.RemovalToken) {
        if decoder.unread > 0 { context.fireChannelRead(NIOAny(decoder.takeRest())) }
        readIfWanted(context)
        context.leavePipeline(removalToken: removalToken)
    }
}
