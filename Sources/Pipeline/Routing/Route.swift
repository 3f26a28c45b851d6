package import Audit
package import Failure
package import NIOCore
package import NIOHTTP1
import NIOPosix

/// A way to an API: through its user's tunnel, or directly.
package protocol Route: Sendable {
    /// Sends one request. Called on `loop`.
    ///
    /// - Parameter answered: called once, on `loop`, with the answer as soon as its head is known, or with the ``CallFailure``
    ///   where the API has not answered. Whoever gets an answer owes it ``InboundResponse/giveUp``.
    /// - Returns: what ends the exchange before it is answered.
    func start(
        _ request: OutboundRequest, on loop: any EventLoop,
        answered: @escaping (Result<InboundResponse, CallFailure>) -> Void
    ) -> any RouteExchange

    /// Tries the way that a request would take, without calling the API.
    ///
    /// - Parameters:
    ///   - request: names method and target as they are judged. Nothing else of it leaves; it has no body.
    ///   - depth: how much of the way is tried.
    /// - Throws: ``CallFailure``, as the request itself would have failed.
    func probe(_ request: OutboundRequest, _ depth: ProbeDepth, watch: CallerWatch) async throws -> ProbeAnswer
}

/// A request that is under way. Confined to the event loop that it was started on.
package protocol RouteExchange: AnyObject {
    /// The caller has left: ends the exchange, which fails with `CANCELLED`. Nothing happens once it has been answered.
    func cancel()
}

/// How much of the way to an API a probe tries.
package enum ProbeDepth: Sendable, Hashable {
    /// Whether the connector's own policy allows the request. On the direct route there is none to ask.
    case policy
    /// Also whether the API's name resolves, and a connection comes up: TCP, and TLS where it is HTTPS.
    case connect
}

/// What became of a probe that did not fail.
package enum ProbeAnswer: Sendable, Hashable {
    /// All that was tried is well.
    case passed(ProbePassed)
    /// The connector is of a version that would take it for a call: it was not asked.
    case notUnderstood
}

package struct ProbePassed: Sendable, Hashable {
    package var route: AuditRecord.Route
    /// When the certificate that the API showed ends, where it was just seen: microseconds since 1970.
    package var certificateEnds: Int64?

    package init(route: AuditRecord.Route, certificateEnds: Int64? = nil) {
        self.route = route
        self.certificateEnds = certificateEnds
    }
}

/// An API's answer.
package struct InboundResponse: Sendable {
    package var status: Int
    package var headers: HTTPHeaders
    package var body: InboundBody
    /// How it came, for the audit.
    package var route: AuditRecord.Route
    /// When the certificate that the API showed ends, where it was just seen: microseconds since 1970.
    package var certificateEnds: Int64?
    /// Gives up whatever is left of the exchange, where ``body`` is streamed; to be called when nothing more is wanted of
    /// it. Any thread, any number of times.
    package var giveUp: @Sendable () -> Void = {}

    package init(status: Int, headers: HTTPHeaders, body: InboundBody, route: AuditRecord.Route) {
        self.status = status
        self.headers = headers
        self.body = body
        self.route = route
    }
}

/// An answer's body.
package enum InboundBody: Sendable {
    /// It has arrived whole.
    case whole(ByteBuffer?)
    /// It is still coming. Asking for more says that what was handed over has left; nil is the end.
    case streamed(next: @Sendable () async throws -> ByteBuffer?)
}

extension Route {
    /// Sends one request and returns what `handle` makes of the answer, whose head is known by then: for who waits in a
    /// task.
    ///
    /// When `handle` returns or throws, whatever is left of the exchange is given up, and so it is when the task is
    /// cancelled or the caller leaves.
    ///
    /// - Throws: ``CallFailure`` where the API has not answered, and what `handle` throws.
    package func send<Result: Sendable>(
        _ request: OutboundRequest, watch: CallerWatch, handle: (InboundResponse) async throws -> Result
    ) async throws -> Result {
        let loop = MultiThreadedEventLoopGroup.currentEventLoop ?? MultiThreadedEventLoopGroup.singleton.any()
        let waited = WaitedExchange(loop)
        watch.attach { waited.cancel() }
        defer { watch.detach() }
        let response = try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                waited.begin { [self] answered in
                    start(request, on: loop) { result in
                        continuation.resume(with: result.mapError { $0 as any Error })
                        answered()
                    }
                }
            }
        } onCancel: {
            waited.cancel()
        }
        watch.attach { response.giveUp() }
        defer { response.giveUp() }
        return try await handle(response)
    }
}

/// An exchange that a task waits for and that may be cancelled from any thread.
private final class WaitedExchange: Sendable {
    private struct State {
        var exchange: (any RouteExchange)?
        var isOver = false
        var isCancelled = false
    }

    private let loop: any EventLoop
    private let state: NIOLoopBoundBox<State>

    init(_ loop: any EventLoop) {
        self.loop = loop
        state = .makeBoxSendingValue(State(), eventLoop: loop)
    }

    /// - Parameter start: begins the exchange on the loop, and calls what it is given when that is over.
    func begin(_ start: @escaping @Sendable (_ answered: @escaping () -> Void) -> any RouteExchange) {
        loop.execute { [self] in
            let exchange = start { [self] in
                state.value.isOver = true
                state.value.exchange = nil
            }
            guard !state.value.isOver else { return }
            if state.value.isCancelled { exchange.cancel() } else { state.value.exchange = exchange }
        }
    }

    func cancel() {
        loop.execute { [self] in
            state.value.isCancelled = true
            state.value.exchange?.cancel()
        }
    }
}
