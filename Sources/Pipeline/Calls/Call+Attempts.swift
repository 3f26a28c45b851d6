import Audit
import Failure
import Limits
import NIOCore
import Redaction
import Registry
import Vault

/// One attempt of a call, from its credential to the end of its answer.
final class RunningAttempt {
    let ticket: BreakerTable.Ticket
    /// What is known of its end by now.
    var end = Attempts.End()
    /// Which access token it carries, where it carries one.
    var generation: UInt64?
    /// The credential to try when the API refuses this one.
    var next: CredentialChoice?
    /// Until it is answered.
    var exchange: (any RouteExchange)?
    /// Ends what is left of its answer.
    var giveUp: (@Sendable () -> Void)?
    var isAnswered = false
    /// Of a raw answer: whether it says that the API has had too many requests.
    var limit: RateLimitWatch?

    init(_ ticket: BreakerTable.Ticket) {
        self.ticket = ticket
    }
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
///
/// It is sent again when it provably was not processed or is idempotent, within the API's `retry_attempts` and the deadline;
/// and once more when the API refused the credential and there is another: a fresh access token, or the one that a rotation
/// left in force.
extension Call {
    // MARK: sending

    /// Begins an attempt.
    func send() {
        guard let prepared else { return fail(Self.lost) }
        stages.enter(.credential, pipeline.clock.monotonic())
        let ticket: BreakerTable.Ticket
        do throws(CallFailure) {
            ticket = try pipeline.admitByBreaker(prepared.api, context)
        } catch {
            // The attempts before have opened it: how the last one went says more, and that something was sent.
            return settle(previous ?? .failure(error))
        }
        current = RunningAttempt(ticket)
        guard prepared.sendsCredential, let plan = prepared.api.auth.oauth2Plan else { return inject(nil) }
        switch pipeline.accessTokenAtOnce(of: prepared.api, choice, context) {
        case .some(let token):
            inject(token)
        case nil:
            let (pipeline, context, choice) = (pipeline, context, choice)
            later {
                await Self.outcome {
                    try await pipeline.accessToken(
                        plan, of: prepared.api, choice, deadline: prepared.request.deadline, context)
                }
            } then: { [self] result in
                switch result {
                case .success(let token): inject(token)
                case .failure(let failure): abandon(failure)
                }
            }
        }
    }

    private func inject(_ token: AccessToken?) {
        guard let prepared else { return fail(Self.lost) }
        let injected: Injected
        do throws(CallFailure) {
            injected = try pipeline.inject(
                prepared.api, sendsCredential: prepared.sendsCredential, choice, token, into: prepared.request, context)
            try pipeline.checkAllowed(injected.request, by: prepared.api)
        } catch {
            return abandon(error)
        }
        guard let before = attempts.begin() else { return dispatch(injected, prepared) }
        pipeline.recordAttempt(before, on: loop) { [self] refusal in
            if let refusal { abandon(refusal) } else { dispatch(injected, prepared) }
        }
    }

    /// The attempt ends before anything of it is sent, for a reason that is none of the API's.
    private func abandon(_ failure: CallFailure) {
        if let current { pipeline.breakers.abandoned(current.ticket) }
        current = nil
        var failure = failure
        failure.sent = failure.sent || maySent
        settle(.failure(failure))
    }

    private func dispatch(_ injected: Injected, _ prepared: PreparedCall) {
        guard let current else { return fail(Self.lost) }
        var request = injected.request
        request.requestID = attempts.id
        request.parentID = attempts.parent
        let isReplayable = request.body.isReplayable
        current.generation = injected.generation
        current.next = injected.next
        var known = Attempt(
            scrubber: pipeline.scrubbers.scrubber(of: context.stateKey(prepared.api), for: injected.secrets),
            next: isReplayable ? injected.next : nil)
        if attempts.count > 1 { known.attempts = attempts.count }
        stages.enter(.origin, pipeline.clock.monotonic())
        let exchange = pipeline.routes.api(prepared.api, context).start(request, on: loop) { [self, known] result in
            current.isAnswered = true
            current.exchange = nil
            switch result {
            case .success(let response): answered(response, known, prepared)
            case .failure(let failure): failed(failure)
            }
        }
        guard !current.isAnswered else { return }
        current.exchange = exchange
        if context.watch.isGone { exchange.cancel() }
    }

    // MARK: answers

    private func answered(_ response: InboundResponse, _ attempt: Attempt, _ prepared: PreparedCall) {
        guard let current else { return response.giveUp() }
        current.end.route = response.route
        current.end.status = response.status
        current.giveUp = response.giveUp
        if let ends = response.certificateEnds, !context.isDraft {
            let api = prepared.api
            pipeline.health.saw(certificateEnding: ends, api: api.id, user: api.user, now: pipeline.clock.wall())
        }
        if attempt.triesAnother(after: response.status) {
            response.giveUp()
            return sendWithAnother(after: response.status, prepared)
        }
        do throws(CallFailure) {
            switch prepared.kind {
            case .tool: try collect(response, attempt, prepared)
            case .raw: try pass(response, attempt, prepared)
            }
        } catch {
            failWorking(error)
        }
    }

    /// The API has refused the credential, and another is tried at once.
    private func sendWithAnother(after status: Int, _ prepared: PreparedCall) {
        guard let next = current?.next else { return fail(Self.lost) }
        maySent = true
        report(status, isRateLimited: false, prepared)
        choice = next
        send()
    }

    /// Reads a tool's answer.
    private func collect(_ response: InboundResponse, _ attempt: Attempt, _ prepared: PreparedCall) throws(CallFailure)
    {
        let pipeline = pipeline
        guard case .whole(let bytes) = response.body else {
            return later {
                let result = await Self.outcome { try await pipeline.collect(response, attempt, of: prepared.api) }
                response.giveUp()
                return result
            } then: { [self] result in
                switch result {
                case .success(let answer): collected(answer, prepared)
                case .failure(let failure): failWorking(failure)
                }
            }
        }
        stages.enter(.answer, pipeline.clock.monotonic())
        let whole = bytes ?? ByteBuffer()
        try work(bytes: Cleaner.work(whole.readableBytes, response.headers), of: prepared.api) {
            () throws(CallFailure) -> CollectedAnswer in
            try pipeline.collected(whole, of: response, attempt)
        } then: { [self] answer throws(CallFailure) in
            collected(answer, prepared)
        }
    }

    private func collected(_ answer: CollectedAnswer, _ prepared: PreparedCall) {
        stages.enter(.answer, pipeline.clock.monotonic())
        maySent = true
        report(answer.status, isRateLimited: answer.isRateLimited, prepared)
        previous = .success(answer)
        let outcome = RetryPolicy.Outcome(
            .status(answer.status), isIdempotent: prepared.request.isIdempotent,
            isReplayable: prepared.request.body.isReplayable, retryAfter: answer.retryAfter)
        retry(after: outcome)
    }

    /// Passes a raw answer on.
    private func pass(_ response: InboundResponse, _ attempt: Attempt, _ prepared: PreparedCall) throws(CallFailure) {
        stages.enter(.answer, pipeline.clock.monotonic())
        record.route = response.route
        record.upstreamStatus = response.status
        record.attempts = attempt.attempts
        let limit = RateLimitWatch(response, now: pipeline.clock.wall())
        current?.limit = limit
        let (pipeline, method) = (pipeline, prepared.request.method)
        let counted = counter.counting(response.body)
        var length = 0
        if case .whole(let bytes?) = response.body { length = bytes.readableBytes }
        try work(bytes: Cleaner.work(length, response.headers), of: prepared.api) {
            () throws(CallFailure) -> PassedBody in
            try PassedBody(
                response, counted: counted, method: method, scrubber: attempt.scrubber, work: pipeline.work,
                user: prepared.api.user)
        } then: { [self] body throws(CallFailure) in
            let answer = RawAnswer(
                status: response.status,
                headers: Pipeline.passedHeaders(body.headers, of: response, to: prepared, attempt.scrubber),
                body: limit.watching(body.body))
            record.note(limit.code)
            if !body.isStreamed {
                record.requestBytes = counter.sent
                record.responseBytes = counter.received
                response.giveUp()
                finishAttempt()
            }
            pass(answer, isStreamed: body.isStreamed)
        }
    }

    // MARK: ends of attempts

    /// The attempt's answer is whole, and was passed on.
    func finishAttempt() {
        guard let prepared, let status = current?.end.status else { return }
        maySent = true
        report(status, isRateLimited: current?.limit?.isRateLimited ?? false, prepared)
    }

    /// A raw answer that had begun cannot be finished.
    func breakOff(_ failure: CallFailure) {
        current?.giveUp?()
        end(failure)
    }

    /// The answer could not be handled: that is the call's end, and no reason to send it again.
    func failWorking(_ failure: CallFailure) {
        guard let current, current.isAnswered else { return fail(failure) }
        current.giveUp?()
        end(failure)
        fail(named(failure))
    }

    /// The API has not answered.
    private func failed(_ failure: CallFailure) {
        guard let prepared else { return fail(failure) }
        end(failure)
        maySent = maySent || failure.sent
        if failure.mayResend, prepared.request.body.isReplayable, resendings < RetryPolicy.resendings,
            !context.watch.isGone
        {
            resendings += 1
            return send()
        }
        var last = failure
        last.sent = maySent
        previous = .failure(last)
        let outcome = RetryPolicy.Outcome(
            failure.retryKind, isIdempotent: prepared.request.isIdempotent,
            isReplayable: prepared.request.body.isReplayable,
            retryAfter: failure.retryAfter.map { .seconds(Int64($0)) })
        retry(after: outcome)
    }

    /// Waits as the policy says and sends again, or ends the call.
    private func retry(after outcome: RetryPolicy.Outcome) {
        guard let prepared else { return fail(Self.lost) }
        let pipeline = pipeline
        var policy = RetryPolicy()
        policy.attempts = 1 + prepared.api.retries
        let decision = policy.next(
            after: outcome, attempt: attempt, now: pipeline.clock.monotonic(), deadline: prepared.request.deadline,
            random: { Double.random(in: 0..<1) })
        guard case .wait(let time) = decision else { return settle(previous) }
        later {
            (try? await pipeline.clock.sleep(time)) != nil
        } then: { [self] isOver in
            guard isOver, !context.watch.isGone else { return settle(previous) }
            attempt += 1
            send()
        }
    }

    /// Nothing is sent any more: what the last attempt came to, the call does.
    private func settle(_ last: Result<CollectedAnswer, CallFailure>?) {
        switch last {
        case .success(let answer): finish(answer)
        case .failure(let failure): fail(named(failure))
        case nil: fail(Self.lost)
        }
    }

    /// A failure with the way that its attempts took.
    private func named(_ failure: CallFailure) -> CallFailure {
        var failure = failure
        failure.route = attempts.route ?? failure.route
        failure.attempts = attempts.count
        return failure
    }

    /// A tool's answer is judged and made what its agent gets.
    private func finish(_ answer: CollectedAnswer) {
        guard let prepared, case .tool(let endpoint, let warnings) = prepared.kind else { return fail(Self.lost) }
        record.route = answer.route
        record.attempts = answer.attempts
        record.upstreamStatus = answer.status
        record.responseBytes = answer.received
        let (pipeline, context) = (pipeline, context)
        do throws(CallFailure) {
            if let failure = Judge.failure(of: answer) { throw failure }
            try work(bytes: answer.body.readableBytes, of: prepared.api) { () throws(CallFailure) -> ToolAnswer in
                try pipeline.answer(answer, endpoint, of: prepared.api, warnings, context)
            } then: { [self] answer throws(CallFailure) in
                succeed(.tool(answer))
            }
        } catch {
            fail(error)
        }
    }

    // MARK: what is learnt

    /// The attempt was answered: the breaker, the access token and the API's health hear of it.
    private func report(_ status: Int, isRateLimited: Bool, _ prepared: PreparedCall) {
        guard let current else { return }
        pipeline.report(status: status, isRateLimited: isRateLimited, of: prepared.api, current.ticket, context)
        if let generation = current.generation {
            pipeline.report(
                status: status, generation, of: prepared.api, isReplayable: prepared.request.body.isReplayable, context)
        }
        current.end.isRateLimited = isRateLimited
        attempts.ended(current.end)
        self.current = nil
    }

    private func end(_ failure: CallFailure) {
        guard let current, let prepared else { return }
        pipeline.report(failure, of: prepared.api, current.ticket, context)
        current.end.failure = failure
        current.end.route = current.end.route ?? failure.route
        attempts.ended(current.end)
        self.current = nil
    }
}
