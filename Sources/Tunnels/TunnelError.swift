package import NIOCore

/// Why a call got no slot on a tunnel.
package enum TunnelError: Error, Sendable, Hashable, CustomStringConvertible {
    /// No session is live; `retryAfter` is how long a caller should wait.
    case offline(retryAfter: TimeAmount)
    /// Every session carries as many calls as it takes, and as many again wait.
    case overloaded
    /// The caller went away while it waited.
    case cancelled

    package var description: String {
        switch self {
        case .offline: "no connector of this tunnel is connected"
        case .overloaded: "every slot of this tunnel is taken"
        case .cancelled: "the caller went away"
        }
    }
}

/// Why a session was not taken in.
package enum TunnelRefusal: Error, Sendable, Hashable, CustomStringConvertible {
    /// The same connector has started anew since.
    case fenced
    /// The tunnel has as many sessions as are taken.
    case tooManySessions
    /// The relay has as many tunnels as it takes.
    case tooManyTunnels
    /// The tunnel, its user or its token has just been revoked.
    case revoked
    /// The relay is shutting down.
    case leaving

    package var description: String {
        switch self {
        case .fenced: "a newer start of the same connector is connected"
        case .tooManySessions: "the tunnel has too many sessions"
        case .tooManyTunnels: "the relay has too many tunnels"
        case .revoked: "the tunnel's token is no longer valid"
        case .leaving: "the relay is shutting down"
        }
    }
}
