import NIOCore
import NIOHTTP1
import Pipeline

/// Offers each request of a connection, or of an HTTP/2 stream, to the front's services, and leaves what none of them takes
/// to the router behind it. Also closes a connection that is idle: the one place that sees all of its requests.
final class FrontHandler<Wire: FrontWire>: ChannelDuplexHandler, RemovableChannelHandler, FrontClient {
    typealias InboundIn = Wire.Inbound
    typealias InboundOut = Wire.Inbound
    typealias OutboundIn = Wire.Outbound
    typealias OutboundOut = Wire.Outbound

    private let services: [any FrontService]
    private var context: ChannelHandlerContext?
    /// Kept when the handler has left its pipeline, for exchanges that end later.
    private var loop: (any EventLoop)?
    /// The request that is being served here, until it is answered.
    private var exchange: (any FrontExchange)?
    /// The present request is served here: its parts go no further.
    private var isOurs = false
    private var isRequestWhole = false
    private var isAnswered = false
    /// Nothing but its head may leave (RFC 9110, section 9.3.2).
    private var isOfHead = false
    private var isAwaitingContinue = false
    private var isReading = true
    private var wantsRead = false
    /// The server is leaving, which those behind are told once our answer is written.
    private var quiescing: Any?
    private var idle: IdleClock
    private var timer: Scheduled<Void>?
    private(set) lazy var watch = CallerWatch()

    init(_ services: [any FrontService], idle: TimeAmount) {
        self.services = services
        self.idle = IdleClock(limit: idle, now: .now())
    }

    // MARK: requests

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch Wire.part(unwrapInboundIn(data)) {
        case .head(let request):
            idle.requestBegan(.now())
            guard !serve(request) else { return }
            context.fireChannelRead(data)
        case .body(let bytes):
            idle.receivedBody(.now())
            guard isOurs else { return context.fireChannelRead(data) }
            if !isAnswered { exchange?.received(bytes) }
        case .end:
            idle.requestEnded(.now())
            guard isOurs else { return context.fireChannelRead(data) }
            isRequestWhole = true
            if !isAnswered { exchange?.receivedEnd() }
            endIfOver()
        }
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if isOurs, !isAnswered, !isRequestWhole { exchange?.receivedAll() }
        context.fireChannelReadComplete()
    }

    private func serve(_ request: FrontRequest) -> Bool {
        isOurs = true
        isRequestWhole = false
        isAnswered = false
        isReading = true
        isOfHead = request.method == "HEAD"
        isAwaitingContinue = request.headers.first(name: "expect")?.lowercased() == "100-continue"
        for service in services {
            guard let exchange = service.serve(request, for: self) else { continue }
            if !isAnswered { self.exchange = exchange }
            return true
        }
        isOurs = false
        return false
    }

    /// The exchange is over once it is answered and the request has been heard out.
    private func endIfOver() {
        guard isOurs, isAnswered, isRequestWhole else { return }
        isOurs = false
        guard let event = quiescing else { return }
        quiescing = nil
        context?.fireUserInboundEventTriggered(event)
    }

    func read(context: ChannelHandlerContext) {
        if isReading { context.read() } else { wantsRead = true }
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        exchange?.writabilityChanged()
        context.fireChannelWritabilityChanged()
    }

    // MARK: the router's answers

    func write(context: ChannelHandlerContext, data: NIOAny, promise: EventLoopPromise<Void>?) {
        if Wire.isEnd(unwrapOutboundIn(data)) { idle.answered(.now()) }
        context.write(data, promise: promise)
    }

    // MARK: the client's side

    var eventLoop: any EventLoop {
        guard let loop else { preconditionFailure("requests come only once the handler is in a pipeline") }
        return loop
    }

    var isWritable: Bool { context?.channel.isWritable ?? false }

    func askForBody() {
        guard isAwaitingContinue, !isAnswered, let context else { return }
        isAwaitingContinue = false
        context.writeAndFlush(wrapOutboundOut(Wire.head(100, [:])), promise: nil)
    }

    func read(_ isWanted: Bool) {
        isReading = isWanted
        guard isWanted, wantsRead else { return }
        wantsRead = false
        context?.read()
    }

    func begin(_ status: Int, _ headers: HTTPHeaders) {
        context?.write(wrapOutboundOut(Wire.head(status, headers)), promise: nil)
    }

    func write(_ bytes: ByteBuffer) {
        guard !isOfHead else { return }
        context?.write(wrapOutboundOut(Wire.body(bytes)), promise: nil)
    }

    func flush() { context?.flush() }

    func end() {
        guard !isAnswered else { return }
        isAnswered = true
        exchange = nil
        idle.answered(.now())
        context?.writeAndFlush(wrapOutboundOut(Wire.end), promise: nil)
        // What is left of the request is read past.
        read(true)
        endIfOver()
    }

    func abort() {
        isAnswered = true
        context?.close(promise: nil)
    }

    // MARK: the connection

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        loop = context.eventLoop
        watchIdle(context)
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        leave()
        self.context = nil
    }

    func channelInactive(context: ChannelHandlerContext) {
        leave()
        context.fireChannelInactive()
    }

    private func leave() {
        timer?.cancel()
        timer = nil
        let exchange = exchange
        self.exchange = nil
        exchange?.clientLeft()
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event is ChannelShouldQuiesceEvent, isOurs {
            quiescing = event
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    private func watchIdle(_ context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(deadline: idle.deadline(.now())) {
            // A client whose request is not read has no chance to send more of it.
            if !self.isReading { self.idle.receivedBody(.now()) }
            if self.idle.isOver(.now()) { context.close(promise: nil) } else { self.watchIdle(context) }
        }
    }
}

/// Whether a connection is of use: it is not once nothing has come for a while, save where a request that has come is being
/// answered. Pure.
struct IdleClock {
    private let limit: TimeAmount
    private var last: NIODeadline
    private var requests = 0
    private var isRequestComing = false

    init(limit: TimeAmount, now: NIODeadline) {
        self.limit = limit
        last = now
    }

    /// When ``isOver(_:)`` has to be asked next.
    func deadline(_ now: NIODeadline) -> NIODeadline { isBeingAnswered ? now + limit : max(now, last + limit) }

    private var isBeingAnswered: Bool { requests > 0 && !isRequestComing }

    mutating func requestBegan(_ now: NIODeadline) {
        requests += 1
        isRequestComing = true
        last = now
    }

    mutating func receivedBody(_ now: NIODeadline) { last = now }

    mutating func requestEnded(_ now: NIODeadline) {
        isRequestComing = false
        last = now
    }

    mutating func answered(_ now: NIODeadline) {
        requests = max(0, requests - 1)
        last = now
    }

    func isOver(_ now: NIODeadline) -> Bool { !isBeingAnswered && now >= last + limit }
}
