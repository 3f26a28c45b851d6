import Audit
import Failure
import Limits
import Logging
import NIOCore
import NIOHTTP1
import Redaction
import Registry
import Vault

/// What the attempts of calls tell of an API.
extension Pipeline {
    /// - Throws: `OVERLOADED` while the API's circuit is open.
    func admitByBreaker(_ api: CompiledAPI, _ context: CallContext) throws(CallFailure) -> BreakerTable.Ticket {
        switch breakers.admit(context.stateKey(api), now: clock.monotonic()) {
        case .admitted(let ticket): return ticket
        case .refused(let retryAfter): throw Self.circuitOpen(retryAfter: retryAfter)
        }
    }

    /// An answer is a success, whatever it says, unless a gateway says that there is nobody behind it.
    func report(
        status: Int, isRateLimited: Bool, of api: CompiledAPI, _ ticket: BreakerTable.Ticket,
        _ context: CallContext
    ) {
        let isGone = [502, 503, 504].contains(status)
        if isGone {
            breakers.failed(ticket, now: clock.monotonic())
        } else {
            breakers.succeeded(ticket, now: clock.monotonic())
        }
        guard !context.isDraft else { return }
        let observation: APIHealth.Observation =
            isGone
            ? .noConnection : !isRateLimited && (status == 401 || status == 403) ? .credentialRefused : .answered
        health.observed(observation, api: api.id, user: api.user, now: clock.wall())
    }

    /// What an answer says of the access token that its request carried.
    func report(
        status: Int, _ generation: UInt64, of api: CompiledAPI, isReplayable: Bool, _ context: CallContext
    ) {
        if status != 401 {
            tokens.accept(generation, of: context.stateKey(api))
        } else if !isReplayable {
            tokens.reject(generation, of: context.stateKey(api))
        }
    }

    /// What the API is to blame for, and what it is not.
    func report(
        _ failure: CallFailure, of api: CompiledAPI, _ ticket: BreakerTable.Ticket, _ context: CallContext
    ) {
        guard failure.isOfTheAPI, !failure.mayResend else { return breakers.abandoned(ticket) }
        breakers.failed(ticket, now: clock.monotonic())
        guard !context.isDraft else { return }
        health.observed(.noConnection, api: api.id, user: api.user, now: clock.wall())
    }
}

extension OutboundBody {
    /// Whether it is still there to be sent again.
    var isReplayable: Bool {
        switch self {
        case .none, .whole: true
        case .streamed: false
        }
    }
}

extension CallFailure {
    /// Whether sending the call again makes sense at all.
    var retryKind: RetryPolicy.Outcome.Kind {
        switch code {
        case .connectionRefused, .timeout, .tunnelOffline: sent ? .noAnswer : .unsent
        // An answer that cannot be read is an answer: the call was processed.
        default: .permanent
        }
    }

    /// Whether it says something of the API's health.
    fileprivate var isOfTheAPI: Bool {
        switch code {
        case .connectionRefused, .sslError: true
        case .timeout: stage != .relay && stage != .tunnel
        case .upstreamError: true
        default: false
        }
    }
}
