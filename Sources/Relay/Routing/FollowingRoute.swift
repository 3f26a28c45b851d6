import EgressPolicy
import NIOHTTP1
import Pipeline
import Registry

/// A route that follows redirects to the same scheme, host and port, at most five, for an API that asks for it (S5). The
/// API's allowlist judges each as it judged what was asked at first.
struct FollowingRoute<Base: Route>: Route {
    let base: Base
    let api: CompiledAPI

    func send<Result: Sendable>(
        _ request: OutboundRequest, watch: CallerWatch, handle: (InboundResponse) async throws -> Result
    ) async throws -> Result {
        var request = request
        for _ in 0..<Redirect.most {
            let followed = Followed()
            let result = try await base.send(request, watch: watch) { response -> Result? in
                if let next = following(request, response) {
                    followed.request = next
                    return nil
                }
                return try await handle(response)
            }
            if let result { return result }
            guard let next = followed.request else { break }
            request = next
        }
        return try await base.send(request, watch: watch, handle: handle)
    }

    func probe(_ request: OutboundRequest, _ depth: ProbeDepth, watch: CallerWatch) async throws -> ProbeAnswer {
        try await base.probe(request, depth, watch: watch)
    }

    /// Carries the next request out of the closure that saw the redirect.
    private final class Followed {
        var request: OutboundRequest?
    }

    private func following(_ request: OutboundRequest, _ response: InboundResponse) -> OutboundRequest? {
        guard
            let redirect = Redirect(
                status: response.status, locations: response.headers["location"], method: request.method,
                target: request.target, origin: request.origin),
            api.allowsRedirect(to: redirect.target, at: request.origin)
        else { return nil }
        var next = request
        next.target = redirect.target
        next.allowsEncodedSlash = false
        if redirect.becomesGET {
            next.method = "GET"
            next.body = .none
            for name in Redirect.bodyFields { next.headers.remove(name: name) }
        } else if case .streamed = request.body {
            // It is gone.
            return nil
        }
        return next
    }
}

extension CompiledAPI {
    /// Whether the allowlist lets a redirect lead there.
    func allowsRedirect(to target: String, at origin: Origin) -> Bool {
        guard let target = try? RequestTarget(target, encodedSlashes: .refuse) else { return false }
        return allowlist.allows(origin, target)
    }
}
