import NIOCore
import Synchronization

/// The receiver of a call that is awaited: it is called wherever something happens, and asks for a body piece by piece.
final class AnswerWaiter: EgressReceiver, Sendable {
    private struct State {
        var answer: EgressAnswer?
        var answerWaiter: (@Sendable (Result<EgressAnswer, EgressError>) -> Void)?
        var bodyWaiter: CheckedContinuation<ByteBuffer?, any Error>?
        var uploadWaiter: CheckedContinuation<Bool, Never>?
        var end: Result<Void, EgressError>?
        var uploadError: (any Error)?
        var upload: Task<Void, Never>?
    }

    private let call: EgressCall
    private let state = Mutex(State())

    init(_ call: EgressCall) {
        self.call = call
        call.hand(to: self)
    }

    /// Waits for the answer's head. Once.
    /// - Throws: `EgressError`.
    func answer() async throws -> EgressAnswer {
        try await withCheckedThrowingContinuation { waiter in
            whenAnswered { waiter.resume(with: $0.mapError { $0 as any Error }) }
        }
    }

    /// Calls `answered` once, with the answer's head or with the error that prevented it. Calls it before returning if the
    /// result is known by then.
    func whenAnswered(_ answered: @escaping @Sendable (Result<EgressAnswer, EgressError>) -> Void) {
        let ready = state.withLock { state -> Result<EgressAnswer, EgressError>? in
            if let answer = state.answer { return .success(answer) }
            if let end = state.end { return .failure(Self.error(end)) }
            state.answerWaiter = answered
            return nil
        }
        if let ready { answered(ready) }
    }

    /// The answer as ``EgressClient/send(_:started:handle:)`` hands it over.
    func response(_ answer: EgressAnswer) -> EgressResponse {
        let body: EgressResponseBody =
            switch answer.body {
            case .whole(let bytes): .whole(bytes)
            case .streamed: .streamed(next: next)
            }
        return EgressResponse(
            status: answer.status, httpVersion: answer.httpVersion, headers: answer.headers, body: body,
            remoteAddress: answer.remoteAddress, isReused: answer.isReused, timings: answer.timings,
            certificateExpiry: answer.certificateExpiry)
    }

    /// Brings the request's body in a task of its own, which ends with the exchange.
    func startUpload(_ next: @escaping @Sendable () async throws -> ByteBuffer?) {
        let task = Task { await upload(next) }
        let isOver = state.withLock { state in
            state.upload = task
            return state.end != nil
        }
        if isOver { task.cancel() }
    }

    /// The next bytes of the body; nil at its end. One reader at a time: a second gets an error.
    /// - Throws: `EgressError`.
    @Sendable func next() async throws -> ByteBuffer? {
        try await withCheckedThrowingContinuation { waiter in
            let ready = state.withLock { state -> Result<ByteBuffer?, any Error>? in
                guard state.bodyWaiter == nil else { return .failure(EgressError(.cancelled, sent: true)) }
                if let end = state.end { return end.map { nil }.mapError { $0 } }
                state.bodyWaiter = waiter
                return nil
            }
            if let ready { waiter.resume(with: ready) } else { call.resume() }
        }
    }

    /// Why the request's body could not be read, where that ended the transfer.
    var uploadError: (any Error)? { state.withLock { $0.uploadError } }

    /// Brings the request's body, one piece ahead of what has left.
    func upload(_ next: @Sendable () async throws -> ByteBuffer?) async {
        do {
            while let bytes = try await next() {
                if bytes.readableBytes > 0, await !offer(bytes) { return }
            }
            call.finish()
        } catch {
            // Once the exchange is over, what ends the upload is that.
            state.withLock { if $0.end == nil { $0.uploadError = error } }
            call.cancel()
        }
    }

    /// - Returns: false when the exchange has ended, so that no more of the body is needed.
    private func offer(_ bytes: ByteBuffer) async -> Bool {
        await withCheckedContinuation { waiter in
            let isOver = state.withLock { state in
                if state.end == nil { state.uploadWaiter = waiter }
                return state.end != nil
            }
            if isOver { return waiter.resume(returning: false) }
            if !call.send(bytes) { takeUploadWaiter()?.resume(returning: false) }
        }
    }

    private func takeUploadWaiter() -> CheckedContinuation<Bool, Never>? {
        state.withLock { state in
            defer { state.uploadWaiter = nil }
            return state.uploadWaiter
        }
    }

    private static func error(_ end: Result<Void, EgressError>) -> EgressError {
        if case .failure(let error) = end { error } else { EgressError(.protocolError, sent: true) }
    }

    // MARK: What comes

    func egressAnswered(_ answer: EgressAnswer) {
        if case .streamed = answer.body { call.pause() }
        let waiter = state.withLock { state in
            state.answer = answer
            defer { state.answerWaiter = nil }
            return state.answerWaiter
        }
        waiter?(.success(answer))
    }

    func egressReceived(_ bytes: ByteBuffer) {
        call.pause()
        let waiter = state.withLock { state in
            defer { state.bodyWaiter = nil }
            return state.bodyWaiter
        }
        waiter?.resume(returning: bytes)
    }

    func egressWantsBody() { takeUploadWaiter()?.resume(returning: true) }

    func egressEnded(_ error: EgressError?) {
        let end = error.map { Result<Void, EgressError>.failure($0) } ?? .success(())
        let (answer, body, upload, task) = state.withLock { state in
            state.end = end
            defer { (state.answerWaiter, state.bodyWaiter, state.uploadWaiter, state.upload) = (nil, nil, nil, nil) }
            return (state.answerWaiter, state.bodyWaiter, state.uploadWaiter, state.upload)
        }
        task?.cancel()
        answer?(.failure(Self.error(end)))
        if let error { body?.resume(throwing: error) } else { body?.resume(returning: nil) }
        upload?.resume(returning: false)
    }
}
