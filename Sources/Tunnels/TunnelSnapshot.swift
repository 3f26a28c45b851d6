package import NIOCore

/// What is known of one live session, for people and metrics.
package struct SessionSnapshot: Sendable, Hashable {
    package let id: UInt64
    package let instance: String
    package let epoch: UInt64
    package let connectorVersion: String
    package let remoteAddress: String
    /// How long it has been up.
    package let age: TimeAmount
    /// Calls under way.
    package let streams: Int
    package let streamLimit: Int
    /// The last measured round trip.
    package let roundTrip: TimeAmount?
    /// False once it drains.
    package let isAccepting: Bool
}

/// What is known of one tunnel.
package struct TunnelSnapshot: Sendable, Hashable {
    package let tunnelID: String
    package let sessions: [SessionSnapshot]
    /// Calls that wait for a slot or a session.
    package let waiting: Int
}

/// Sums over all tunnels, for gauges.
package struct TunnelGauges: Sendable, Hashable {
    package var tunnels = 0
    package var sessions = 0
    package var streams = 0
    package var waiting = 0
    /// Sessions taken since the start, and of those the ones whose tunnel had been live before.
    package var registrations: UInt64 = 0
    package var reconnects: UInt64 = 0
    /// Round trips of the sessions that have measured one.
    package var roundTrips: [TimeAmount] = []

    package init() {}
}
