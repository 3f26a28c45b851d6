import EgressPolicy
import HTTP1
import NIOCore
import NIOHTTP1
import ReverseHTTP

/// One call: a request stream of the tunnel on one side, an HTTP/1.1 exchange with an origin on the other. Both run on
/// one event loop, to which this is confined.
///
/// Neither side is read faster than the other is written: the origin is read only while the stream takes bytes, and
/// the stream's credit goes back only once the origin's socket has taken them.
final class Exchange: HTTP2StreamDelegate {
    private enum State {
        /// No connection yet.
        case connecting
        case awaitingHead
        case responding
        /// The caller has been answered, or told that there is no answer.
        case answered
    }

    /// Where this stands in its loop's list of live exchanges.
    var slot = -1
    private(set) var deadline = NIODeadline.distantFuture
    private(set) var record = AuditRecord()
    private(set) var outcome = Outcome.cancelled
    /// Whether the audit takes a line of this.
    private(set) var isRecorded = true

    private let loop: EgressLoop
    private let stream: HTTP2Stream
    private let started: NIODeadline
    private var state = State.connecting
    private var request: OriginRequest?
    private var permit: Permit?
    private var dial: OriginDial?
    private var connection: OriginConnection?
    private var response: OriginResponse?
    /// Body bytes that came before the connection was up; bounded by the stream's window.
    private var waiting: [ByteBuffer] = []
    private var requestEnded = false
    private var requestTrailers: HTTPHeaders?
    /// Bytes whose credit is owed to the peer.
    private var owed = 0
    private var isSent = false
    private var isRetried = false

    init(loop: EgressLoop, stream: HTTP2Stream, session: String) {
        self.loop = loop
        self.stream = stream
        started = .now()
        record.session = session
    }

    func start(_ head: RequestHead, endStream: Bool) {
        record.method = head.method
        record.path = AuditRecord.path(of: head.path)
        do throws(Failure) {
            guard loop.isAuditing else {
                // Not recorded either: it would wait for room before the calls that were made.
                isRecorded = false
                throw Failure(.internalError, "the connector's audit cannot be written")
            }
            let request = try OriginRequest(head, endStream: endStream)
            record.requestID = request.id
            record.parent = request.parent
            record.probe = request.probe?.rawValue
            if let left = request.deadline { deadline = started + left }
            let permit = try loop.permit(head, allowsEncodedSlashes: request.allowsEncodedSlashes)
            self.request = request
            self.permit = permit
            record.origin = permit.endpoint.text
            switch request.probe {
            case nil: connect(anew: false)
            // One that waits in the pool says nothing of whether another can be made.
            case .connect: connect(anew: true)
            case .policy: answerProbe()
            }
        } catch {
            if record.origin.isEmpty { record.origin = String("\(head.scheme)://\(head.authority)".prefix(512)) }
            fail(error)
        }
    }

    // MARK: the connection

    private func connect(anew: Bool) {
        guard let permit else { return }
        state = .connecting
        if !anew, let idle = takeIdle(at: nil, now: started) { return attach(idle, isReused: true) }
        var reused: OriginConnection?
        let dial = OriginDial(
            pool: loop.pool, endpoint: permit.endpoint, judge: permit.rule,
            reuse: { addresses in
                reused = anew ? nil : self.takeIdle(at: addresses, now: .now())
                return reused
            },
            completion: { result in
                self.dial = nil
                switch result {
                case .success(let connection): self.attach(connection, isReused: connection === reused)
                case .failure(let failure): self.fail(failure)
                }
            })
        self.dial = dial
        dial.start()
    }

    /// A connection that waits in the pool and may carry this call.
    ///
    /// - Parameter addresses: those of the origin's name, where they were just asked.
    private func takeIdle(at addresses: [IPAddress]?, now: NIODeadline) -> OriginConnection? {
        guard let permit, let request else { return nil }
        let isRepeatable = !request.hasBody && Methods.isIdempotent(request.method)
        return permit.endpoint.takeIdle(
            at: addresses, isRepeatable: isRepeatable, now: now, rule: { try? permit.rule(for: $0).get() })
    }

    private func attach(_ connection: OriginConnection, isReused: Bool) {
        guard let request else { return connection.close() }
        guard request.probe == nil else {
            record.address = connection.addressText
            record.rule = connection.rule
            // Not kept: an origin that serves one connection at a time would wait for a request on it.
            connection.close()
            return answerProbe()
        }
        self.connection = connection
        state = .awaitingHead
        isSent = true
        record.address = connection.addressText
        record.rule = connection.rule
        connection.begin(self, request, isReused: isReused)
        for bytes in waiting { connection.write(bytes, isChunked: request.isChunked) }
        waiting = []
        if requestEnded {
            if request.isChunked { connection.writeEnd(trailers: requestTrailers) }
            connection.flush()
            returnCredit()
        } else if request.hasBody {
            loop.flushAtTurnEnd(connection)
        }
    }

    /// What was asked for is so. The origin has got no request.
    private func answerProbe() {
        state = .answered
        outcome = .answered
        record.status = 204
        stream.respond(ResponseHead(status: 204, headers: [ProxyStatus.field: ProxyStatus().text]), endStream: true)
    }

    func connectionFailed(_ connection: OriginConnection, _ failure: Failure) {
        guard connection === self.connection else { return }
        self.connection = nil
        // A connection that waited in the pool may have been closed by its origin as the request left: nothing was
        // answered, and the request may be sent again without harm.
        if case .awaitingHead = state, connection.isReused, !connection.hasReceived, !isRetried, let request,
            !request.hasBody, Methods.isIdempotent(request.method)
        {
            isRetried = true
            return connect(anew: true)
        }
        fail(failure)
    }

    // MARK: the tunnel's side

    func stream(_ stream: HTTP2Stream, receivedData data: ByteBuffer) {
        let count = data.readableBytes
        record.requestBytes += count
        if let left = request?.remaining {
            // What goes beyond the length would be the beginning of a request nobody judged.
            guard count <= left else { return violated() }
            request?.remaining = left - count
        }
        switch state {
        case .connecting:
            owed += count
            waiting.append(data)
        case .awaitingHead, .responding:
            guard let connection, let request else { return stream.consume(count) }
            owed += count
            connection.write(data, isChunked: request.isChunked)
            loop.flushAtTurnEnd(connection)
        case .answered:
            stream.consume(count)
        }
    }

    func stream(_ stream: HTTP2Stream, receivedEnd trailers: HTTPHeaders?) {
        guard (request?.remaining ?? 0) == 0 else { return violated() }
        requestEnded = true
        requestTrailers = trailers
        guard let connection, let request else { return }
        if request.isChunked { connection.writeEnd(trailers: trailers) }
        if request.hasBody {
            loop.flushAtTurnEnd(connection)
        } else {
            connection.flush()
        }
    }

    func streamBecameWritable(_ stream: HTTP2Stream) {
        connection?.resumeReading()
    }

    func streamClosed(_ stream: HTTP2Stream, reason: StreamCloseReason) {
        if case .answered = state {
            if case .reset(_, byPeer: true) = reason { ended(.cancelled, "cancelled") }
            if case .sessionClosed = reason { ended(.cancelled, "session_closed") }
        } else {
            ended(.cancelled, reason == .sessionClosed ? "session_closed" : "cancelled")
        }
        state = .answered
        release()
        record.microseconds = Int((NIODeadline.now() - started).nanoseconds / 1000)
        loop.retire(self)
    }

    private func violated() {
        ended(.denied, Failure.Kind.requestError.name)
        state = .answered
        release()
        stream.reset(.protocolError)
    }

    // MARK: the origin's side

    /// Whether bytes of the origin can be passed on.
    var wantsBytes: Bool { stream.isWritable }

    func received(_ response: OriginResponse) {
        guard case .awaitingHead = state, let request else { return }
        if case .length(let count) = response.framing, count > loop.responseLimit {
            return fail(Failure(.bodyTooLarge, "more than limits.response_bytes"))
        }
        self.response = response
        state = .responding
        if request.deadlineEndsAtHead { deadline = .distantFuture }
        record.status = response.status
        record.upstreamStatus = response.status
        stream.respond(status: response.status, fields: response.fields, endStream: response.framing == .none)
    }

    func received(_ bytes: ByteBuffer) {
        guard case .responding = state else { return }
        record.responseBytes += bytes.readableBytes
        guard record.responseBytes <= loop.responseLimit else {
            return fail(Failure(.bodyTooLarge, "more than limits.response_bytes"))
        }
        stream.write(bytes)
    }

    func receivedEnd(_ trailers: FieldBlock?) {
        guard case .responding = state, let response else { return }
        state = .answered
        outcome = .answered
        if response.framing != .none { stream.end(trailers: trailers) }
        guard let connection else { return }
        self.connection = nil
        if response.isReusable, requestEnded, !connection.isDirty {
            connection.finishExchange()
        } else {
            connection.close()
        }
    }

    func originBecameWritable() {
        returnCredit()
    }

    /// Gives back the credit of what the origin's socket has taken.
    func returnCredit() {
        guard owed > 0, let connection, connection.isWritable else { return }
        let bytes = owed
        owed = 0
        stream.consume(bytes)
    }

    // MARK: ends

    func deadlinePassed() {
        fail(Failure(.responseTimeout, "the deadline passed"))
    }

    private func fail(_ failure: Failure) {
        let last = state
        if case .answered = last { return }
        state = .answered
        ended(failure.kind.outcome, failure.kind.name)
        release()
        if case .responding = last {
            // The relay tells a deadline by its code; its own may be a moment later.
            stream.reset(failure.kind == .responseTimeout ? .cancel : .internalError)
        } else {
            record.isDenied = failure.kind.outcome == .denied
            record.status = failure.status
            record.upstreamStatus = failure.receivedStatus
            let headers: HTTPHeaders = [
                ProxyStatus.field: failure.proxyStatus(isSent: isSent).text, "content-length": "0",
            ]
            stream.respond(ResponseHead(status: failure.status, headers: headers), endStream: true)
        }
    }

    private func ended(_ outcome: Outcome, _ error: String) {
        self.outcome = outcome
        record.error = error
    }

    /// Whatever still works for this call stops.
    private func release() {
        dial?.cancel()
        dial = nil
        connection?.close()
        connection = nil
        waiting = []
    }
}
