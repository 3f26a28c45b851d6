package import NIOCore
import Synchronization

extension Hub {
    private enum Attempt {
        case granted(TunnelLease<Session>)
        case refused(TunnelError)
        /// The caller has to wait under this id.
        case waits(UInt64)
    }

    /// Takes a slot as ``lease(_:deadline:)`` does, where there is one now; nil where the call would have to wait.
    package func leaseAtOnce(_ tunnelID: String) throws(TunnelError) -> TunnelLease<Session>? {
        try state.withLock { state throws(TunnelError) in
            guard let tunnel = state.tunnels[tunnelID] else { throw .offline(retryAfter: limits.retryAfter) }
            return tunnel.leaseAtOnce().map { TunnelLease($0) }
        }
    }

    /// Takes a slot on the tunnel's session with the fewest calls in flight. Waits, within the deadline, for a slot
    /// where all are taken, and for a session where the tunnel is briefly gone.
    package func lease(_ tunnelID: String, deadline: NIODeadline) async throws(TunnelError) -> TunnelLease<Session> {
        let attempt = state.withLock { state -> Attempt in
            guard let tunnel = state.tunnels[tunnelID] else {
                return .refused(.offline(retryAfter: limits.retryAfter))
            }
            if let entry = tunnel.leaseAtOnce() { return .granted(TunnelLease(entry)) }
            return .waits(state.nextID())
        }
        switch attempt {
        case .granted(let lease): return lease
        case .refused(let error): throw error
        case .waits(let id): return try await wait(tunnelID, id: id, deadline: deadline).get()
        }
    }

    private func wait(
        _ tunnelID: String, id: UInt64, deadline: NIODeadline
    ) async -> Result<TunnelLease<Session>, TunnelError> {
        let isCancelled = Flag()
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                let answer = state.withLock { state -> Result<TunnelLease<Session>, TunnelError>? in
                    let now = now()
                    guard !isCancelled.isSet else { return .failure(.cancelled) }
                    switch state.tunnels[tunnelID]?.lease(waiter: id, deadline: deadline, now: now) {
                    case .granted(let entry):
                        return .success(TunnelLease(entry))
                    case .refused(let error):
                        return .failure(error)
                    case .waits:
                        state.waiting[id] = continuation
                        settle(tunnelID, in: &state, now: now)
                        return nil
                    case nil:
                        return .failure(.offline(retryAfter: limits.retryAfter))
                    }
                }
                if let answer { continuation.resume(returning: answer) }
            }
        } onCancel: {
            let continuation = state.withLock { state -> Waiting? in
                isCancelled.set()
                guard state.tunnels[tunnelID]?.cancel(waiter: id) == true else { return nil }
                return state.waiting.removeValue(forKey: id)
            }
            continuation?.resume(returning: .failure(.cancelled))
        }
    }
}

/// Set once, from any thread.
private final class Flag: Sendable {
    private let value = Atomic(false)

    var isSet: Bool { value.load(ordering: .acquiring) }
    func set() { value.store(true, ordering: .releasing) }
}
