import Registry
import Traffic

/// Stage: whether a call may be made just now, by the limits of its API and of its token.
extension Pipeline {
    /// Takes one of the API's and one of the token's places for calls in flight, where they are limited; given back when
    /// it goes.
    func takePlace(_ api: CompiledAPI, _ context: CallContext) throws(Failure) -> Place {
        Place(
            api: try takePlace(of: api.id, api.limits.inFlight, "This API"),
            token: try takePlace(of: context.token.id, context.token.limits.inFlight, "This token"))
    }

    private func takePlace(
        of key: String, _ limit: Int?, _ what: String
    ) throws(Failure) -> InFlightPermit<String>? {
        guard let limit else { return nil }
        guard let permit = inFlight.enter(key, limit: limit) else {
            throw Failure(
                .rateLimited, stage: .policy, detail: "\(what) already has as many calls in flight as it takes.",
                retryAfter: 1)
        }
        return permit
    }

    /// Takes a call from the API's and the token's limits, and says in the answer's head what is left.
    func takeFromLimits(
        _ api: CompiledAPI, _ context: CallContext, _ fields: inout [ResponseField]
    ) throws(Failure) {
        // The token's first: a caller who may not go on takes nothing from the others.
        try take(context.token.id, context.token.limits, "token", &fields)
        if !context.isDraft { try take(api.id, api.limits, "API", &fields) }
    }

    private func take(
        _ key: String, _ limits: CallLimits, _ what: String, _ fields: inout [ResponseField]
    ) throws(Failure) {
        guard limits.perMinute != nil || limits.perDay != nil else { return }
        let decision = rates.take(
            key, RateLimits(perMinute: limits.perMinute, perDay: limits.perDay), now: clock.wall())
        fields = decision.headerFields.map { ResponseField(name: $0.name, value: $0.value) }
        guard case .refused(let limit, let retryAfter) = decision.outcome else { return }
        switch limit {
        case .minute, .day:
            throw Failure(
                .rateLimited, stage: .policy, detail: "This \(what)'s limit of calls per \(limit.rawValue) is used up.",
                retryAfter: retryAfter)
        case .table:
            throw Failure(
                .overloaded, stage: .relay, detail: "The relay keeps the limits of as many APIs as it can.",
                retryAfter: retryAfter)
        }
    }
}

/// A call's places among its API's and its token's calls in flight.
struct Place: ~Copyable {
    private let api: InFlightPermit<String>?
    private let token: InFlightPermit<String>?

    init(api: consuming InFlightPermit<String>?, token: consuming InFlightPermit<String>?) {
        self.api = api
        self.token = token
    }
}
