import NIOCore

/// Whether a request's head is under way on an HTTP/1.1 connection.
struct HeadClock {
    enum Action: Equatable {
        case nothing
        case start
        case stop
    }

    private enum State {
        /// The connection's first head: the time since the handshake counts.
        case first
        case between
        case head
        case body
    }

    private var state = State.first

    /// Whether a head has been seen whole.
    private(set) var hasSeenHead = false

    mutating func began() -> Action { .start }

    mutating func receivedBytes() -> Action {
        guard case .between = state else { return .nothing }
        state = .head
        return .start
    }

    mutating func receivedHead() -> Action {
        state = .body
        hasSeenHead = true
        return .stop
    }

    mutating func receivedEnd() -> Action {
        state = .between
        return .nothing
    }
}

/// Closes an HTTP/1.1 connection on which a request's head takes too long (T15). Sits before the decoder, where bytes
/// are seen; ``RequestGuard`` behind the decoder tells it of heads and ends.
final class HeadDeadline: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    private let limit: TimeAmount
    private var clock = HeadClock()
    private var timer: Scheduled<Void>?
    private var context: ChannelHandlerContext?

    init(limit: TimeAmount) {
        self.limit = limit
    }

    var hasSeenHead: Bool { clock.hasSeenHead }

    func receivedHead() { perform(clock.receivedHead()) }
    func receivedEnd() { perform(clock.receivedEnd()) }

    private func perform(_ action: HeadClock.Action) {
        switch action {
        case .nothing:
            break
        case .start:
            timer?.cancel()
            timer = context?.eventLoop.assumeIsolated().scheduleTask(in: limit) { [weak self] in
                self?.context?.close(promise: nil)
            }
        case .stop:
            timer?.cancel()
            timer = nil
        }
    }

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        perform(clock.began())
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        perform(.stop)
        self.context = nil
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        perform(clock.receivedBytes())
        context.fireChannelRead(data)
    }

    func channelInactive(context: ChannelHandlerContext) {
        perform(.stop)
        context.fireChannelInactive()
    }
}
