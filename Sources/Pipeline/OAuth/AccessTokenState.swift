import Failure
import NIOCore

/// One API's access token: whether it holds, who has it fetched, and who waits for that. Pure: time comes in, and what to
/// do goes out.
///
/// Only one request to the token endpoint is under way at a time. A token is fetched anew shortly before it expires, by
/// one caller, while the others go on with the one they have. After a refusal nothing is asked for a while, so that a
/// wrong secret does not turn every call into a request to the token endpoint.
struct AccessTokenState<Token: Sendable, Waiter: Sendable>: Sendable {
    /// A token and how long it is believed.
    struct Held: Sendable {
        let token: Token
        /// Rises with each fetch, so that a caller can say which one the API refused.
        let generation: UInt64
        let refreshAt: NIODeadline
        let expiresAt: NIODeadline
    }

    enum Ask: Sendable {
        case use(Held)
        /// The caller is to fetch one, and to say how it went.
        case fetch
        /// Somebody else does; the caller hears of it.
        case wait
        case refused(CallFailure)
    }

    private var held: Held?
    private var isFetching = false
    private var waiters: [Waiter] = []
    private var refusal: (failure: CallFailure, until: NIODeadline)?
    private var refusals = 0
    /// When a token was let go of because the API refused it.
    private var discardedAt: NIODeadline?
    /// Whether the API has taken the token that is held.
    private var isTaken = false
    private var generation: UInt64
    /// Tells this API's state from the one it had before its credentials changed.
    let serial: UInt64

    /// - Parameter serial: never used before.
    init(serial: UInt64 = 0) {
        self.serial = serial
        // So that what an earlier state gave out is never taken for this one's.
        generation = serial << 32
    }

    /// How long after a refusal nothing is asked: doubled with each, from the first to the last.
    static var shortestPause: TimeAmount { .seconds(2) }
    static var longestPause: TimeAmount { .seconds(60) }
    /// Between two fetches because the API refused tokens of which it has taken none: what refuses every token must not have
    /// one fetched for each call.
    static var refetchPause: TimeAmount { .seconds(2) }
    /// A token is fetched anew this long before it expires, or when nine tenths of its life are over if that is later.
    static var earliness: TimeAmount { .seconds(60) }

    /// A call needs a token.
    ///
    /// - Parameter rejected: the generation that the API has just refused.
    mutating func ask(rejected: UInt64? = nil, now: NIODeadline) -> Ask {
        if let rejected, let held, held.generation == rejected {
            guard discard(now) else { return .refused(Self.tokenRefused) }
        }
        if let held, now < held.expiresAt {
            guard now >= held.refreshAt, !isFetching, !isPaused(now) else { return .use(held) }
            isFetching = true
            return .fetch
        }
        held = nil
        if isFetching { return .wait }
        if let refusal, now < refusal.until { return .refused(refusal.failure) }
        isFetching = true
        return .fetch
    }

    /// The API refused a token, and the call that found out is not sent again.
    mutating func reject(_ generation: UInt64, now: NIODeadline) {
        if let held, held.generation == generation { _ = discard(now) }
    }

    /// The API took a token.
    mutating func accept(_ generation: UInt64) {
        if held?.generation == generation { isTaken = true }
    }

    /// Lets go of a token that the API refused; false where that has just been done for another.
    private mutating func discard(_ now: NIODeadline) -> Bool {
        if let discardedAt, !isTaken, now < discardedAt + Self.refetchPause { return false }
        discardedAt = now
        isTaken = false
        held = nil
        return true
    }

    private static var tokenRefused: CallFailure {
        CallFailure(
            .authenticationFailed, stage: .origin, detail: "The API refused an access token that was just fetched.",
            sent: true, upstreamStatus: 401)
    }

    /// Puts down who waits, after ``Ask/wait``. False when the fetch is over by now: the caller asks again.
    mutating func add(_ waiter: Waiter) -> Bool {
        guard isFetching else { return false }
        waiters.append(waiter)
        return true
    }

    /// The token endpoint gave a token: all who waited ask again.
    mutating func fetched(_ token: Token, lifetime: TimeAmount, now: NIODeadline) -> (held: Held, woken: [Waiter]) {
        generation += 1
        refusal = nil
        refusals = 0
        let early = min(Self.earliness, .nanoseconds(lifetime.nanoseconds / 10))
        let expires = now + lifetime
        let held = Held(
            token: token, generation: generation, refreshAt: expires - early, expiresAt: expires)
        self.held = held
        return (held, finish())
    }

    /// The token endpoint refused: all who wait hear the same, unless the present token holds. That it could not be reached
    /// in one caller's time says nothing to the others: one of them asks again.
    mutating func failed(_ failure: CallFailure, now: NIODeadline) -> [Waiter] {
        if [.timeout, .tunnelOffline, .overloaded].contains(failure.code) { return finish() }
        refusals += 1
        let factor = Int64(1) << min(refusals - 1, 5)
        let pause = min(Self.longestPause, .nanoseconds(Self.shortestPause.nanoseconds * factor))
        refusal = (failure, now + pause)
        return finish()
    }

    /// Whoever fetched gave up before there was an answer: one of those who wait fetches instead.
    mutating func abandoned() -> [Waiter] { finish() }

    /// One who waited has left.
    mutating func remove(where isGone: (Waiter) -> Bool) -> Waiter? {
        waiters.firstIndex(where: isGone).map { waiters.remove(at: $0) }
    }

    private mutating func finish() -> [Waiter] {
        isFetching = false
        defer { waiters = [] }
        return waiters
    }

    /// The token that has not expired yet, if any.
    func current(_ now: NIODeadline) -> Held? { held.flatMap { now < $0.expiresAt ? $0 : nil } }

    /// The token that nobody has to fetch anew yet, if any: what ``ask(rejected:now:)`` would say to use.
    func fresh(_ now: NIODeadline) -> Held? {
        guard let held, now < held.expiresAt, now < held.refreshAt || isFetching || isPaused(now) else { return nil }
        return held
    }

    private func isPaused(_ now: NIODeadline) -> Bool {
        refusal.map { now < $0.until } ?? false
    }
}
