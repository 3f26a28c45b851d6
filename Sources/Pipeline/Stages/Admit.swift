import Registry
import Traffic

/// Stage: whether a call may be made just now, by the limits of its API and of its token.
extension Pipeline {
    /// Takes one of the API's places for calls in flight, where it limits them; given back when it goes.
    func takePlace(_ api: CompiledAPI, _ context: CallContext) throws(Failure) -> Place {
        guard let limit = api.limits.inFlight else { return Place(permit: nil) }
        guard let permit = inFlight.enter(api.id, limit: limit) else {
            throw Failure(
                .rateLimited, stage: .policy, detail: "This API already has as many calls in flight as it takes.",
                retryAfter: 1)
        }
        return Place(permit: permit)
    }

    /// Takes a call from the API's and the token's limits, and says in the answer's head what is left.
    func takeFromLimits(
        _ api: CompiledAPI, _ context: CallContext, _ fields: inout [ResponseField]
    ) throws(Failure) {
        let decision = rates.take(
            api.id, RateLimits(perMinute: api.limits.perMinute, perDay: api.limits.perDay), now: clock.wall())
        fields = decision.headerFields.map { ResponseField(name: $0.name, value: $0.value) }
        guard case .refused(let limit, let retryAfter) = decision.outcome else { return }
        switch limit {
        case .minute, .day:
            throw Failure(
                .rateLimited, stage: .policy, detail: "This API's limit of calls per \(limit.rawValue) is used up.",
                retryAfter: retryAfter)
        case .table:
            throw Failure(
                .overloaded, stage: .relay, detail: "The relay keeps the limits of as many APIs as it can.",
                retryAfter: retryAfter)
        }
    }
}

/// A call's place among its API's calls in flight.
struct Place: ~Copyable {
    let permit: InFlightPermit<String>?

    init(permit: consuming InFlightPermit<String>?) { self.permit = permit }
}
