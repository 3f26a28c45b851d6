/// Requests with an `Idempotency-Key` and what was answered. All methods block on the disk: call them away from event
/// loops.
package protocol IdempotencyStore: Sendable {
    /// Takes a key for a request, atomically: of any number of the same requests at once, one gets `.claimed`.
    ///
    /// A key that has expired counts as new. Throws `full` when the user has as many keys as may be kept.
    ///
    /// - Parameter time: now, in microseconds since 1970.
    func claim(_ request: IdempotentRequest, at time: Int64) throws(StoreError) -> IdempotencyClaim
    /// Keeps the answer of a claimed request until its key expires.
    func complete(_ request: IdempotentRequest, with response: IdempotentResponse) throws(StoreError)
    /// Gives up a claimed request that had no effect, so that it may be tried again.
    func release(_ request: IdempotentRequest) throws(StoreError)
    /// Gives up all requests that were not completed: at the start, those that a crash cut short.
    func releaseUnfinished() throws(StoreError)
    /// Removes keys that have expired, at most `limit`; returns how many.
    func removeExpired(at time: Int64, limit: Int) throws(StoreError) -> Int
}

/// How much is kept.
package enum IdempotencyLimits {
    /// How long a key is known, in microseconds: 24 hours.
    package static let lifetime: Int64 = 86_400_000_000
    /// Keys of one user.
    package static let keys = 10_000
    /// Bytes of a response's body; a larger one is not kept, as one with a token's text.
    package static let body = 256 * 1024
}
