import Audit
import Egress
import EgressPolicy
import Failure
import NIOCore
import NIOHTTP1
import Pipeline
import Registry
import Vault

/// The way straight to an API, or to the host name of a Cloudflare tunnel: through the relay's one way out.
struct DirectRoute: Route {
    let egress: EgressClient
    let vault: Vault
    let api: CompiledAPI
    /// Calls of the same API to another host, its token endpoint, do not follow redirects and show no client certificate.
    var isTokenEndpoint = false
    /// As in ``CallContext/draftSecrets``.
    var draftSecrets: [String: Secret]?

    func start(
        _ request: OutboundRequest, on loop: any EventLoop,
        answered: @escaping (Result<InboundResponse, CallFailure>) -> Void
    ) -> any RouteExchange {
        let exchange = DirectExchange(answered)
        do throws(CallFailure) {
            exchange.send(try outgoing(request), through: egress, on: loop)
        } catch {
            exchange.finish(.failure(error))
        }
        return exchange
    }

    func probe(_ request: OutboundRequest, _ depth: ProbeDepth, watch: CallerWatch) async throws -> ProbeAnswer {
        guard depth == .connect else { return .passed(ProbePassed(route: .direct)) }
        return .passed(try await EgressExchange.connect(outgoing(request), through: egress, watch: watch))
    }

    private static let longestUpload = TimeAmount.hours(24)

    private func outgoing(_ request: OutboundRequest) throws(CallFailure) -> EgressRequest {
        let body: EgressBody =
            switch request.body {
            case .none: .none
            case .whole(let bytes): .whole(bytes)
            case .streamed(let next):
                .streamed(length: request.headers.first(name: "content-length").flatMap { Int($0) }, next: next)
            }
        var outgoing = EgressRequest(
            method: request.method, origin: request.origin, target: request.target, headers: request.headers,
            body: body,
            isolation: EgressIsolation(
                user: api.user, tls: try tls(), ipAllowlist: isTokenEndpoint ? [] : api.addresses ?? []),
            deadline: request.deadline, isIdempotent: request.isIdempotent)
        outgoing.deadlineEndsAtHead = request.deadlineEndsAtHead
        if case .streamed = request.body, request.deadlineEndsAtHead {
            // A body takes as long as it takes; the answer to it, as long as the API may take.
            outgoing.firstByteTimeout = request.deadline - .now()
            outgoing.deadline = .now() + Self.longestUpload
        }
        outgoing.followRedirects = !isTokenEndpoint && api.followsRedirects
        outgoing.allowsRedirect = { [api, origin = request.origin] in api.allowsRedirect(to: $0, at: origin) }
        return outgoing
    }

    private func tls() throws(CallFailure) -> EgressTLS {
        guard !isTokenEndpoint, let settings = api.route.tls else { return EgressTLS() }
        var tls = EgressTLS(caPEM: settings.authorities.map { Array($0.utf8) }, verify: settings.verifies)
        guard let client = settings.client else { return tls }
        do {
            let key = try draftSecrets?[client.key.reference] ?? vault.open(client.key.reference)
            tls.clientKeyPEM = key.withBytes { Array($0) }
        } catch {
            throw CallFailure(
                .credentialMissing, stage: .relay, detail: "The API's client key is missing or cannot be read.")
        }
        tls.clientCertificatePEM = Array(client.certificate.utf8)
        return tls
    }
}
