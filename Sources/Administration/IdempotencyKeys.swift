package import Registry
package import Vault

/// What was answered to requests that carry an `Idempotency-Key`, so that one that is sent twice is carried out once.
package struct IdempotencyKeys: Sendable {
    private let store: any IdempotencyStore
    private let offload: any Offload
    private let now: @Sendable () -> Int64
    private let vault: Vault

    /// - Parameter now: microseconds since 1970.
    package init(
        store: any IdempotencyStore, vault: Vault, offload: any Offload, now: @escaping @Sendable () -> Int64
    ) {
        self.store = store
        self.vault = vault
        self.offload = offload
        self.now = now
    }

    /// By which two requests are told to be the same. A body may hold a credential, so that a plain hash of it would let
    /// whoever has the file try out guesses.
    package func digest(_ request: [UInt8]) -> [UInt8] { vault.digest(of: request) }

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
