package import Audit
package import Drift
import Failure
import Limits
package import Logging
import NIOCore
package import Registry
import Synchronization
package import Vault

/// The secure proxy pipeline: every call of every agent passes its stages in order, and none is answered unrecorded.
///
/// 1. ``locate(_:for:)`` the API and endpoint, 2. bind the arguments (``BoundArguments``), 3. render the request,
/// 4. check the allowlist, 5. take from the limits (``takeLimits(_:_:_:)``), 6. hold the arguments against their schema, 7. inject the credential,
/// 8. send it on its route, again where that is harmless, 9. decode the answer and take the secrets out of it, 10. judge
/// it and hold it against its schema, 11. record, 12. answer.
package final class Pipeline: Sendable {
    package struct Limits: Sendable {
        /// A tool call's answer, in bytes. Default 10 MiB.
        package var responseBytes = 10 << 20
        /// Calls in flight. Default 10,000.
        package var callsInFlight = 10_000

        package init() {}

        /// Calls in flight of one user, over both routes: a tenth of all or 256, whichever is more, and never more than
        /// half, so that nobody keeps the others out.
        var callsPerUser: Int { max(1, min(max(256, callsInFlight / 10), callsInFlight / 2)) }
        /// Calls in flight of one tunnel: three quarters of a user's, so that a tunnel whose APIs are silent leaves room
        /// for the user's others.
        var callsPerTunnel: Int { max(1, callsPerUser * 3 / 4) }
    }

    /// Finds the ways to an API and to its token endpoint.
    package struct Routes: Sendable {
        package let api: @Sendable (CompiledAPI, CallContext) -> any Route
        package let token: @Sendable (CompiledAPI, OAuth2Plan.Way) -> any Route

        package init(
            api: @escaping @Sendable (CompiledAPI, CallContext) -> any Route,
            token: @escaping @Sendable (CompiledAPI, OAuth2Plan.Way) -> any Route
        ) {
            self.api = api
            self.token = token
        }
    }

    /// Puts away a credential that a token endpoint has replaced.
    package typealias Keep = @Sendable (Secret, AuthPlan.Credential) async -> Void

    let directory: Directory
    let vault: Vault
    let audit: AuditWriter
    let routes: Routes
    let keep: Keep
    /// Takes note of answers that do not follow their schema.
    let drift: DriftRecorder?
    private let currentLimits: Mutex<Limits>
    /// How APIs are doing, by their calls.
    package let health: HealthTable
    let rates = RateLimiter()
    let inFlight = InFlightLimiter()
    let breakers = BreakerTable()
    let tokens: AccessTokens
    let scrubbers = Scrubbers()
    /// Takes long pieces of work off event loops.
    package let work: WorkPool
    let clock: CallClock
    let logger: Logger
    private let counted = Mutex(CallFigures())

    package init(
        directory: Directory, vault: Vault, audit: AuditWriter, limits: Limits, clock: CallClock, logger: Logger,
        health: HealthTable = HealthTable(), drift: DriftRecorder? = nil, work: WorkPool = .none, routes: Routes,
        keep: @escaping Keep
    ) {
        self.directory = directory
        self.vault = vault
        self.audit = audit
        self.routes = routes
        self.keep = keep
        self.health = health
        self.drift = drift
        self.work = work
        tokens = AccessTokens(now: clock.monotonic)
        currentLimits = Mutex(limits)
        self.clock = clock
        self.logger = logger
    }

    /// The limits in force.
    var limits: Limits { currentLimits.withLock { $0 } }

    /// Replaces the limits; calls that begin later have the new ones.
    package func set(_ limits: Limits) { currentLimits.withLock { $0 = limits } }

    /// Calls in flight now.
    package var callsInFlight: Int { inFlight.count(of: .relay) }

    /// Whether an API's calls are held back: `closed`, `open` or `halfOpen`, as its circuit breaker is.
    package func breaker(of api: String) -> String { breakers.state(of: api).rawValue }

    /// What the calls recorded since the start amount to.
    package var figures: CallFigures { counted.withLock { $0 } }

    /// An API has changed, or its credentials have: what was learnt with the old ones does not count. What its owner has
    /// been told does: that it works again is news, once a call proves it.
    package func changed(api: String) {
        tokens.forget(api: api)
        scrubbers.forget(api: api)
        breakers.forget(api)
        health.changed(api: api)
    }

    /// An API is gone.
    package func forget(api: String) {
        changed(api: api)
        health.forget(api: api)
    }

    /// Counts an API's calls from before the start against its limits, so that a restart gives nobody a second quota.
    package func restore(api: String, callTimes: [Int64]) {
        rates.restore(.api(api), callTimes: callTimes, now: clock.wall())
    }

    /// Refuses before sending while records cannot be made durable.
    func ensureRecordable() async throws(CallFailure) {
        do {
            try await audit.admit()
        } catch {
            throw CallFailure(
                .overloaded, stage: .relay, detail: "Calls cannot be recorded just now, so none is made.", retryAfter: 5
            )
        }
    }

    /// Makes a record durable, or says that the call cannot be answered.
    func record(_ record: AuditRecord, sent: Bool) async throws(CallFailure) {
        note(record)
        do {
            try await audit.append(record)
        } catch {
            throw Self.notRecorded(sent: sent)
        }
    }

    /// As ``record(_:sent:)``, for a call.
    ///
    /// - Parameter recorded: called on `loop`, with why the call cannot be answered, if it cannot.
    func record(
        _ record: AuditRecord, sent: Bool, on loop: any EventLoop, _ recorded: @escaping (CallFailure?) -> Void
    ) {
        note(record)
        let recorded = NIOLoopBound(recorded, eventLoop: loop)
        audit.append(record, on: loop) { result in
            switch result {
            case .success: recorded.value(nil)
            case .failure: recorded.value(Self.notRecorded(sent: sent))
            }
        }
    }

    /// Makes the record of an attempt durable.
    func recordAttempt(_ attempt: AuditRecord, on loop: any EventLoop, _ recorded: @escaping (CallFailure?) -> Void) {
        var attempt = attempt
        attempt.time = clock.wall()
        record(attempt, sent: true, on: loop, recorded)
    }

    /// Makes the record of an attempt durable.
    func recordAttempt(_ attempt: AuditRecord) async throws(CallFailure) {
        var attempt = attempt
        attempt.time = clock.wall()
        try await record(attempt, sent: true)
    }

    private static func notRecorded(sent: Bool) -> CallFailure {
        CallFailure(
            .overloaded, stage: .relay, detail: "The call could not be recorded, so its answer is withheld.",
            isRetryable: false, sent: sent)
    }

    private func note(_ record: AuditRecord) {
        counted.withLock { $0.count(record) }
        logger.debug(
            "call",
            metadata: [
                "kind": "\(record.kind.rawValue)", "api": "\(record.apiSlug ?? "")",
                "endpoint": "\(record.endpoint ?? "")", "outcome": "\(record.outcome)",
                "upstream_status": "\(record.upstreamStatus.map { String($0) } ?? "")", "user": "\(record.user ?? "")",
                "token": "\(record.token ?? "")", "request_id": "\(record.requestID)",
            ])
    }

    /// The beginning of a call's record.
    func newRecord(_ context: CallContext, slug: String, endpoint: String?) -> AuditRecord {
        AuditRecord(
            kind: .call, time: clock.wall(), requestID: context.requestID, parent: context.parent,
            user: context.token.user, token: context.token.id, apiSlug: slug, endpoint: endpoint, outcome: "OK")
    }
}
