import Audit
import Discovery
import Egress
import EgressPolicy
import Failure
import Limits
import NIOCore
import NIOHTTP1
import Pipeline
import Registry
import Tunnels

/// Asks for a discovery over a way that calls take, each request recorded.
struct RouteFetcher: DiscoveryFetcher {
    enum Way: Sendable {
        case direct(EgressSwitch)
        case tunnel(TunnelHub, String)
    }

    let way: Way
    let audit: AuditWriter
    let context: CallContext

    func fetch(_ request: DiscoveryRequest) async throws(DiscoveryFetchError) -> DiscoveryResponse {
        guard !context.watch.isGone else { throw DiscoveryFetchError(.failed, "The caller went away.") }
        let deadline = NIODeadline.now() + TimeAmount(request.timeout)
        var resendings = 0
        while true {
            do throws(CallFailure) {
                return try await fetchOnce(request, until: deadline)
            } catch {
                guard error.mayResend, resendings < RetryPolicy.resendings, !context.watch.isGone else {
                    throw Self.error(error)
                }
                resendings += 1
            }
        }
    }

    private func fetchOnce(
        _ request: DiscoveryRequest, until deadline: NIODeadline
    ) async throws(CallFailure) -> DiscoveryResponse {
        let broken = CallFailure(.upstreamError, stage: .origin, detail: "The answer could not be read whole.")
        return try await RecordedExchange(audit: audit, context: context).run(
            request.method.rawValue, else: broken
        ) { record in
            record.route = chosen
            return try await send(request, record.requestID, until: deadline) { response in
                record.route = response.route
                record.upstreamStatus = response.status
                let (body, isCut) = try await DecodedBody.read(response, upTo: request.mostBytes)
                record.responseBytes = body.count
                return DiscoveryResponse(
                    status: response.status, headers: response.headers.map { ($0.name, $0.value) }, body: body,
                    isCut: isCut)
            }
        }
    }

    /// The way, as far as it is known before a session is.
    private var chosen: AuditRecord.Route {
        switch way {
        case .direct: .direct
        case .tunnel(_, let tunnel): .tunnel(id: tunnel, connector: nil, session: nil)
        }
    }

    private func send(
        _ request: DiscoveryRequest, _ id: String, until deadline: NIODeadline,
        handle: (InboundResponse) async throws -> DiscoveryResponse
    ) async throws -> DiscoveryResponse {
        var headers = HTTPHeaders(request.headers)
        headers.replaceOrAdd(name: "accept-encoding", value: "gzip")
        headers.replaceOrAdd(name: "user-agent", value: "penstock-relay")
        let body = request.body.map { ByteBuffer(bytes: $0) }
        switch way {
        case .direct(let egress):
            // As for definitions: a direct call is encrypted.
            guard request.address.origin.scheme == .https else {
                throw CallFailure(.urlNotAllowed, stage: .policy, detail: "Over plain HTTP only a tunnel is asked.")
            }
            let outgoing = EgressRequest(
                method: request.method.rawValue, origin: request.address.origin, target: request.address.target.raw,
                headers: headers, body: body.map(EgressBody.whole) ?? .none,
                isolation: EgressIsolation(user: context.token.user ?? ""), deadline: deadline, isIdempotent: true)
            return try await EgressExchange.send(
                outgoing, through: egress.current, watch: context.watch, handle: handle)
        case .tunnel(let hub, let tunnel):
            var outgoing = OutboundRequest(
                method: request.method.rawValue, origin: request.address.origin, target: request.address.target.raw,
                headers: headers, body: body.map(OutboundBody.whole) ?? .none, requestID: id, deadline: deadline)
            outgoing.parentID = context.requestID
            return try await TunnelRoute(hub: hub, tunnelID: tunnel).send(
                outgoing, watch: context.watch, handle: handle)
        }
    }

    private static func error(_ failure: CallFailure) -> DiscoveryFetchError {
        let code: DiscoveryFetchError.Code =
            switch failure.code {
            case .urlNotAllowed: .refused
            case .timeout: .timeout
            case .connectionRefused, .tunnelOffline, .sslError: .unreachable
            default: .failed
            }
        return DiscoveryFetchError(code, failure.detail)
    }
}
