import NIOCore
import Synchronization

/// What the caller and the loop share of one transfer. Everything else of it belongs to the loop's thread.
final class Exchange: Sendable {
    /// The answer as the loop hands it over.
    struct Answer: Sendable {
        /// Nil where the transfer was to end once it was connected.
        var head: ResponseHead?
        var body: Body
        var remoteAddress: String
        var isReused: Bool
        var timings: EgressTimings
        var certificateExpiry: Int64?

        enum Body: Sendable {
            case whole(ByteBuffer?)
            case streamed
        }
    }

    private struct State {
        var answer = AnswerChannel()
        var upload = UploadChannel()
        var isAbandoned = false
        var uploadError: (any Error)?
    }

    /// Asks the loop to look at this exchange again.
    private let notify: @Sendable (Exchange, EgressLoop.Request) -> Void
    private let state = Mutex(State())

    init(notify: @escaping @Sendable (Exchange, EgressLoop.Request) -> Void) { self.notify = notify }

    // MARK: The caller's side

    /// Waits for the answer's head.
    /// - Throws: `EgressError`.
    func answer() async throws -> Answer {
        try await withCheckedThrowingContinuation { waiter in
            let ready = state.withLock { $0.answer.wait(waiter) }
            if let ready { waiter.resume(with: ready.mapError { $0 as any Error }) }
        }
    }

    /// The next bytes of the body; nil at its end.
    /// - Throws: `EgressError`.
    @Sendable func next() async throws -> ByteBuffer? {
        try await withCheckedThrowingContinuation { waiter in
            let step = state.withLock { $0.answer.next(waiter) }
            switch step {
            case .wait: break
            case .give(let bytes, let resumes):
                if resumes { notify(self, .resumeAnswer) }
                waiter.resume(returning: bytes)
            case .fail(let error): waiter.resume(throwing: error)
            }
        }
    }

    /// The caller wants no more.
    func abandon() {
        state.withLock { $0.isAbandoned = true }
        notify(self, .abandon)
    }

    var isAbandoned: Bool { state.withLock { $0.isAbandoned } }

    /// Why the request's body could not be read, where that ended the transfer.
    var uploadError: (any Error)? { state.withLock { $0.uploadError } }

    /// Brings the request's body, one piece ahead of what has left.
    func upload(_ next: @Sendable () async throws -> ByteBuffer?) async {
        do {
            while let bytes = try await next() {
                if bytes.readableBytes > 0, await !offer(bytes) { return }
            }
            if state.withLock({ $0.upload.finish() }) { notify(self, .resumeUpload) }
        } catch {
            state.withLock { $0.uploadError = error }
            abandon()
        }
    }

    /// False where nobody wants it any more.
    private func offer(_ bytes: ByteBuffer) async -> Bool {
        await withCheckedContinuation { waiter in
            switch state.withLock({ $0.upload.offer(bytes, waiter) }) {
            case .wait(let resumes): if resumes { notify(self, .resumeUpload) }
            case .closed: waiter.resume(returning: false)
            }
        }
    }

    // MARK: The loop's side

    func deliver(_ answer: Answer) {
        state.withLock { $0.answer.deliver(answer) }?.resume(returning: answer)
    }

    /// Hands over bytes of a streamed body.
    /// - Returns: how many wait for the reader.
    func append(_ bytes: ByteBuffer) -> Int {
        let (waiter, count) = state.withLock { $0.answer.append(bytes) }
        waiter?.resume(returning: bytes)
        return count
    }

    /// The connection is paused until the reader has taken what waits.
    /// - Returns: false where nothing waits any more.
    func pause() -> Bool { state.withLock { $0.answer.pause() } }

    /// The transfer is over; with an error where it did not end well.
    func end(_ error: EgressError?) {
        let (waiters, uploader) = state.withLock { ($0.answer.end(error), $0.upload.close()) }
        uploader?.resume(returning: false)
        waiters.head?.resume(throwing: error ?? EgressError(.protocolError))
        if let error { waiters.body?.resume(throwing: error) } else { waiters.body?.resume(returning: nil) }
    }

    func takeUpload() -> UploadChannel.Taken {
        let (taken, waiter) = state.withLock { $0.upload.take() }
        waiter?.resume(returning: true)
        return taken
    }
}
