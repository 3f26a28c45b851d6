import NIOCore

/// The same for callers who wait in a task: a receiver that turns what comes into answers to whoever awaits it.
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

    private func run<Result: Sendable>(
        _ request: EgressRequest, _ call: EgressCall, _ waiter: AnswerWaiter,
        _ handle: (EgressResponse) async throws -> Result
    ) async throws -> Result {
        try await withTaskCancellationHandler {
            begin(request, call)
            defer { call.cancel() }
            let answer = try await waiter.answer()
            let body: EgressResponseBody =
                switch answer.body {
                case .whole(let bytes): .whole(bytes)
                case .streamed: .streamed(next: waiter.next)
                }
            return try await handle(
                EgressResponse(
                    status: answer.status, httpVersion: answer.httpVersion, headers: answer.headers, body: body,
                    remoteAddress: answer.remoteAddress, isReused: answer.isReused, timings: answer.timings,
                    certificateExpiry: answer.certificateExpiry))
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
