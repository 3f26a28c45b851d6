import EgressPolicy
import Failure
import NIOCore
import NIOHTTP1
import Pipeline
import Registry

/// A route that follows redirects to the same scheme, host and port, at most five, for an API that asks for it (S5). The
/// API's allowlist judges each as it judged what was asked at first.
struct FollowingRoute<Base: Route>: Route {
    let base: Base
    let api: CompiledAPI

    func start(
        _ request: OutboundRequest, on loop: any EventLoop,
        answered: @escaping (Result<InboundResponse, CallFailure>) -> Void
    ) -> any RouteExchange {
        let exchange = FollowingExchange(self, on: loop, answered)
        exchange.send(request)
        return exchange
    }

    func probe(_ request: OutboundRequest, _ depth: ProbeDepth, watch: CallerWatch) async throws -> ProbeAnswer {
        try await base.probe(request, depth, watch: watch)
    }

    fileprivate func following(_ request: OutboundRequest, _ response: InboundResponse) -> OutboundRequest? {
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

/// A request and those that its redirects lead to. Confined to the caller's event loop.
private final class FollowingExchange<Base: Route>: RouteExchange {
    private let route: FollowingRoute<Base>
    private let loop: any EventLoop
    private let answered: (Result<InboundResponse, CallFailure>) -> Void
    private var current: (any RouteExchange)?
    private var requests = 0
    private var isCancelled = false

    init(
        _ route: FollowingRoute<Base>, on loop: any EventLoop,
        _ answered: @escaping (Result<InboundResponse, CallFailure>) -> Void
    ) {
        self.route = route
        self.loop = loop
        self.answered = answered
    }

    func send(_ request: OutboundRequest) {
        requests += 1
        let number = requests
        let exchange = route.base.start(request, on: loop) { [self] result in
            current = nil
            guard number <= Redirect.most, case .success(let response) = result,
                let next = route.following(request, response)
            else { return answered(result) }
            response.giveUp()
            send(next)
        }
        // It may have been answered by now.
        guard number == requests else { return }
        current = exchange
        if isCancelled { exchange.cancel() }
    }

    func cancel() {
        isCancelled = true
        current?.cancel()
    }
}

extension CompiledAPI {
    /// Whether the allowlist lets a redirect lead there.
    func allowsRedirect(to target: String, at origin: Origin) -> Bool {
        guard let target = try? RequestTarget(target, encodedSlashes: .refuse) else { return false }
        return allowlist.allows(origin, target)
    }
}
