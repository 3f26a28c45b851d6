package import NIOCore
package import NIOHTTP1
import Synchronization

/// One call in flight on a ``ClientSession``, seen from a task: bodies stream both ways with back-pressure.
///
/// The loop's side is the stream's delegate; the task's side meets it in one lock.
package final class ClientCall: HTTP2StreamDelegate, Sendable {
    enum FirstBody: Sendable {
        case none
        case whole(ByteBuffer)
        case streamed
    }

    /// A response up to this size with a known length is handed over whole, where the call's deadline is for all of it.
    static let wholeLimit = 64 << 10

    private struct State {
        var head: ResponseHead?
        var chunks = CircularBuffer<ByteBuffer>(initialCapacity: 2)
        var buffered = 0
        var trailers: HTTPHeaders?
        var ended = false
        var failure: StreamError?
        /// The head was handed over.
        var delivered = false
        /// The head may wait for a small body: the deadline does.
        var awaitsBody = true
        /// Bytes handed to the reader whose credit goes back when it asks for more.
        var owed = 0
        var isWritable = true
        var responseWaiter: (@Sendable (Result<Response, StreamError>) -> Void)?
        var chunkWaiter: UnsafeContinuation<Result<ByteBuffer?, StreamError>, Never>?
        var writeWaiter: UnsafeContinuation<StreamError?, Never>?
    }

    private let eventLoop: any EventLoop
    private let state = Mutex(State())
    /// No piece of a body has a time limit of its own.
    private let isPatient = Atomic<Bool>(true)
    private let loop: NIOLoopBoundBox<Loop>

    private struct Loop {
        var stream: HTTP2Stream?
        var handler: SessionHandler?
        var cancelled = false
    }

    init(eventLoop: any EventLoop) {
        self.eventLoop = eventLoop
        self.loop = .makeBoxSendingValue(Loop(), eventLoop: eventLoop)
    }

    // MARK: task's side

    /// The response; call once.
    package func response() async throws(StreamError) -> Response {
        try await response {}
    }

    func response(start: () -> Void) async throws(StreamError) -> Response {
        let result = await withTaskCancellationHandler {
            await withUnsafeContinuation { (continuation: UnsafeContinuation<Result<Response, StreamError>, Never>) in
                whenResponse { continuation.resume(returning: $0) }
                start()
            }
        } onCancel: {
            cancel()
        }
        return try result.get()
    }

    /// Calls `body` once with the response: on the session's event loop, or at once where it is there by now. As
    /// ``response()`` for who does not wait in a task; call one of them, once.
    package func whenResponse(_ body: @escaping @Sendable (Result<Response, StreamError>) -> Void) {
        let ready = state.withLock { state -> Result<Response, StreamError>? in
            if let ready = readyResponse(&state, atTurnEnd: true) { return ready }
            state.responseWaiter = body
            return nil
        }
        if let ready { body(ready) }
    }

    /// The next bytes of a streamed response, or nil at its end. Asking for more says that what was handed over
    /// before has left, and returns its credit.
    package func next() async throws(StreamError) -> ByteBuffer? {
        let result = await withTaskCancellationHandler {
            await withUnsafeContinuation {
                (continuation: UnsafeContinuation<Result<ByteBuffer?, StreamError>, Never>) in
                var credit = 0
                let ready = state.withLock { state -> Result<ByteBuffer?, StreamError>? in
                    if state.owed >= 16 << 10 || state.chunks.isEmpty {
                        credit = state.owed
                        state.owed = 0
                    }
                    if let ready = readyChunk(&state) { return ready }
                    state.chunkWaiter = continuation
                    return nil
                }
                let waits = ready == nil && !isPatient.load(ordering: .relaxed)
                if credit > 0 || waits {
                    let bytes = credit
                    eventLoop.execute {
                        self.loop.value.stream?.consume(bytes)
                        // The piece may have come by now.
                        if waits, self.state.withLock({ $0.chunkWaiter != nil }) { self.limitWait() }
                    }
                }
                if let ready { continuation.resume(returning: ready) }
            }
        } onCancel: {
            cancel()
        }
        return try result.get()
    }

    /// The response's trailers, known once ``next()`` has returned nil.
    package var trailers: HTTPHeaders? {
        state.withLock { $0.trailers }
    }

    /// Writes bytes of the request's body; returns when more may be written.
    package func write(_ buffer: ByteBuffer) async throws(StreamError) {
        let failure = await withTaskCancellationHandler {
            await withUnsafeContinuation { (continuation: UnsafeContinuation<StreamError?, Never>) in
                eventLoop.execute {
                    self.loop.value.stream?.write(buffer)
                    if self.state.withLock({ $0.head == nil }) { self.limitWait() }
                    let writable = self.loop.value.stream?.isWritable ?? true
                    let (ready, failure) = self.state.withLock { state -> (Bool, StreamError?) in
                        state.isWritable = writable
                        if let failure = state.failure { return (true, failure) }
                        if writable || state.ended { return (true, nil) }
                        state.writeWaiter = continuation
                        return (false, nil)
                    }
                    if ready { continuation.resume(returning: failure) }
                }
            }
        } onCancel: {
            cancel()
        }
        if let failure { throw failure }
    }

    /// Ends the request's body.
    package func finish(trailers: HTTPHeaders? = nil) {
        eventLoop.execute { self.loop.value.stream?.end(trailers: trailers) }
    }

    /// Resets the stream; whoever waits hears ``StreamError/Code/cancelled``.
    package func cancel() {
        eventLoop.execute {
            self.loop.value.cancelled = true
            if let stream = self.loop.value.stream {
                stream.reset(.cancel)
                self.fail(.init(.cancelled, sent: true, wireCode: .cancel))
            } else {
                self.fail(.init(.cancelled, sent: false))
            }
        }
    }

    // MARK: loop's side

    /// Somebody waits for the next piece, or for room to write it: not for ever.
    private func limitWait() {
        guard let stream = loop.value.stream, let handler = loop.value.handler, let idle = stream.idle else { return }
        stream.deadline = handler.configuration.now() + idle
        handler.watchDeadlines()
    }

    func begin(
        _ session: ClientSession, _ handler: SessionHandler, _ head: RequestHead, _ body: FirstBody,
        deadline: CallDeadline?, isReserved: Bool
    ) {
        guard !loop.value.cancelled else {
            if isReserved { session.release() }
            return fail(.init(.cancelled, sent: false))
        }
        if let deadline, deadline.endsAtHead { state.withLock { $0.awaitsBody = false } }
        do throws(StreamError) {
            let endStream = if case .none = body { true } else { false }
            let stream = try session.open(
                head, endStream: endStream, deadline: deadline, isReserved: isReserved, delegate: self)
            loop.value.stream = stream
            loop.value.handler = handler
            if deadline?.idle != nil { isPatient.store(false, ordering: .relaxed) }
            if case .whole(let bytes) = body {
                stream.write(bytes)
                stream.end()
            }
        } catch {
            fail(error)
        }
    }

    package func stream(_ stream: HTTP2Stream, receivedHead head: ResponseHead) {
        state.withLock { $0.head = head }
        loop.value.handler?.turnEnders.append(self)
    }

    /// What waits for its reader beyond this many bytes is copied out of the large buffers it came in.
    private static let compactAbove = 32 << 10

    package func stream(_ stream: HTTP2Stream, receivedData data: ByteBuffer) {
        let waiter = state.withLock { state -> UnsafeContinuation<Result<ByteBuffer?, StreamError>, Never>? in
            guard let waiter = state.chunkWaiter else {
                let isWaste = state.buffered > Self.compactAbove && data.storageCapacity > 2 * data.readableBytes
                state.chunks.append(isWaste ? ByteBuffer(bytes: data.readableBytesView) : data)
                state.buffered += data.readableBytes
                return nil
            }
            state.chunkWaiter = nil
            state.owed += data.readableBytes
            return waiter
        }
        // The wait is over; the next one sets its own limit.
        if waiter != nil, stream.idle != nil { stream.deadline = nil }
        waiter?.resume(returning: .success(data))
    }

    package func stream(_ stream: HTTP2Stream, receivedEnd trailers: HTTPHeaders?) {
        wake { state in
            state.trailers = trailers
            state.ended = true
        }
    }

    package func streamBecameWritable(_ stream: HTTP2Stream) {
        let waiter = state.withLock { state -> UnsafeContinuation<StreamError?, Never>? in
            state.isWritable = true
            defer { state.writeWaiter = nil }
            return state.writeWaiter
        }
        waiter?.resume(returning: nil)
    }

    package func streamClosed(_ stream: HTTP2Stream, reason: StreamCloseReason) {
        loop.value.stream = nil
        loop.value.handler = nil
        wake { state in
            // A body that ended, but not without a head: whatever the peer said, there is an answer or a failure.
            guard !state.ended || state.head == nil else { return }
            state.failure = state.failure ?? StreamError(reason)
            // We broke it off: nobody is to have what its reader left lying.
            if case .reset(_, byPeer: false) = reason { state.chunks.removeAll(keepingCapacity: false) }
        }
    }

    /// The read turn that brought the head is over: hand over what there is, unless the rest is small and known.
    func turnEnded() {
        wake(atTurnEnd: true) { _ in }
    }

    private func fail(_ error: StreamError) {
        wake { $0.failure = $0.failure ?? error }
    }

    /// Changes the state, and resumes whoever can go on because of it.
    private func wake(atTurnEnd: Bool = false, _ change: (inout State) -> Void) {
        let resumptions = state.withLock { state -> (() -> Void, () -> Void, () -> Void) in
            change(&state)
            var first: () -> Void = {}
            var second: () -> Void = {}
            var third: () -> Void = {}
            if let waiter = state.responseWaiter, let ready = readyResponse(&state, atTurnEnd: atTurnEnd) {
                state.responseWaiter = nil
                first = { waiter(ready) }
            }
            if let waiter = state.chunkWaiter, let ready = readyChunk(&state) {
                state.chunkWaiter = nil
                second = { waiter.resume(returning: ready) }
            }
            if state.failure != nil || state.ended, let waiter = state.writeWaiter {
                let failure = state.failure
                state.writeWaiter = nil
                third = { waiter.resume(returning: failure) }
            }
            return (first, second, third)
        }
        resumptions.0()
        resumptions.1()
        resumptions.2()
    }

    private func readyResponse(_ state: inout State, atTurnEnd: Bool) -> Result<Response, StreamError>? {
        guard let head = state.head, !state.delivered else { return state.failure.map { .failure($0) } }
        if state.ended, state.buffered <= Self.wholeLimit {
            state.delivered = true
            var whole: ByteBuffer?
            for chunk in state.chunks {
                guard whole != nil else {
                    whole = chunk
                    continue
                }
                whole?.writeImmutableBuffer(chunk)
            }
            return .success(Response(head: head, body: .whole(whole, trailers: state.trailers)))
        }
        if let failure = state.failure { return .failure(failure) }
        guard atTurnEnd || state.buffered > Self.wholeLimit else { return nil }
        // A body whose small length is known comes whole; anything else is handed over as it comes.
        if state.awaitsBody, !state.ended,
            let length = head.headers.first(name: "content-length").flatMap({ Int($0) }), length <= Self.wholeLimit
        {
            return nil
        }
        state.delivered = true
        return .success(Response(head: head, body: .streamed(self)))
    }

    private func readyChunk(_ state: inout State) -> Result<ByteBuffer?, StreamError>? {
        if let chunk = state.chunks.popFirst() {
            state.buffered -= chunk.readableBytes
            state.owed += chunk.readableBytes
            return .success(chunk)
        }
        if state.ended { return .success(nil) }
        return state.failure.map { .failure($0) }
    }
}
