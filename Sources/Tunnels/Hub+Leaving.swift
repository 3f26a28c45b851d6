package import NIOCore
import Synchronization

extension Hub {
    /// The tunnel was revoked: its sessions close at once, and calls that wait for it fail.
    package func disconnect(tunnelID: String) {
        let now = now()
        var effects = Effects()
        state.withLock { state in
            state.revocations.add(.tunnel(tunnelID), now: now)
            revoke([tunnelID], in: &state, &effects) { _ in true }
            let abandoned = state.tunnels[tunnelID]?.abandon() ?? []
            effects.fail(abandoned, from: &state.waiting)
            settle(tunnelID, in: &state, now: now)
        }
        effects.perform()
    }

    /// The token was revoked: sessions opened with it close at once (C7).
    package func disconnect(tokenID: String) {
        disconnect(.token(tokenID)) { $0.tokenID == tokenID }
    }

    /// The user was deleted: all sessions of theirs close at once.
    package func disconnect(userID: String) {
        disconnect(.user(userID)) { $0.userID == userID }
    }

    private func disconnect(_ key: Revocations.Key, where matches: (TunnelIdentity) -> Bool) {
        let now = now()
        var effects = Effects()
        state.withLock { state in
            state.revocations.add(key, now: now)
            revoke(Array(state.tunnels.keys), in: &state, &effects, where: matches)
        }
        effects.perform()
    }

    private func revoke(
        _ tunnelIDs: [String], in state: inout State, _ effects: inout Effects,
        where matches: (TunnelIdentity) -> Bool
    ) {
        for tunnelID in tunnelIDs {
            effects.closing += state.tunnels[tunnelID]?.revoke(where: matches) ?? []
        }
    }

    /// The relay leaves: takes no new sessions, says GOAWAY to all it has, spread over a third of the grace, and returns
    /// when they have closed. What is still there at the end of the grace is closed then.
    package func drainAll(grace: TimeAmount) async {
        let sessions = state.withLock { state -> [Session] in
            state.isLeaving = true
            return state.tunnels.values.flatMap { $0.entries.map(\.session) }
        }
        guard !sessions.isEmpty else { return }
        let spread = grace.nanoseconds / 3
        for (index, session) in sessions.enumerated() {
            let offset = spread / Int64(sessions.count) * Int64(index)
            eventLoop.scheduleTask(in: .nanoseconds(offset)) { session.drain() }
        }
        let force = eventLoop.scheduleTask(in: grace) {
            for session in sessions { session.close() }
        }
        for session in sessions { try? await session.closeFuture.get() }
        force.cancel()
    }
}
