import Failure
import NIOCore
import Synchronization
import Vault

/// An access token, as a call sends it.
struct AccessToken: Sendable {
    let secret: Secret
    /// Rises with each fetch, so that a caller can say which one the API refused.
    let generation: UInt64
}

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
        var lastSerial: UInt64 = 0

        mutating func ask(_ api: String, _ rejected: UInt64?, _ now: NIODeadline) -> (ask: Entry.Ask, serial: UInt64) {
            if entries[api] == nil {
                lastSerial += 1
                entries[api] = Entry(serial: lastSerial)
            }
            let ask = entries[api]?.ask(rejected: rejected, now: now) ?? .wait
            return (ask, entries[api]?.serial ?? 0)
        }
    }

    private let state = Mutex(State())
    private let now: @Sendable () -> NIODeadline

    init(now: @escaping @Sendable () -> NIODeadline) {
        self.now = now
    }

    /// A token that holds and need not be fetched anew; nil where ``token(of:rejected:fetch:)`` has to be asked.
    func held(of api: String) -> AccessToken? {
        let now = now()
        let held = state.withLock { $0.entries[api]?.fresh(now) }
        return held.map { AccessToken(secret: $0.token, generation: $0.generation) }
    }

    /// A token that holds, fetched now if need be.
    ///
    /// - Parameters:
    ///   - rejected: the generation that the API has just refused.
    ///   - fetch: asks the token endpoint; called for one of all the callers.
    func token(
        of api: String, rejected: UInt64? = nil, fetch: () async throws -> Fetched
    ) async throws(CallFailure) -> AccessToken {
        while true {
            let now = now()
            let asked = state.withLock { $0.ask(api, rejected, now) }
            switch asked.ask {
            case .use(let held): return AccessToken(secret: held.token, generation: held.generation)
            case .refused(let failure): throw failure
            case .wait: await wait(for: api)
            case .fetch:
                let held = try await fetched(api, asked.serial, fetch)
                return AccessToken(secret: held.token, generation: held.generation)
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

    /// The API refused a token, and the call that found out is not sent again.
    func reject(_ generation: UInt64, of api: String) {
        let now = now()
        state.withLock { $0.entries[api]?.reject(generation, now: now) }
    }

    /// The API took a token.
    func accept(_ generation: UInt64, of api: String) {
        state.withLock { $0.entries[api]?.accept(generation) }
    }

    /// Asks the endpoint, and tells all who wait.
    ///
    /// - Parameter serial: of the state that said so: what was fetched for an earlier one serves this call alone.
    private func fetched(
        _ api: String, _ serial: UInt64, _ fetch: () async throws -> Fetched
    ) async throws(CallFailure) -> Entry.Held {
        let failure: CallFailure?
        do {
            let (token, lifetime) = try await fetch()
            let now = now()
            let fetched = state.withLock { state -> (held: Entry.Held, woken: [Waiter]) in
                guard state.entries[api]?.serial == serial,
                    let fetched = state.entries[api]?.fetched(token, lifetime: lifetime, now: now)
                else {
                    var own = Entry(serial: serial)
                    return own.fetched(token, lifetime: lifetime, now: now)
                }
                return fetched
            }
            for waiter in fetched.woken { waiter.continuation.resume() }
            return fetched.held
        } catch {
            failure = Task.isCancelled ? nil : error as? CallFailure
        }
        let now = now()
        let left = state.withLock { state -> (woken: [Waiter], held: Entry.Held?) in
            guard state.entries[api]?.serial == serial else { return ([], nil) }
            let woken =
                failure.map { state.entries[api]?.failed($0, now: now) ?? [] } ?? state.entries[api]?.abandoned()
            return (woken ?? [], state.entries[api]?.current(now))
        }
        for waiter in left.woken { waiter.continuation.resume() }
        guard let failure else { throw Self.callerLeft }
        // An early fetch that failed leaves the token that still holds.
        guard let held = left.held else { throw failure }
        return held
    }

    private static var callerLeft: CallFailure {
        CallFailure(.cancelled, stage: .relay, detail: "The caller went away.")
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
