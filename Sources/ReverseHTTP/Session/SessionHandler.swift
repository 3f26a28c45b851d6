import CNGHTTP2
import Logging
import NIOCore
import NIOHTTP1
import Synchronization

/// Drives one nghttp2 session, in either role, on one channel. Everything here runs on the channel's event loop.
///
/// nghttp2 calls back from inside `nghttp2_session_mem_recv`; delegates are called from there and may submit frames,
/// which only queues them. What was queued in one event-loop turn leaves in one flush at its end.
///
/// Timers and queued closures hold it strongly, and end with it: a weak reference would make every retain of it, one
/// for each callback, take Swift's slow path.
final class SessionHandler: ChannelDuplexHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundIn = Never
    typealias OutboundOut = ByteBuffer

    enum Role {
        case client
        case server(ServerSession.RequestHandler)
    }

    let role: Role
    let configuration: SessionConfiguration
    let eventLoop: any EventLoop
    let gauge: SessionGauge
    let logger: Logger

    var session: OpaquePointer?
    var context: ChannelHandlerContext?
    var streams: [Int32: HTTP2Stream] = [:]
    var encoder = HeaderEncoder()
    var keepalive: Keepalive
    var budget: AbuseBudget
    var drain = Drain()
    /// Bytes received on all streams whose credit was not returned.
    var unconsumed = 0
    /// The buffer that nghttp2 is reading: DATA is handed on as slices of it.
    var reading = ByteBuffer()
    /// Set while nghttp2 is on the stack; freeing the session waits for it.
    var isInside = false
    var isFlushScheduled = false
    var violation: HTTP2ErrorCode?
    var goneAway = false
    /// Why the session ended, or will, in a few words; the first reason counts.
    private(set) var endReason: String?
    /// A GOAWAY for an error is on its way out: nothing comes after it.
    var endsAfterFlush = false
    var lastPeerStream: Int32 = 0
    /// Calls that want to know when a read turn is over.
    var turnEnders: [ClientCall] = []
    /// Streams whose queue has room again.
    var pendingWakes: [HTTP2Stream] = []
    private var progress: UInt64 = 0
    private var keepaliveTask: Scheduled<Void>?
    private var deadlineTask: Scheduled<Void>?
    private var drainTask: Scheduled<Void>?

    static let deadlineTick = TimeAmount.milliseconds(50)
    /// How much is gathered before it is handed to the channel.
    static let writeChunk = 64 << 10

    init(
        role: Role, configuration: SessionConfiguration, eventLoop: any EventLoop, gauge: SessionGauge, logger: Logger
    ) {
        self.role = role
        self.configuration = configuration
        self.eventLoop = eventLoop
        self.gauge = gauge
        self.logger = logger
        let now = configuration.now()
        self.keepalive = Keepalive(configuration.keepalive, now: now)
        self.budget = AbuseBudget(configuration.budgets, now: now)
    }

    deinit {
        if let session { nghttp2_session_del(session) }
    }

    var isServer: Bool {
        if case .server = role { true } else { false }
    }

    // MARK: channel

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
        if context.channel.isActive { start() }
    }

    func channelActive(context: ChannelHandlerContext) {
        start()
        context.fireChannelActive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        receive(unwrapInboundIn(data))
    }

    func channelReadComplete(context: ChannelHandlerContext) {
        if !turnEnders.isEmpty {
            let enders = turnEnders
            turnEnders.removeAll(keepingCapacity: true)
            for call in enders { call.turnEnded() }
        }
        context.fireChannelReadComplete()
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { flushNow() }
        context.fireChannelWritabilityChanged()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        note(endReason: "the connection failed: \(error)")
        logger.debug("tunnel connection failed", metadata: ["error": "\(error)"])
        context.close(promise: nil)
    }

    func channelInactive(context: ChannelHandlerContext) {
        stop()
        context.fireChannelInactive()
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        stop()
        self.context = nil
    }

    // MARK: life

    func note(endReason reason: String) { endReason = endReason ?? reason }

    private func start() {
        guard session == nil, violation == nil else { return }
        guard let session = NGHTTP2.makeSession(self, isServer: isServer) else {
            context?.close(promise: nil)
            return
        }
        self.session = session
        let settings = [
            nghttp2_settings_entry(
                settings_id: Int32(NGHTTP2_SETTINGS_MAX_CONCURRENT_STREAMS.rawValue),
                value: isServer ? UInt32(configuration.concurrentStreams) : 0),
            nghttp2_settings_entry(
                settings_id: Int32(NGHTTP2_SETTINGS_INITIAL_WINDOW_SIZE.rawValue),
                value: UInt32(configuration.streamWindow)),
            nghttp2_settings_entry(
                settings_id: Int32(NGHTTP2_SETTINGS_MAX_HEADER_LIST_SIZE.rawValue),
                value: UInt32(configuration.headerListBytes)),
            nghttp2_settings_entry(settings_id: Int32(NGHTTP2_SETTINGS_ENABLE_PUSH.rawValue), value: 0),
        ]
        // A server must not send ENABLE_PUSH other than 0, and need not send it at all.
        nghttp2_submit_settings(session, 0, settings, isServer ? 3 : 4)
        nghttp2_session_set_local_window_size(session, 0, 0, Int32(configuration.connectionWindow))
        scheduleFlush()
        tickKeepalive()
    }

    private func stop() {
        keepaliveTask?.cancel()
        deadlineTask?.cancel()
        drainTask?.cancel()
        let open = streams
        streams.removeAll()
        for stream in open.values { close(stream, reason: .sessionClosed) }
        gauge.ended()
        if let session, !isInside {
            self.session = nil
            nghttp2_session_del(session)
        }
    }

    /// Leaves: GOAWAY now, close when the streams in flight have ended or the grace is over.
    ///
    /// - Parameter grace: instead of the configured one.
    func startDrain(grace: TimeAmount? = nil) {
        let notice: TimeAmount = isServer ? configuration.drainNotice : .zero
        let grace = grace ?? configuration.drainGrace
        guard drain.start(notice: notice, grace: grace, now: configuration.now()) else { return checkDrain() }
        gauge.stopAccepting()
        if isServer, let session {
            // RFC 9113, section 6.8: first a GOAWAY that refuses nothing, so that no request on its way is lost.
            nghttp2_submit_shutdown_notice(session)
            scheduleFlush()
        }
        checkDrain()
    }

    /// Closes a drained session whose last stream has ended or whose grace is over.
    func checkDrain() {
        switch drain.check(streams: streams.count, now: configuration.now()) {
        case .wait(let until):
            drainTask?.cancel()
            drainTask = eventLoop.assumeIsolated().scheduleTask(deadline: until) { self.checkDrain() }
        case .goAway(let until):
            sendGoAway(.noError)
            drainTask?.cancel()
            drainTask = eventLoop.assumeIsolated().scheduleTask(deadline: until) { self.checkDrain() }
        case .close:
            closeAfterFlush()
        case .nothing:
            break
        }
    }

    func sendGoAway(_ code: HTTP2ErrorCode) {
        guard let session, !goneAway else { return }
        goneAway = true
        nghttp2_submit_goaway(
            session, UInt8(NGHTTP2_FLAG_NONE.rawValue), nghttp2_session_get_last_proc_stream_id(session),
            code.rawValue, nil, 0)
        scheduleFlush()
    }

    func closeAfterFlush() {
        flushNow()
        context?.close(promise: nil)
    }

    /// Closes the socket itself: TLS would wait five seconds for the farewell of a peer that is not there.
    private func abandon() {
        guard let context else { return }
        do {
            try context.pipeline.syncOperations.addHandler(SocketCloser(), position: .first)
        } catch {
            context.close(promise: nil)
        }
    }

    // MARK: reading

    private func receive(_ buffer: ByteBuffer) {
        guard let session, !isInside else { return }
        keepalive.received(now: configuration.now())
        reading = buffer
        isInside = true
        let consumed = buffer.withUnsafeReadableBytes { bytes in
            nghttp2_session_mem_recv(session, bytes.bindMemory(to: UInt8.self).baseAddress, bytes.count)
        }
        isInside = false
        reading = ByteBuffer()
        returnConnectionCredit()
        if let violation {
            terminate(violation)
        } else if consumed < 0 {
            terminate(NGHTTP2.errorCode(Int32(consumed)))
        } else if nghttp2_session_want_read(session) == 0, nghttp2_session_want_write(session) == 0 {
            closeAfterFlush()
        } else if nghttp2_session_want_write(session) != 0 {
            scheduleFlush()
        }
        if context == nil || context?.channel.isActive == false { stop() }
    }

    /// Ends the session for the peer's fault. nghttp2 sends no GOAWAY after a fatal error, so this writes the frame.
    func terminate(_ code: HTTP2ErrorCode) {
        violation = code
        note(endReason: "the peer broke the protocol: \(code)")
        gauge.stopAccepting()
        logger.warning("tunnel session ended for a protocol violation", metadata: ["code": "\(code)"])
        guard let context else { return }
        // What nghttp2 has queued (its own GOAWAY among it, where it sends one) goes first.
        flushNow()
        if !goneAway {
            goneAway = true
            var frame = context.channel.allocator.buffer(capacity: 17)
            frame.writeInteger(UInt8(0))
            frame.writeInteger(UInt16(8))
            frame.writeInteger(UInt8(NGHTTP2_GOAWAY.rawValue))
            frame.writeInteger(UInt8(0))
            frame.writeInteger(UInt32(0))
            frame.writeInteger(UInt32(bitPattern: lastPeerStream))
            frame.writeInteger(code.rawValue)
            context.writeAndFlush(wrapOutboundOut(frame), promise: nil)
        }
        context.close(promise: nil)
    }

    // MARK: writing

    /// Sends what was queued in this event-loop turn when the turn ends.
    func scheduleFlush() {
        guard !isFlushScheduled else { return }
        isFlushScheduled = true
        eventLoop.assumeIsolated().execute {
            self.isFlushScheduled = false
            self.flushNow()
        }
    }

    func flushNow() {
        guard let session, let context, !isInside else { return }
        var wrote = false
        var failed = false
        isInside = true
        var buffer = ByteBuffer()
        while context.channel.isWritable {
            var bytes: UnsafePointer<UInt8>?
            let count = nghttp2_session_mem_send(session, &bytes)
            guard count > 0, let bytes else {
                failed = count < 0
                break
            }
            if buffer.capacity == 0 { buffer = context.channel.allocator.buffer(capacity: max(1024, count)) }
            buffer.writeBytes(UnsafeBufferPointer(start: bytes, count: count))
            if buffer.readableBytes >= Self.writeChunk {
                context.write(wrapOutboundOut(buffer), promise: nil)
                wrote = true
                buffer = ByteBuffer()
            }
        }
        isInside = false
        if buffer.readableBytes > 0 {
            context.write(wrapOutboundOut(buffer), promise: nil)
            wrote = true
        }
        if wrote { context.flush() }
        if failed || endsAfterFlush { context.close(promise: nil) }
        wakeWriters()
    }

    /// Tells producers that their queue has room again.
    private func wakeWriters() {
        guard !pendingWakes.isEmpty else { return }
        let woken = pendingWakes
        pendingWakes.removeAll(keepingCapacity: true)
        for stream in woken where !stream.isClosed { stream.delegate?.streamBecameWritable(stream) }
    }

    /// Counts moments, so that streams can be ordered by when they last moved.
    func nextProgress() -> UInt64 {
        progress += 1
        return progress
    }

    // MARK: timers

    private func tickKeepalive() {
        guard session != nil else { return }
        let next: NIODeadline
        switch keepalive.tick(now: configuration.now()) {
        case .wait(let until):
            next = until
        case .ping(let number, let until):
            withUnsafeBytes(of: number.bigEndian) { bytes in
                _ = nghttp2_submit_ping(session, 0, bytes.bindMemory(to: UInt8.self).baseAddress)
            }
            scheduleFlush()
            next = until
        case .dead:
            note(endReason: "the peer was silent")
            logger.warning("tunnel peer is silent, connection given up")
            abandon()
            return
        }
        keepaliveTask = eventLoop.assumeIsolated().scheduleTask(deadline: next) { self.tickKeepalive() }
    }

    /// Sweeps streams with deadlines while there are any: cheaper than a timer for each call.
    func watchDeadlines() {
        guard deadlineTask == nil else { return }
        deadlineTask = eventLoop.assumeIsolated().scheduleTask(in: Self.deadlineTick) { self.sweepDeadlines() }
    }

    private func sweepDeadlines() {
        deadlineTask = nil
        let now = configuration.now()
        var waiting = false
        var expired: [HTTP2Stream] = []
        for stream in streams.values {
            guard let deadline = stream.deadline else { continue }
            if deadline <= now { expired.append(stream) } else { waiting = true }
        }
        for stream in expired {
            stream.deadline = nil
            stream.localReason = .timedOut
            submitReset(.cancel, on: stream)
            // At once: the reset cannot leave while the peer reads nothing, and the call waits for nobody.
            let delegate = stream.delegate
            stream.delegate = nil
            delegate?.streamClosed(stream, reason: .timedOut)
        }
        if waiting { watchDeadlines() }
    }
}
