package import NIOCore

/// Requests for callers that await the answer in a task, and for callers on an event loop that get it in a closure.
extension EgressClient {
    /// Sends one request and returns what `handle` makes of the answer, whose head is known by then.
    ///
    /// When `handle` returns or throws, whatever is left of the exchange is given up, and so it is when the task is
    /// cancelled.
    ///
    /// - Parameter started: gets what ends the exchange from elsewhere.
    /// - Throws: ``EgressError``, what `handle` throws, or what the request's streamed body throws.
    package func send<Result: Sendable>(
        _ request: EgressRequest, started: (@escaping @Sendable () -> Void) -> Void = { _ in },
        handle: (EgressResponse) async throws -> Result
    ) async throws -> Result {
        let call = makeCall(on: nil)
        let waiter = AnswerWaiter(call)
        started { call.cancel() }
        guard case .streamed(let length, let next) = request.body else {
            return try await run(request, call, waiter, handle)
        }
        var request = request
        request.body = .pushed(length: length)
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { await waiter.upload(next) }
            defer { group.cancelAll() }
            do {
                return try await run(request, call, waiter, handle)
            } catch {
                // A body that ends because the task is cancelled is not what went wrong.
                throw Task.isCancelled ? error : waiter.uploadError ?? error
            }
        }
    }

    /// Sends one request, for who is on an event loop.
    ///
    /// - Parameter answered: called once, on `loop`: with the answer as soon as its head is known, or with an
    ///   ``EgressError`` or what the request's streamed body throws.
    /// - Returns: what gives the exchange up. Whoever gets an answer with a streamed body owes it that, or reads it to its end.
    package func send(
        _ request: EgressRequest, on loop: any EventLoop,
        answered: @escaping @Sendable (Result<EgressResponse, any Error>) -> Void
    ) -> EgressCall {
        let call = makeCall(on: loop)
        let waiter = AnswerWaiter(call)
        waiter.whenAnswered { result in
            answered(result.map { waiter.response($0) }.mapError { waiter.uploadError ?? $0 })
        }
        var request = request
        if case .streamed(let length, let next) = request.body {
            request.body = .pushed(length: length)
            waiter.startUpload(next)
        }
        begin(request, call)
        return call
    }

    private func run<Result: Sendable>(
        _ request: EgressRequest, _ call: EgressCall, _ waiter: AnswerWaiter,
        _ handle: (EgressResponse) async throws -> Result
    ) async throws -> Result {
        try await withTaskCancellationHandler {
            begin(request, call)
            defer { call.cancel() }
            let answer = try await waiter.answer()
            return try await handle(waiter.response(answer))
        } onCancel: {
            call.cancel()
        }
    }

    /// Makes the connection that a request would leave on, TLS included, and closes it: nothing of the request is sent.
    /// The same names, addresses, limits and guard count as for the request itself.
    ///
    /// - Parameters:
    ///   - request: has no body.
    ///   - started: as in ``send(_:started:handle:)``.
    /// - Throws: ``EgressError``.
    package func connect(
        _ request: EgressRequest, started: (@escaping @Sendable () -> Void) -> Void = { _ in }
    ) async throws -> EgressConnection {
        let call = makeCall(on: nil)
        let waiter = AnswerWaiter(call)
        started { call.cancel() }
        return try await withTaskCancellationHandler {
            begin(request, call, endsOnceConnected: true)
            let answer = try await waiter.answer()
            return EgressConnection(
                remoteAddress: answer.remoteAddress, timings: answer.timings,
                certificateExpiry: answer.certificateExpiry)
        } onCancel: {
            call.cancel()
        }
    }
}
