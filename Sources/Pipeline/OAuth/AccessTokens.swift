import NIOCore
import Synchronization
import Vault

/// The access tokens of all APIs, by API: in memory only, fetched once however many calls want one (C6).
final class AccessTokens: Sendable {
    typealias Fetched = (token: Secret, lifetime: TimeAmount)
    private struct Waiter: Sendable {
        let id: UInt64
        let continuation: CheckedContinuation<Void, Never>
    }

    private typealias Entry = AccessTokenState<Secret, Waiter>

    private struct State {
        var entries: [String: Entry] = [:]
        var lastWaiter: UInt64 = 0
    }

    private let state = Mutex(State())
    private let now: @Sendable () -> NIODeadline

    init(now: @escaping @Sendable () -> NIODeadline) {
        self.now = now
    }

    /// A token that holds, fetched now if need be.
    ///
    /// - Parameters:
    ///   - rejected: the generation that the API has just refused.
    ///   - fetch: asks the token endpoint; called for one of all the callers.
    func token(
        of api: String, rejected: UInt64? = nil, fetch: () async throws -> Fetched
    ) async throws(Failure) -> (token: Secret, generation: UInt64) {
        while true {
            let ask = state.withLock { $0.entries[api, default: Entry()].ask(rejected: rejected, now: now()) }
            switch ask {
            case .use(let held): return (held.token, held.generation)
            case .refused(let failure): throw failure
            case .wait: await wait(for: api)
            case .fetch:
                if let held = try await fetched(api, fetch) { return (held.token, held.generation) }
            }
            guard !Task.isCancelled else { throw Self.callerLeft }
        }
    }

    /// The API or its credentials have changed: what was fetched with them is of no use.
    func forget(api: String) {
        let entry = state.withLock { $0.entries.removeValue(forKey: api) }
        guard var entry else { return }
        for waiter in entry.abandoned() { waiter.continuation.resume() }
    }

    /// Asks the endpoint, and tells all who wait. Nil when it failed and a token that still holds is there.
    private func fetched(
        _ api: String, _ fetch: () async throws -> Fetched
    ) async throws(Failure) -> Entry.Held? {
        let failure: Failure?
        do {
            let (token, lifetime) = try await fetch()
            let now = now()
            let fetched = state.withLock { state in
                state.entries[api, default: Entry()].fetched(token, lifetime: lifetime, now: now)
            }
            for waiter in fetched.woken { waiter.continuation.resume() }
            return fetched.held
        } catch {
            failure = Task.isCancelled ? nil : error as? Failure
        }
        let now = now()
        let woken = state.withLock { state -> [Waiter] in
            guard let failure else { return state.entries[api]?.abandoned() ?? [] }
            return state.entries[api]?.failed(failure, now: now) ?? []
        }
        for waiter in woken { waiter.continuation.resume() }
        if failure == nil { throw Self.callerLeft }
        return nil
    }

    private static var callerLeft: Failure {
        Failure(.timeout, stage: .relay, detail: "The caller went away.")
    }

    /// Returns when the fetch that is under way is over, or the caller has left.
    private func wait(for api: String) async {
        let id = state.withLock { state in
            state.lastWaiter += 1
            return state.lastWaiter
        }
        await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let waiter = Waiter(id: id, continuation: continuation)
                let isWaiting = state.withLock { state -> Bool in
                    !Task.isCancelled && state.entries[api]?.add(waiter) ?? false
                }
                if !isWaiting { continuation.resume() }
            }
        } onCancel: {
            let waiter = state.withLock { $0.entries[api]?.remove { $0.id == id } }
            waiter?.continuation.resume()
        }
    }
}
