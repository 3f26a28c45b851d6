package import Audit
package import Drift
package import Logging
import NIOCore
package import Registry
import Synchronization
import Traffic
package import Vault

/// The secure proxy pipeline: every call of every agent passes its stages in order, and none is answered unrecorded.
///
/// 1. ``locate(_:for:)`` the API and endpoint, 2. bind the arguments (``BoundArguments``), 3. render the request,
/// 4. check the allowlist, 5. take from the limits, 6. hold the arguments against their schema, 7. inject the credential,
/// 8. send it on its route, again where that is harmless, 9. decode the answer and take the secrets out of it, 10. judge
/// it and hold it against its schema, 11. record, 12. answer.
package final class Pipeline: Sendable {
    package struct Limits: Sendable {
        /// A tool call's answer, in bytes. Default 10 MiB.
        package var responseBytes = 10 << 20
        /// Calls in flight. Default 10,000.
        package var callsInFlight = 10_000

        package init() {}
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
    let rates = RateLimiter<String>()
    let inFlight: InFlightLimiter<String>
    let breakers = BreakerTable<String>()
    let tokens: AccessTokens
    let scrubbers = Scrubbers()
    let clock: CallClock
    let logger: Logger
    private let calls = Atomic<Int>(0)
    private let outcomes = Mutex<[String: Int]>([:])

    package init(
        directory: Directory, vault: Vault, audit: AuditWriter, limits: Limits, clock: CallClock, logger: Logger,
        health: HealthTable = HealthTable(), drift: DriftRecorder? = nil, routes: Routes, keep: @escaping Keep
    ) {
        self.directory = directory
        self.vault = vault
        self.audit = audit
        self.routes = routes
        self.keep = keep
        self.health = health
        self.drift = drift
        // `enter()` bounds the total, which may change.
        inFlight = InFlightLimiter(total: .max)
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
    package var callsInFlight: Int { calls.load(ordering: .relaxed) }

    /// Whether an API's calls are held back: `closed`, `open` or `halfOpen`, as its circuit breaker is.
    package func breaker(of api: String) -> String { breakers.state(of: api).rawValue }

    /// Calls recorded since the start, by outcome.
    package var counts: [String: Int] { outcomes.withLock { $0 } }

    /// Takes a place among the calls in flight; ``leave()`` gives it back.
    func enter() throws(Failure) {
        guard calls.wrappingAdd(1, ordering: .relaxed).newValue <= limits.callsInFlight else {
            leave()
            throw Failure(
                .overloaded, stage: .relay, detail: "The relay carries as many calls as it takes.", retryAfter: 1)
        }
    }

    func leave() {
        calls.wrappingSubtract(1, ordering: .relaxed)
    }

    /// An API is gone or has changed, or its credentials have: what was learnt with the old ones does not count.
    package func forget(api: String) {
        tokens.forget(api: api)
        scrubbers.forget(api: api)
        breakers.forget(api)
        health.forget(api: api)
    }

    /// Counts an API's calls from before the start against its limits, so that a restart gives nobody a second quota.
    package func restore(api: String, callTimes: [Int64]) {
        rates.restore(api, callTimes: callTimes, now: clock.wall())
    }

    /// Refuses before sending while records cannot be made durable.
    func admit() async throws(Failure) {
        do {
            try await audit.admit()
        } catch {
            throw Failure(
                .overloaded, stage: .relay, detail: "Calls cannot be recorded just now, so none is made.", retryAfter: 5
            )
        }
    }

    /// Makes a record durable, or says that the call cannot be answered.
    func record(_ record: AuditRecord, sent: Bool) async throws(Failure) {
        if record.kind != .begin { outcomes.withLock { $0[record.outcome, default: 0] += 1 } }
        do {
            try await audit.append(record)
        } catch {
            throw Failure(
                .overloaded, stage: .relay, detail: "The call could not be recorded, so its answer is withheld.",
                isRetryable: false, sent: sent)
        }
    }

    /// The beginning of a call's record.
    func newRecord(_ context: CallContext, slug: String, endpoint: String?) -> AuditRecord {
        AuditRecord(
            kind: .call, time: clock.wall(), requestID: context.requestID, user: context.token.user,
            token: context.token.id, apiSlug: slug, endpoint: endpoint, outcome: "OK")
    }
}
