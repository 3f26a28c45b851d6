import NIOCore
import Synchronization

extension Hub {
    /// What is known of a tunnel; one that has no session has an empty list of them.
    package func snapshot(of tunnelID: String) -> TunnelSnapshot {
        let now = now()
        let tunnel = state.withLock { $0.tunnels[tunnelID] }
        let sessions = tunnel?.entries ?? []
        return TunnelSnapshot(
            tunnelID: tunnelID, sessions: sessions.map { SessionSnapshot($0, now: now) },
            waiting: tunnel?.waiters.count ?? 0)
    }

    /// The tunnels that have a session now.
    package func liveTunnels() -> [String] {
        state.withLock { state in state.tunnels.filter { !$0.value.entries.isEmpty }.map(\.key) }
    }

    /// Sums for the metrics.
    package func gauges() -> TunnelGauges {
        let (tunnels, registrations, reconnects) = state.withLock {
            (Array($0.tunnels.values), $0.registrations, $0.reconnects)
        }
        var gauges = TunnelGauges()
        gauges.registrations = registrations
        gauges.reconnects = reconnects
        for tunnel in tunnels {
            gauges.tunnels += tunnel.entries.isEmpty ? 0 : 1
            gauges.sessions += tunnel.entries.count
            gauges.waiting += tunnel.waiters.count
            for entry in tunnel.entries {
                gauges.streams += entry.session.callsInFlight
                if let roundTrip = entry.session.roundTrip { gauges.roundTrips.append(roundTrip) }
            }
        }
        return gauges
    }
}

extension SessionSnapshot {
    init<Session>(_ entry: TunnelState<Session>.Entry, now: NIODeadline) {
        self.init(
            id: entry.id, instance: entry.identity.instance, epoch: entry.identity.epoch,
            connectorVersion: entry.identity.connectorVersion, remoteAddress: entry.identity.remoteAddress,
            age: now - entry.since, streams: entry.session.callsInFlight, streamLimit: entry.session.peerStreamLimit,
            roundTrip: entry.session.roundTrip, isAccepting: entry.isCandidate)
    }
}
