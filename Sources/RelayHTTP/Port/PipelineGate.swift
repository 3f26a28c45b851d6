import NIOCore

/// Stands before the HTTP/1.1 decoder and lets one request through at a time (RFC 9112, section 9.3.2).
///
/// What comes behind a request that is not answered stays here as bytes, where it costs no more than itself, and while
/// there is any nothing more is read. After a connection's last answer it throws away what still comes, within bounds.
/// ``RequestGuard`` behind the decoder says which it is.
final class PipelineGate: ChannelDuplexHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer
    typealias OutboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private enum State {
        case open
        case shut
        case discarding(Linger)
    }

    /// How many bytes the decoder is given at once where a head may come: a few short requests, at most.
    static let headPiece = 1024
    /// How many where the end of a body is not known beforehand.
    static let chunkedPiece = 16 << 10

    /// How many bytes the decoder is given at once; what a request's body still lacks, where that is known.
    var piece = PipelineGate.headPiece

    private var state = State.open
    private var held = ByteBuffer()
    private var isReadWanted = false
    private var context: ChannelHandlerContext?
    private var timer: Scheduled<Void>?

    /// Whether bytes wait for ``open()``.
    var isHolding: Bool { held.readableBytes > 0 }

    /// Lets nothing more through: a request has ended.
    func shut() {
        if case .open = state { state = .shut }
    }

    /// The request is answered: the next one may come.
    func open() {
        guard case .shut = state else { return }
        state = .open
        guard let context else { return }
        feed(context)
        readIfWanted(context)
    }

    /// Throws away what still comes until `linger` is over, then closes the socket.
    func discard(_ linger: Linger) {
        if case .discarding = state { return }
        state = .discarding(linger)
        guard let context else { return }
        let count = held.readableBytes
        held = ByteBuffer()
        received(count, context)
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

    private func feed(_ context: ChannelHandlerContext) {
        while case .open = state, let bytes = held.readSlice(length: min(max(1, piece), held.readableBytes)),
            bytes.readableBytes > 0
        {
            context.fireChannelRead(wrapInboundOut(bytes))
        }
        if held.readableBytes == 0 { held = ByteBuffer() }
    }

    private func received(_ count: Int, _ context: ChannelHandlerContext) {
        guard case .discarding(var linger) = state else { return }
        let goesOn = linger.received(count, now: .now())
        state = .discarding(linger)
        if !goesOn { context.closePastTLS() }
    }

    private func watch(_ deadline: NIODeadline, _ context: ChannelHandlerContext) {
        timer?.cancel()
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: deadline) {
            guard case .discarding(let linger) = self.state else { return }
            if linger.deadline <= .now() { context.closePastTLS() } else { self.watch(linger.deadline, context) }
        }
    }

    private func readIfWanted(_ context: ChannelHandlerContext) {
        guard isReadWanted, !isHolding else { return }
        isReadWanted = false
        context.read()
    }

    // MARK: channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        timer?.cancel()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        if case .discarding = state { return received(bytes.readableBytes, context) }
        if isHolding { held.writeBuffer(&bytes) } else { held = bytes }
        feed(context)
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        context.fireChannelReadComplete()
        // Whoever serves requests here has stopped asking for more.
        if case .discarding = state { context.read() }
    }

    func read(context: ChannelHandlerContext) {
        if isHolding { isReadWanted = true } else { context.read() }
    }

    /// Hands what it holds on, to whatever the connection becomes.
    func removeHandler(context: ChannelHandlerContext, removalToken: ChannelHandlerContext.RemovalToken) {
        if isHolding {
            context.fireChannelRead(wrapInboundOut(held))
            held = ByteBuffer()
        }
        readIfWanted(context)
        context.leavePipeline(removalToken: removalToken)
    }
}
