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

    func send<Result: Sendable>(
        _ request: OutboundRequest, watch: CallerWatch, handle: (InboundResponse) async throws -> Result
    ) async throws -> Result {
        defer { watch.detach() }
        let exchange = TunnelExchange(lease: try await lease(for: request), request: request, watch: watch)
        switch try await exchange.start() {
        case .answered(let call, let response):
            defer { call?.cancel() }
            if let failure = exchange.connectorFailure(response) { throw failure }
            return try await handle(exchange.inbound(response))
        case .answering(let call, let next):
            return try await exchange.pump(call, next, handle: handle)
        case .failed(let error):
            var failure = exchange.failure(error)
            failure.mayResend = exchange.mayResend(after: error)
            throw failure
        }
    }

    func probe(_ request: OutboundRequest, _ depth: ProbeDepth, watch: CallerWatch) async throws -> ProbeAnswer {
        defer { watch.detach() }
        let lease = try await lease(for: request)
        guard lease.identity.answersProbes else {
            lease.giveBack()
            return .notUnderstood
        }
        let exchange = TunnelExchange(lease: lease, request: request, watch: watch, probe: depth)
        switch try await exchange.start() {
        case .answered(let call, let response):
            call?.cancel()
            return .passed(try exchange.probed(response))
        case .answering(let call, _):
            call.cancel()
            throw exchange.failure(StreamError(.malformed, sent: false))
        case .failed(let error):
            var failure = exchange.failure(error)
            failure.mayResend = exchange.mayResend(after: error)
            throw failure
        }
    }

    private func lease(for request: OutboundRequest) async throws(CallFailure) -> TunnelLease<ClientSession> {
        do {
            return try await hub.lease(tunnelID, deadline: request.deadline)
        } catch {
            var failure = Self.failure(error)
            failure.route = .tunnel(id: tunnelID, connector: nil, session: nil)
            throw failure
        }
    }

    private static func failure(_ error: TunnelError) -> CallFailure {
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
    }
}

/// One attempt at one call on one session.
private struct TunnelExchange {
    enum Start {
        /// The answer's head is here; the call, where its body is still coming.
        case answered(ClientCall?, Response)
        /// The request's body is streamed while the answer comes.
        case answering(ClientCall, @Sendable () async throws -> ByteBuffer?)
        case failed(StreamError)
    }

    let lease: TunnelLease<ClientSession>
    let request: OutboundRequest
    let watch: CallerWatch
    /// The connector answers itself, and does not call the API.
    var probe: ProbeDepth?

    private var head: RequestHead {
        var headers = probe == nil ? request.headers : HTTPHeaders()
        let remaining = max(1, (request.deadline - .now()).nanoseconds / 1_000_000)
        headers.add(name: "penstock-request-id", value: request.requestID)
        if let parent = request.parentID { headers.add(name: "penstock-parent-id", value: parent) }
        // While a body streams up, only this side knows whether it still moves.
        if !isUploading {
            headers.add(name: "penstock-deadline-ms", value: String(remaining))
            if request.deadlineEndsAtHead { headers.add(name: "penstock-deadline-ends", value: "head") }
        }
        switch probe {
        case nil: break
        case .policy: headers.add(name: "penstock-probe", value: "policy")
        case .connect: headers.add(name: "penstock-probe", value: "connect")
        }
        if request.allowsEncodedSlash { headers.add(name: "penstock-slash", value: "allow") }
        return RequestHead(
            method: request.method, scheme: request.origin.scheme.rawValue, authority: request.origin.authority,
            path: request.target, headers: headers, sensitive: request.sensitive)
    }

    private var isUploading: Bool {
        if case .streamed = request.body { true } else { false }
    }

    /// How long the next piece of a streamed body may take, at least.
    private static let leastIdle = TimeAmount.seconds(60)
    /// How much longer than the connector this side waits: the connector knows more of what it waited for.
    private static let connectorsWord = TimeAmount.milliseconds(250)

    func start() async throws -> Start {
        let idle = request.deadlineEndsAtHead ? max(Self.leastIdle, request.deadline - .now()) : nil
        let deadline = CallDeadline(
            request.deadline + Self.connectorsWord, endsAtHead: request.deadlineEndsAtHead, idle: idle)
        let body: ByteBuffer?
        switch request.body {
        case .none:
            body = nil
        case .whole(let bytes):
            body = bytes
        case .streamed(let next):
            let call = lease.session.start(head, hasBody: true, deadline: deadline, isReserved: true)
            watch.attach { call.cancel() }
            return .answering(call, next)
        }
        let call = lease.session.makeCall()
        watch.attach { call.cancel() }
        do throws(StreamError) {
            let response = try await lease.session.send(
                Request(head: head, body: body, deadline: deadline, isReserved: true), on: call)
            if case .streamed(let call) = response.body { return .answered(call, response) }
            return .answered(nil, response)
        } catch {
            return .failed(error)
        }
    }

    /// Writes the request's body while the answer is awaited and handled; what is left of it then is given up.
    func pump<Result: Sendable>(
        _ call: ClientCall, _ next: @escaping @Sendable () async throws -> ByteBuffer?,
        handle: (InboundResponse) async throws -> Result
    ) async throws -> Result {
        defer { call.cancel() }
        return try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask {
                do {
                    while let chunk = try await next() { try await call.write(chunk) }
                    call.finish()
                } catch is StreamError {
                    // The answer came early, or the call failed: whoever waits for the answer hears it.
                } catch {
                    call.cancel()
                }
            }
            defer { group.cancelAll() }
            let response: Response
            do throws(StreamError) {
                response = try await call.response()
            } catch {
                throw failure(error)
            }
            if let failure = connectorFailure(response) { throw failure }
            return try await handle(inbound(response))
        }
    }

    func inbound(_ response: Response) -> InboundResponse {
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
        return InboundResponse(
            status: response.head.status, headers: response.head.headers, body: body, route: route)
    }

    private var route: AuditRecord.Route {
        .tunnel(id: lease.identity.tunnelID, connector: lease.identity.instance, session: String(lease.sessionID))
    }

    /// The connector's own word that it could not serve the request, where this response is that.
    func connectorFailure(_ response: Response) -> CallFailure? {
        guard response.head.status >= 400, let field = response.head.headers.first(name: "proxy-status"),
            let status = ProxyStatus(field), status.error != nil
        else { return nil }
        var failure = status.failure(status: response.head.status)
        failure.route = route
        return failure
    }

    /// What the connector answered to a probe: 204, or its word why not, in its own terms for the API's owner.
    func probed(_ response: Response) throws(CallFailure) -> ProbePassed {
        if var failure = connectorFailure(response) {
            let details = response.head.headers.first(name: "proxy-status").flatMap { ProxyStatus($0)?.details }
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
        guard request.deadline > .now(), !watch.isGone else { return false }
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
