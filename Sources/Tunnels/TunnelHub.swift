package import Logging
package import NIOCore
package import ReverseHTTP
import Synchronization

/// The hub of a relay's real sessions.
package typealias TunnelHub = Hub<ClientSession>

/// All live sessions, by tunnel, and the calls that wait for one. Every method may be called on any thread.
package final class Hub<Session: TunnelSession>: Sendable {
    struct State: Sendable {
        var tunnels: [String: TunnelState<Session>] = [:]
        var waiting: [UInt64: Waiting] = [:]
        var timers: [String: Timer] = [:]
        var revocations: Revocations
        var lastID: UInt64 = 0
        var isLeaving = false
        var registrations: UInt64 = 0
        var reconnects: UInt64 = 0

        mutating func nextID() -> UInt64 {
            lastID += 1
            return lastID
        }
    }

    struct Timer: Sendable {
        let due: NIODeadline
        let scheduled: Scheduled<Void>
    }

    let limits: TunnelLimits
    let eventLoop: any EventLoop
    let now: @Sendable () -> NIODeadline
    let state: Mutex<State>
    private let logger: Logger

    /// - Parameters:
    ///   - eventLoop: runs the timers of calls that wait.
    ///   - now: the clock, which has to be the event loop's.
    package init(
        limits: TunnelLimits = .defaults, eventLoop: any EventLoop, logger: Logger,
        now: @escaping @Sendable () -> NIODeadline = { .now() }
    ) {
        self.limits = limits
        self.eventLoop = eventLoop
        self.logger = logger
        self.now = now
        self.state = Mutex(State(revocations: Revocations(memory: limits.memory)))
    }

    /// Takes a session in until it closes, and drains the zombies it replaces.
    package func register(_ session: Session, identity: TunnelIdentity) throws(TunnelRefusal) {
        let now = now()
        let tunnelID = identity.tunnelID
        var effects = Effects()
        let id = try state.withLock { state -> Result<UInt64, TunnelRefusal> in
            if let refusal = refusal(of: identity, in: state, now: now) { return .failure(refusal) }
            let id = state.nextID()
            let known = state.tunnels[tunnelID]
            var tunnel = known ?? TunnelState(limits: limits)
            let (fenced, grants) = tunnel.register(
                .init(id: id, identity: identity, session: session, since: now))
            state.tunnels[tunnelID] = tunnel
            state.registrations += 1
            if known != nil { state.reconnects += 1 }
            effects.draining = fenced
            effects.grant(grants, from: &state.waiting)
            settle(tunnelID, in: &state, now: now)
            return .success(id)
        }.get()
        effects.perform()
        session.onSlotFreed { [weak self] in self?.slotFreed(tunnelID) }
        session.closeFuture.whenComplete { [weak self] _ in self?.ended(id, tunnelID) }
        // A slot may have been freed before anyone listened.
        slotFreed(tunnelID)
        logger.info(
            "tunnel session opened",
            metadata: [
                "tunnel": "\(tunnelID)", "session": "\(id)", "instance": "\(identity.instance)",
                "version": "\(identity.connectorVersion)", "remote": "\(identity.remoteAddress)",
            ])
    }

    /// Why a session of this identity would not be taken now: asked before a connection becomes a tunnel.
    package func refusal(of identity: TunnelIdentity) -> TunnelRefusal? {
        let now = now()
        return state.withLock { refusal(of: identity, in: $0, now: now) }
    }

    private func refusal(of identity: TunnelIdentity, in state: State, now: NIODeadline) -> TunnelRefusal? {
        if state.isLeaving { return .leaving }
        if state.revocations.cover(identity, now: now) { return .revoked }
        guard let tunnel = state.tunnels[identity.tunnelID] else {
            return state.tunnels.count < limits.tunnels ? nil : .tooManyTunnels
        }
        return tunnel.refusal(of: identity)
    }

    private func ended(_ id: UInt64, _ tunnelID: String) {
        let now = now()
        state.withLock { state in
            state.tunnels[tunnelID]?.ended(id, now: now)
            settle(tunnelID, in: &state, now: now)
        }
        logger.info("tunnel session closed", metadata: ["tunnel": "\(tunnelID)", "session": "\(id)"])
    }

    private func slotFreed(_ tunnelID: String) {
        var effects = Effects()
        state.withLock { state in
            guard let tunnel = state.tunnels[tunnelID], !tunnel.waiters.isEmpty else { return }
            let grants = state.tunnels[tunnelID]?.serve() ?? []
            effects.grant(grants, from: &state.waiting)
        }
        effects.perform()
    }

    // MARK: time

    /// Forgets a tunnel that is not worth keeping, or sees to it that time will not pass it by.
    func settle(_ tunnelID: String, in state: inout State, now: NIODeadline) {
        guard let tunnel = state.tunnels[tunnelID] else { return }
        if tunnel.isForgettable(now: now) {
            state.tunnels[tunnelID] = nil
            state.timers.removeValue(forKey: tunnelID)?.scheduled.cancel()
            return
        }
        // A timer that fires early finds nothing to do and sets the next.
        guard let due = tunnel.nextDue, state.timers[tunnelID].map({ due < $0.due }) ?? true else { return }
        state.timers[tunnelID]?.scheduled.cancel()
        let scheduled = eventLoop.scheduleTask(deadline: due) { [weak self] () -> Void in
            self?.timerFired(tunnelID, due: due)
        }
        state.timers[tunnelID] = Timer(due: due, scheduled: scheduled)
    }

    private func timerFired(_ tunnelID: String, due: NIODeadline) {
        let now = now()
        var effects = Effects()
        state.withLock { state in
            if state.timers[tunnelID]?.due == due { state.timers[tunnelID] = nil }
            let expired = state.tunnels[tunnelID]?.expire(now: now) ?? []
            effects.fail(expired, from: &state.waiting)
            settle(tunnelID, in: &state, now: now)
        }
        effects.perform()
    }
}
