package import NIOCore

/// How far a hub goes for a tunnel (T13).
package struct TunnelLimits: Sendable {
    /// Sessions of one tunnel. Default 64.
    package var sessions = 64
    /// Tunnels with sessions, or lately with sessions. Default 100,000.
    package var tunnels = 100_000
    /// Calls that may wait for a tunnel that is briefly gone. Default 512.
    package var waitersWhileGone = 512
    /// How long after its last session a tunnel counts as briefly gone. Default 60 s.
    package var memory: TimeAmount = .seconds(60)
    /// How long a call waits for a tunnel that is briefly gone. Default 10 s.
    package var patience: TimeAmount = .seconds(10)
    /// What callers of an offline tunnel are asked to wait. Default 5 s.
    package var retryAfter: TimeAmount = .seconds(5)

    package init() {}

    package static let defaults = TunnelLimits()
}
