package import Logging
package import NIOCore

/// A session in which we ask: the relay's end of a tunnel.
package final class ClientSession: Sendable {
    package let channel: any Channel
    package let eventLoop: any EventLoop
    private let handler: NIOLoopBound<SessionHandler>
    private let gauge: SessionGauge

    /// Adds the session to the end of the channel's pipeline; call on its event loop.
    package init(on channel: any Channel, configuration: SessionConfiguration = .defaults, logger: Logger) throws {
        let gauge = SessionGauge()
        let session = SessionHandler(
            role: .client, configuration: configuration, eventLoop: channel.eventLoop, gauge: gauge, logger: logger)
        self.channel = channel
        self.eventLoop = channel.eventLoop
        self.gauge = gauge
        self.handler = NIOLoopBound(session, eventLoop: channel.eventLoop)
        try channel.pipeline.syncOperations.addHandler(session)
    }

    package var closeFuture: EventLoopFuture<Void> { channel.closeFuture }

    /// Streams open or reserved; any thread.
    package var callsInFlight: Int { gauge.streams }

    /// Whether new calls may start here: false once either side leaves; any thread.
    package var isAccepting: Bool { gauge.isAccepting }

    /// Streams the peer lets us have open at once; any thread.
    package var peerStreamLimit: Int { gauge.peerStreamLimit }

    /// The last measured round trip; any thread.
    package var roundTrip: TimeAmount? { gauge.roundTrip }

    /// Takes one of the peer's stream slots for a ``start(_:isReserved:)`` that follows; false when there is none.
    package func reserve() -> Bool { gauge.reserve() }

    /// Gives back a slot that was reserved and not used.
    package func release() { gauge.streamEnded() }

    /// Calls `listener`, on the loop, whenever a slot may have become free.
    package func onSlotFreed(_ listener: @escaping @Sendable () -> Void) { gauge.onSlotFreed(listener) }

    /// Calls `listener` once when the peer says GOAWAY.
    package func onPeerLeaving(_ listener: @escaping @Sendable () -> Void) { gauge.onPeerLeaving(listener) }

    /// Opens a stream; on the event loop only.
    package func open(
        _ head: RequestHead, endStream: Bool, deadline: CallDeadline? = nil, isReserved: Bool = false,
        delegate: any HTTP2StreamDelegate
    ) throws(StreamError) -> HTTP2Stream {
        if !isReserved { gauge.streamOpened() }
        do {
            let handler = self.handler.value
            let stream = try handler.open(head, endStream: endStream, delegate: delegate)
            if let deadline {
                stream.deadline = deadline.time
                stream.deadlineEndsAtHead = deadline.endsAtHead
                stream.idle = deadline.idle
                handler.watchDeadlines()
            }
            return stream
        } catch {
            gauge.streamEnded()
            throw error
        }
    }

    /// A call that is yet to be sent.
    package func makeCall() -> ClientCall { ClientCall(eventLoop: eventLoop) }

    /// Starts a call whose body, if `hasBody`, is written to the returned call.
    package func start(
        _ head: RequestHead, hasBody: Bool, deadline: CallDeadline? = nil, isReserved: Bool = false
    ) -> ClientCall {
        let call = ClientCall(eventLoop: eventLoop)
        let body: ClientCall.FirstBody = hasBody ? .streamed : .none
        eventLoop.execute {
            call.begin(self, self.handler.value, head, body, deadline: deadline, isReserved: isReserved)
        }
        return call
    }

    /// Sends a request and returns its response: whole, where it is small and arrives at once, else as its body
    /// streams in. A task that is cancelled resets the stream.
    ///
    /// - Throws: ``StreamError``, which says whether the request can have been processed.
    ///
    /// - Parameter call: one from ``makeCall()``, for who wants to cancel it from elsewhere.
    package func send(_ request: Request, on call: ClientCall? = nil) async throws(StreamError) -> Response {
        let call = call ?? makeCall()
        return try await call.response {
            self.eventLoop.execute {
                let body: ClientCall.FirstBody = request.body.map { .whole($0) } ?? .none
                call.begin(
                    self, self.handler.value, request.head, body, deadline: request.deadline,
                    isReserved: request.isReserved)
            }
        }
    }

    /// Sends a request on a call from ``makeCall()``, as ``send(_:on:)`` for who does not wait in a task.
    ///
    /// - Parameter answered: called once, on the session's event loop.
    package func send(
        _ request: Request, on call: ClientCall,
        answered: @escaping @Sendable (Result<Response, StreamError>) -> Void
    ) {
        call.whenResponse(answered)
        let begin: @Sendable () -> Void = {
            let body: ClientCall.FirstBody = request.body.map { .whole($0) } ?? .none
            call.begin(
                self, self.handler.value, request.head, body, deadline: request.deadline,
                isReserved: request.isReserved)
        }
        if eventLoop.inEventLoop { begin() } else { eventLoop.execute(begin) }
    }

    /// Says GOAWAY, lets calls in flight finish within the grace, then closes.
    package func drain() {
        eventLoop.execute { self.handler.value.startDrain() }
    }

    /// Closes at once.
    package func close() {
        channel.close(promise: nil)
    }
}
