package import Registry

/// What was answered to requests that carry an `Idempotency-Key`, so that one that is sent twice is carried out once.
package struct IdempotencyKeys: Sendable {
    private let store: any IdempotencyStore
    private let offload: any Offload
    private let now: @Sendable () -> Int64

    /// - Parameter now: microseconds since 1970.
    package init(store: any IdempotencyStore, offload: any Offload, now: @escaping @Sendable () -> Int64) {
        self.store = store
        self.offload = offload
        self.now = now
    }

    /// Takes the key for a request: only who gets `.claimed` carries it out, and says afterwards how it went.
    package func claim(_ request: IdempotentRequest) async throws(AdministrationError) -> IdempotencyClaim {
        do {
            return try await offload.run { [store, now] in try store.claim(request, at: now()) }
        } catch {
            throw Self.failure
        }
    }

    /// Keeps the answer for whoever sends the request again.
    package func complete(
        _ request: IdempotentRequest, with response: IdempotentResponse
    ) async throws(AdministrationError) {
        do {
            try await offload.run { [store] in try store.complete(request, with: response) }
        } catch {
            throw Self.failure
        }
    }

    /// The request had no effect, and may be tried again.
    package func release(_ request: IdempotentRequest) async {
        try? await offload.run { [store] in try store.release(request) }
    }

    private static var failure: AdministrationError {
        AdministrationError(.storage, "The relay's storage is full or failing.")
    }
}
