import Failure
import Limits
import NIOCore
import Registry

/// A call's places among the calls in flight, owed to ``Pipeline/giveBack(_:)`` however the call ends.
struct Places: Sendable {
    fileprivate let claims: [InFlightLimiter.Claim]
}

/// Stage: whether a call may be made just now.
extension Pipeline {
    /// Takes a call from every limit that it comes under, or from none: the one place that says in which order tool and
    /// raw calls meet them.
    ///
    /// 1. calls in flight: of the relay, the user, the tunnel, the token, the API; 2. the API's circuit breaker, which is
    /// asked only; 3. calls per minute and day: of the token, the API. What is refused by one is charged to none.
    ///
    /// - Parameter fields: what the answer's head says of limits.
    /// - Returns: the places taken.
    func takeLimits(
        _ api: CompiledAPI, _ context: CallContext, _ fields: inout [ResponseField]
    ) throws(CallFailure) -> Places {
        let places = try takePlaces(api, context)
        do throws(CallFailure) {
            if let wait = breakers.refusal(of: context.stateKey(api), now: clock.monotonic()) {
                throw Self.circuitOpen(retryAfter: wait)
            }
            try takeRates(api, context, &fields)
        } catch {
            giveBack(places)
            throw error
        }
        return places
    }

    /// Takes places among the calls in flight alone, for what holds a connection and calls nothing.
    func takePlaces(_ api: CompiledAPI, _ context: CallContext) throws(CallFailure) -> Places {
        let places = Places(claims: claims(api, context))
        if let full = inFlight.enter(places.claims) { throw Self.full(full) }
        return places
    }

    /// The call has ended.
    func giveBack(_ places: Places) { inFlight.leave(places.claims) }

    private func claims(_ api: CompiledAPI, _ context: CallContext) -> [InFlightLimiter.Claim] {
        let limits = limits
        var claims: [InFlightLimiter.Claim] = [
            .init(.relay, limit: limits.callsInFlight), .init(.user(api.user), limit: limits.callsPerUser),
        ]
        if let tunnel = api.route.tunnel { claims.append(.init(.tunnel(tunnel), limit: limits.callsPerTunnel)) }
        if let limit = context.token.limits.inFlight { claims.append(.init(.token(context.token.id), limit: limit)) }
        if let limit = api.limits.inFlight { claims.append(.init(.api(context.stateKey(api)), limit: limit)) }
        return claims
    }

    private static func full(_ key: LimitKey) -> CallFailure {
        func overloaded(_ detail: String) -> CallFailure {
            CallFailure(.overloaded, stage: .relay, detail: detail, retryAfter: 1)
        }
        func limited(_ what: String) -> CallFailure {
            CallFailure(
                .rateLimited, stage: .policy, detail: "\(what) already has as many calls in flight as it takes.",
                retryAfter: 1)
        }
        return switch key {
        case .relay: overloaded("The relay carries as many calls as it takes.")
        case .user: overloaded("This user has as many calls in flight as the relay takes of one user.")
        case .tunnel: overloaded("This API's tunnel has as many calls in flight as the relay takes for one tunnel.")
        case .token: limited("This token")
        case .api: limited("This API")
        }
    }

    private func takeRates(
        _ api: CompiledAPI, _ context: CallContext, _ fields: inout [ResponseField]
    ) throws(CallFailure) {
        var claims: [RateLimiter.Claim] = [.init(.token(context.token.id), context.token.limits.rates)]
        // A draft's calls are nothing that its saved API has to pay for.
        if !context.isDraft { claims.append(.init(.api(api.id), api.limits.rates)) }
        guard claims.contains(where: \.limits.limitsAnything) else { return }
        let decisions = rates.take(claims, now: clock.wall())
        let told = decisions.first { !$0.isAllowed } ?? decisions.last { $0.tightest != nil }
        fields += (told?.headerFields ?? []).map { ResponseField(name: $0.name, value: $0.value) }
        for (claim, decision) in zip(claims, decisions) {
            guard case .refused(let limit, let retryAfter) = decision.outcome else { continue }
            throw Self.refused(claim.key, limit, retryAfter)
        }
    }

    private static func refused(_ key: LimitKey, _ limit: RateDecision.Limit, _ retryAfter: Int) -> CallFailure {
        switch limit {
        case .minute, .day:
            let what = if case .token = key { "token" } else { "API" }
            return CallFailure(
                .rateLimited, stage: .policy, detail: "This \(what)'s limit of calls per \(limit.rawValue) is used up.",
                retryAfter: retryAfter)
        case .table:
            return CallFailure(
                .overloaded, stage: .relay, detail: "The relay keeps the limits of as many APIs as it can.",
                retryAfter: retryAfter)
        }
    }

    /// The API has failed repeatedly, and is left alone for a while.
    static func circuitOpen(retryAfter: TimeAmount) -> CallFailure {
        var failure = CallFailure(
            .overloaded, stage: .policy,
            detail:
                "The API's circuit is open: it has failed repeatedly, so calls are held back until it answers again.",
            retryAfter: Int(max(1, (retryAfter.nanoseconds + 999_999_999) / 1_000_000_000)))
        failure.title = "The API's circuit is open"
        failure.resolution = "Check the API's health; calls go through again once it answers."
        return failure
    }
}

extension CallLimits {
    fileprivate var rates: RateLimits { RateLimits(perMinute: perMinute, perDay: perDay) }
}
