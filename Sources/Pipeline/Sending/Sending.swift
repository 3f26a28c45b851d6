import Audit
import Failure
import Limits
import Logging
import NIOCore
import NIOHTTP1
import Redaction
import Registry
import Vault

/// What a call does with an answer.
struct Handled<Result: Sendable>: Sendable {
    let status: Int
    /// What the API asks for before it is called again.
    var retryAfter: TimeAmount?
    /// Whether the API says that it has had too many requests, whatever its status.
    var isRateLimited = false
    /// Nil only where the credential was refused and another may be tried: nothing of the answer has been passed on.
    var result: Result?
}

/// What a call knows of an attempt while it handles its answer.
struct Attempt: Sendable {
    /// Finds the secrets that were sent; nil where there were none.
    let scrubber: Scrubber?
    /// The credential to try next, where there is one and the request can be sent again.
    let next: CredentialChoice?
    /// How often the call has been sent with this one, where that is more than once.
    var attempts: Int?

    /// Whether an answer of this status need not be passed on, because another credential is to be tried.
    func triesAnother(after status: Int) -> Bool {
        switch next {
        case nil, .current: false
        // An API that knows the token and forbids the call would forbid it with a new one as well.
        case .newer: status == 401
        case .previous: status == 401 || status == 403
        }
    }
}

/// Stage: the request on its way, with its credential, and again where that is provably harmless.
extension Pipeline {
    /// Sends a rendered request and has its answer handled.
    ///
    /// It is sent again when it provably was not processed or is idempotent, within the API's `retry_attempts` and the
    /// deadline; and once more when the API refused the credential and there is another: a fresh access token, or the one
    /// that a rotation left in force.
    ///
    /// - Parameters:
    ///   - retriesStatuses: whether a status such as 503 is reason to send it again.
    ///   - record: what is known of the call by now.
    ///   - handle: gets each answer; what it throws is not tried again.
    /// - Throws: ``CallFailure``, or what `handle` throws.
    func send<Result: Sendable>(
        _ request: OutboundRequest, of api: CompiledAPI, sendsCredential: Bool, retriesStatuses: Bool,
        _ record: AuditRecord, _ context: CallContext,
        handle: (InboundResponse, Attempt) async throws -> Handled<Result>
    ) async throws -> Result {
        var attempts = Attempts(of: record)
        let result: Swift.Result<Result, any Error>
        do {
            result = .success(
                try await send(
                    request, of: api, sendsCredential: sendsCredential, retriesStatuses: retriesStatuses, &attempts,
                    context, handle: handle))
        } catch {
            result = .failure(error)
        }
        if let last = attempts.last() { try await recordAttempt(last) }
        do {
            return try result.get()
        } catch var failure as CallFailure {
            failure.route = attempts.route ?? failure.route
            failure.attempts = attempts.count
            throw failure
        }
    }

    /// Makes the record of an attempt durable.
    func recordAttempt(_ attempt: AuditRecord) async throws(CallFailure) {
        var attempt = attempt
        attempt.time = clock.wall()
        try await record(attempt, sent: true)
    }

    private func send<Result: Sendable>(
        _ request: OutboundRequest, of api: CompiledAPI, sendsCredential: Bool, retriesStatuses: Bool,
        _ attempts: inout Attempts, _ context: CallContext,
        handle: (InboundResponse, Attempt) async throws -> Handled<Result>
    ) async throws -> Result {
        var policy = RetryPolicy()
        policy.attempts = 1 + api.retries
        var choice = CredentialChoice.current
        var attempt = 1
        var resendings = 0
        // Whether any attempt may have reached the API, whatever the last one did.
        var maySent = false
        var previous: Swift.Result<Result, CallFailure>?
        while true {
            let ticket: BreakerTable<String>.Ticket
            do throws(CallFailure) {
                ticket = try admitByBreaker(api, context)
            } catch {
                // The attempts before have opened it: how the last one went says more, and that something was sent.
                guard let previous else { throw error }
                return try previous.get()
            }
            var injected: Injected
            do throws(CallFailure) {
                injected = try await inject(
                    api, sendsCredential: sendsCredential, choice, into: request, context)
                try checkAllowed(injected.request, by: api)
                if let before = attempts.begin() { try await recordAttempt(before) }
            } catch {
                breakers.abandoned(ticket)
                throw error.afterSending(maySent)
            }
            injected.request.requestID = attempts.id
            injected.request.parentID = attempts.parent
            let isReplayable = request.body.isReplayable
            let outcome: RetryPolicy.Outcome
            switch try await self.attempt(
                injected, of: api, isReplayable: isReplayable, ticket, &attempts, context, handle)
            {
            case .answered(let handled):
                maySent = true
                if let generation = injected.generation {
                    if handled.status != 401 {
                        tokens.accept(generation, of: context.stateKey(api))
                    } else if !isReplayable {
                        tokens.reject(generation, of: context.stateKey(api))
                    }
                }
                guard let result = handled.result else {
                    guard let next = injected.next else { throw Self.lost }
                    choice = next
                    continue
                }
                guard retriesStatuses else { return result }
                previous = .success(result)
                outcome = RetryPolicy.Outcome(
                    .status(handled.status), isIdempotent: request.isIdempotent, isReplayable: isReplayable,
                    retryAfter: handled.retryAfter)
            case .failed(let failure):
                maySent = maySent || failure.sent
                if failure.mayResend, isReplayable, resendings < RetryPolicy.resendings, !context.watch.isGone {
                    resendings += 1
                    continue
                }
                previous = .failure(failure.afterSending(maySent))
                outcome = RetryPolicy.Outcome(
                    failure.retryKind, isIdempotent: request.isIdempotent, isReplayable: isReplayable,
                    retryAfter: failure.retryAfter.map { .seconds(Int64($0)) })
            }
            guard await waits(policy, after: outcome, attempt, request.deadline, context) else {
                guard let previous else { throw Self.lost }
                return try previous.get()
            }
            attempt += 1
        }
    }

    private enum AttemptEnd<Result: Sendable> {
        case answered(Handled<Result>)
        case failed(CallFailure)
    }

    /// One attempt, reported to the breaker. Throws what `handle` throws.
    private func attempt<Result: Sendable>(
        _ injected: Injected, of api: CompiledAPI, isReplayable: Bool, _ ticket: BreakerTable<String>.Ticket,
        _ attempts: inout Attempts, _ context: CallContext,
        _ handle: (InboundResponse, Attempt) async throws -> Handled<Result>
    ) async throws -> AttemptEnd<Result> {
        var known = Attempt(
            scrubber: scrubbers.scrubber(of: context.stateKey(api), for: injected.secrets),
            next: isReplayable ? injected.next : nil)
        if attempts.count > 1 { known.attempts = attempts.count }
        var handler = HandlerFailure()
        var end = Attempts.End()
        defer { attempts.ended(end) }
        do {
            let handled = try await routes.api(api, context).send(injected.request, watch: context.watch) { response in
                end.route = response.route
                end.status = response.status
                if let ends = response.certificateEnds, !context.isDraft {
                    self.health.saw(certificateEnding: ends, api: api.id, user: api.user, now: self.clock.wall())
                }
                do {
                    return try await handle(response, known)
                } catch {
                    handler.error = error
                    throw error
                }
            }
            end.isRateLimited = handled.isRateLimited
            report(status: handled.status, isRateLimited: handled.isRateLimited, of: api, ticket, context)
            return .answered(handled)
        } catch {
            report(error, of: api, ticket, context)
            end.failure = error as? CallFailure ?? Self.lost
            end.route = end.route ?? end.failure?.route
            if let own = handler.error { throw own }
            return .failed(error as? CallFailure ?? Self.lost)
        }
    }

    /// Set by the closure that is lent to a route; tells what it threw from what the route threw.
    private struct HandlerFailure {
        var error: (any Error)?
    }

    private static var lost: CallFailure {
        CallFailure(.internalError, stage: .relay, detail: "The relay failed.", sent: true)
    }

    /// Waits as the policy says; false when the call is not to be sent again.
    private func waits(
        _ policy: RetryPolicy, after outcome: RetryPolicy.Outcome, _ attempt: Int, _ deadline: NIODeadline,
        _ context: CallContext
    ) async -> Bool {
        let decision = policy.next(
            after: outcome, attempt: attempt, now: clock.monotonic(), deadline: deadline,
            random: { Double.random(in: 0..<1) })
        guard case .wait(let time) = decision else { return false }
        do { try await clock.sleep(time) } catch { return false }
        return !context.watch.isGone
    }

    // MARK: the breaker

    private func admitByBreaker(_ api: CompiledAPI, _ context: CallContext) throws(CallFailure)
        -> BreakerTable<String>.Ticket
    {
        switch breakers.admit(context.stateKey(api), now: clock.monotonic()) {
        case .admitted(let ticket): return ticket
        case .refused(let retryAfter):
            throw Self.circuitOpen(retryAfter: retryAfter)
        }
    }

    /// An answer is a success, whatever it says, unless a gateway says that there is nobody behind it.
    private func report(
        status: Int, isRateLimited: Bool, of api: CompiledAPI, _ ticket: BreakerTable<String>.Ticket,
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

    /// What the API is to blame for, and what it is not.
    private func report(
        _ error: any Error, of api: CompiledAPI, _ ticket: BreakerTable<String>.Ticket, _ context: CallContext
    ) {
        guard let failure = error as? CallFailure, failure.isOfTheAPI, !failure.mayResend else {
            return breakers.abandoned(ticket)
        }
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
    /// The same, where an attempt before may have reached the API.
    fileprivate func afterSending(_ maySent: Bool) -> CallFailure {
        var failure = self
        failure.sent = sent || maySent
        return failure
    }

    /// Whether sending the call again makes sense at all.
    fileprivate var retryKind: RetryPolicy.Outcome.Kind {
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
