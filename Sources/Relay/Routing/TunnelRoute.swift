import Audit
import EgressPolicy
import Failure
import NIOCore
import NIOHTTP1
import Pipeline
import ReverseHTTP
import Tunnels

/// The way through a user's connector: one stream on one of the tunnel's live sessions.
struct TunnelRoute: Route {
    let hub: TunnelHub
    let tunnelID: String

    func start(
        _ request: OutboundRequest, on loop: any EventLoop,
        answered: @escaping (Result<InboundResponse, CallFailure>) -> Void
    ) -> any RouteExchange {
        let exchange = TunnelExchange(request, on: loop, answered)
        do throws(TunnelError) {
            guard let lease = try hub.leaseAtOnce(tunnelID) else {
                wait(for: exchange, request.deadline)
                return exchange
            }
            exchange.begin(lease)
        } catch {
            exchange.failed(failure(error))
        }
        return exchange
    }

    func probe(_ request: OutboundRequest, _ depth: ProbeDepth, watch: CallerWatch) async throws -> ProbeAnswer {
        defer { watch.detach() }
        let lease: TunnelLease<ClientSession>
        do throws(TunnelError) {
            lease = try await hub.lease(tunnelID, deadline: request.deadline)
        } catch {
            throw failure(error)
        }
        guard lease.identity.answersProbes else {
            lease.giveBack()
            return .notUnderstood
        }
        let attempt = TunnelAttempt(lease: lease, request: request, probe: depth)
        let call = lease.session.makeCall()
        watch.attach { call.cancel() }
        let response: Response
        do throws(StreamError) {
            response = try await lease.session.send(
                Request(head: attempt.head, body: nil, deadline: attempt.deadline, isReserved: true), on: call)
            call.cancel()
        } catch {
            var failure = attempt.failure(error)
            failure.mayResend = attempt.mayResend(after: error) && !watch.isGone
            throw failure
        }
        return .passed(try attempt.probed(response))
    }

    /// Waits for a slot, or for a session where the tunnel is briefly gone.
    private func wait(for exchange: TunnelExchange, _ deadline: NIODeadline) {
        let loop = exchange.loop
        let bound = NIOLoopBound(exchange, eventLoop: loop)
        let waiting = Task {
            let lease: Result<TunnelLease<ClientSession>, CallFailure>
            do throws(TunnelError) {
                lease = .success(try await hub.lease(tunnelID, deadline: deadline))
            } catch {
                lease = .failure(failure(error))
            }
            loop.execute {
                switch lease {
                case .success(let lease): bound.value.begin(lease)
                case .failure(let failure): bound.value.failed(failure)
                }
            }
        }
        exchange.onCancel = { waiting.cancel() }
    }

    private func failure(_ error: TunnelError) -> CallFailure {
        var failure =
            switch error {
            case .offline(let retryAfter):
                CallFailure(
                    .tunnelOffline, stage: .tunnel, detail: "No connector of this API's tunnel is connected.",
                    retryAfter: max(1, Int(retryAfter.nanoseconds / 1_000_000_000)))
            case .overloaded:
                CallFailure(
                    .overloaded, stage: .tunnel, detail: "This API's tunnel carries as many calls as it takes.",
                    retryAfter: 1)
            case .cancelled:
                CallFailure(.cancelled, stage: .tunnel, detail: "The caller went away.")
            }
        failure.route = .tunnel(id: tunnelID, connector: nil, session: nil)
        return failure
    }
}

/// One attempt at one call on one session. Confined to the caller's event loop, whichever the session's is.
private final class TunnelExchange: RouteExchange {
    let loop: any EventLoop
    private let request: OutboundRequest
    private var answered: ((Result<InboundResponse, CallFailure>) -> Void)?
    private var call: ClientCall?
    private var isCancelled = false
    /// Ends the waiting for a session.
    var onCancel: (() -> Void)?

    init(
        _ request: OutboundRequest, on loop: any EventLoop,
        _ answered: @escaping (Result<InboundResponse, CallFailure>) -> Void
    ) {
        self.request = request
        self.loop = loop
        self.answered = answered
    }

    func cancel() {
        isCancelled = true
        onCancel?()
        call?.cancel()
    }

    func failed(_ failure: CallFailure) { finish(.failure(failure)) }

    private func finish(_ result: Result<InboundResponse, CallFailure>) {
        let answered = answered
        self.answered = nil
        onCancel = nil
        answered?(result)
    }

    // MARK: sending

    func begin(_ lease: TunnelLease<ClientSession>) {
        onCancel = nil
        guard !isCancelled else {
            lease.giveBack()
            return failed(
                CallFailure(.cancelled, stage: .relay, detail: "The caller went away."))
        }
        let attempt = TunnelAttempt(lease: lease, request: request)
        let deadline = attempt.deadline
        let bound = NIOLoopBound(self, eventLoop: loop)
        let loop = loop
        let answered: @Sendable (Result<Response, StreamError>) -> Void = { result in
            if loop.inEventLoop {
                bound.value.received(result, attempt)
            } else {
                loop.execute { bound.value.received(result, attempt) }
            }
        }
        switch request.body {
        case .none:
            send(nil, attempt, deadline, answered)
        case .whole(let bytes):
            send(bytes, attempt, deadline, answered)
        case .streamed(let next):
            let call = lease.session.start(attempt.head, hasBody: true, deadline: deadline, isReserved: true)
            self.call = call
            call.whenResponse(answered)
            pump(next, into: call)
        }
    }

    private func send(
        _ body: ByteBuffer?, _ attempt: TunnelAttempt, _ deadline: CallDeadline,
        _ answered: @escaping @Sendable (Result<Response, StreamError>) -> Void
    ) {
        let session = attempt.lease.session
        let call = session.makeCall()
        self.call = call
        session.send(
            Request(head: attempt.head, body: body, deadline: deadline, isReserved: true), on: call,
            answered: answered)
    }

    /// Writes the request's body while the answer is awaited and handled.
    private func pump(_ next: @escaping @Sendable () async throws -> ByteBuffer?, into call: ClientCall) {
        Task(executorPreference: EventLoopTaskExecutor(loop)) {
            do {
                while let chunk = try await next() { try await call.write(chunk) }
                call.finish()
            } catch is StreamError {
                // The answer came early, or the call failed: whoever waits for the answer hears it.
            } catch {
                call.cancel()
            }
        }
    }

    // MARK: answers

    private func received(_ result: Result<Response, StreamError>, _ attempt: TunnelAttempt) {
        switch result {
        case .success(let response):
            if let failure = attempt.connectorFailure(response) {
                call?.cancel()
                return failed(failure)
            }
            finish(.success(attempt.inbound(response, call)))
        case .failure(let error):
            var failure = attempt.failure(error)
            if case .streamed = request.body { return failed(failure) }
            failure.mayResend = !isCancelled && attempt.mayResend(after: error)
            failed(failure)
        }
    }
}

/// What an attempt on a session sends, and what is made of what comes back.
private struct TunnelAttempt: Sendable {
    let lease: TunnelLease<ClientSession>
    let request: OutboundRequest
    /// The connector answers itself, and does not call the API.
    var probe: ProbeDepth?

    var head: RequestHead {
        var headers = probe == nil ? request.headers : HTTPHeaders()
        let remaining = max(1, (request.deadline - .now()).nanoseconds / 1_000_000)
        headers.add(name: TunnelField.requestID.rawValue, value: request.requestID)
        if let parent = request.parentID { headers.add(name: TunnelField.parentID.rawValue, value: parent) }
        // While a body streams up, only this side knows whether it still moves.
        if !isUploading {
            headers.add(name: TunnelField.deadline.rawValue, value: String(remaining))
            if request.deadlineEndsAtHead {
                headers.add(name: TunnelField.deadlineEnds.rawValue, value: TunnelValue.head)
            }
        }
        switch probe {
        case nil: break
        case .policy: headers.add(name: TunnelField.probe.rawValue, value: TunnelProbe.policy.rawValue)
        case .connect: headers.add(name: TunnelField.probe.rawValue, value: TunnelProbe.connect.rawValue)
        }
        if request.allowsEncodedSlash {
            headers.add(name: TunnelField.slash.rawValue, value: TunnelValue.allow)
        }
        return RequestHead(
            method: request.method, scheme: request.origin.scheme.rawValue, authority: request.origin.authority,
            path: request.target, headers: headers, sensitive: request.sensitive)
    }

    /// How long the next piece of a streamed body may take, at least.
    private static let leastIdle = TimeAmount.seconds(60)
    /// How much longer than the connector this side waits: the connector knows more of what it waited for.
    private static let connectorsWord = TimeAmount.milliseconds(250)

    /// How long this side waits.
    var deadline: CallDeadline {
        let idle = request.deadlineEndsAtHead ? max(Self.leastIdle, request.deadline - .now()) : nil
        return CallDeadline(
            request.deadline + Self.connectorsWord, endsAtHead: request.deadlineEndsAtHead, idle: idle)
    }

    private var isUploading: Bool {
        if case .streamed = request.body { true } else { false }
    }

    /// - Parameter call: where a streamed body comes from, and what giving it up ends.
    func inbound(_ response: Response, _ call: ClientCall?) -> InboundResponse {
        let body: InboundBody
        switch response.body {
        case .whole(let bytes, _):
            body = .whole(bytes)
        case .streamed(let call):
            body = .streamed {
                do throws(StreamError) {
                    return try await call.next()
                } catch {
                    throw failure(error)
                }
            }
        }
        var inbound = InboundResponse(
            status: response.head.status, headers: response.head.headers, body: body, route: route)
        // An upload that is answered before its end stops, too.
        var isOver = !isUploading
        if case .streamed = body { isOver = false }
        if !isOver { inbound.giveUp = { call?.cancel() } }
        return inbound
    }

    private var route: AuditRecord.Route {
        .tunnel(id: lease.identity.tunnelID, connector: lease.identity.instance, session: String(lease.sessionID))
    }

    /// The connector's own word that it could not serve the request, where this response is that.
    func connectorFailure(_ response: Response) -> CallFailure? {
        guard response.head.status >= 400, let field = response.head.headers.first(name: ProxyStatus.field),
            let status = ProxyStatus(field), status.error != nil
        else { return nil }
        var failure = CallFailure(status)
        failure.route = route
        return failure
    }

    /// What the connector answered to a probe: 204, or its word why not, in its own terms for the API's owner.
    func probed(_ response: Response) throws(CallFailure) -> ProbePassed {
        if var failure = connectorFailure(response) {
            let details = response.head.headers.first(name: ProxyStatus.field).flatMap { ProxyStatus($0)?.details }
            if let details { failure.detail += " The connector says: \(details)" }
            throw failure
        }
        guard response.head.status == 204 else {
            var failure = CallFailure(
                .upstreamError, stage: .tunnel, detail: "The connector's answer to a probe cannot be read.")
            failure.route = route
            throw failure
        }
        return ProbePassed(route: route)
    }

    /// A call is sent twice only when it provably was not processed, or may be processed twice.
    func mayResend(after error: StreamError) -> Bool {
        guard request.deadline > .now() else { return false }
        switch error.code {
        case .refused, .overloaded: return true
        case .sessionClosed: return !error.sent || request.isIdempotent || probe != nil
        default: return false
        }
    }

    func failure(_ error: StreamError) -> CallFailure {
        var failure = told(error)
        failure.route = route
        return failure
    }

    private func told(_ error: StreamError) -> CallFailure {
        switch error.code {
        case .timedOut:
            CallFailure(.timeout, stage: .origin, detail: "The API did not answer in time.", sent: true)
        case .refused:
            CallFailure(
                .tunnelOffline, stage: .tunnel, detail: "The connector left before it took the call.", retryAfter: 1)
        case .overloaded:
            CallFailure(
                .overloaded, stage: .tunnel, detail: "This API's tunnel carries as many calls as it takes.",
                retryAfter: 1)
        case .headerListTooLarge:
            CallFailure(.invalidRequest, stage: .relay, detail: "The request's headers are larger than 64 KiB.")
        case .malformed:
            CallFailure(
                .upstreamError, stage: .tunnel, detail: "The connector's answer is not valid HTTP.", sent: error.sent)
        case .cancelled:
            CallFailure(.cancelled, stage: .relay, detail: "The caller went away.", sent: error.sent)
        case .reset where error.wireCode == .enhanceYourCalm:
            CallFailure(
                .overloaded, stage: .tunnel, detail: "The body was not read fast enough.", sent: error.sent)
        case .reset where error.wireCode == .cancel:
            CallFailure(
                .timeout, stage: .origin, detail: "The API did not finish its answer in time.", sent: error.sent)
        case .reset:
            CallFailure(
                .connectionRefused, stage: .origin, detail: "The connection to the API broke during the answer.",
                isRetryable: request.isIdempotent, sent: error.sent)
        default:
            CallFailure(
                .connectionRefused, stage: .tunnel, detail: "The tunnel's connection broke during the call.",
                isRetryable: request.isIdempotent, sent: error.sent)
        }
    }
}
