package import EgressPolicy
package import NIOCore

/// The operator's settings for requests that leave.
package struct EgressConfiguration: Sendable {
    package var rules: EgressRules
    /// Whether a request may ask for TLS without verification.
    package var allowUnverifiedTLS = false
    /// A PEM file of CAs, trusted in place of the system's.
    package var caFile: String?
    /// A PEM file of revocation lists. Where set, every issuer in a chain must have its list there.
    package var crlFile: String?
    package var proxy: EgressProxy?
    /// The local address that connections come from.
    package var bind: IPAddress?
    /// For the TLS handshake, once the connection is up.
    package var tlsTimeout: TimeAmount = .seconds(10)
    /// The same, where the host has another address that has not been tried: 2 s.
    package var tlsPatience: TimeAmount = .seconds(2)
    package var minimumRate = MinimumRate()
    package var limits = Limits()

    package init(rules: EgressRules) { self.rules = rules }

    /// A body must bring `bytes` in every `period` in which it is read.
    package struct MinimumRate: Sendable, Hashable {
        /// 1 KiB.
        package var bytes = 1024
        /// 30 s.
        package var period: TimeAmount = .seconds(30)

        package init() {}
    }

    package struct Limits: Sendable, Hashable {
        /// Requests under way, all users together: 10,000.
        package var transfers = 10_000
        /// Requests under way for one isolation key: 256.
        package var transfersPerHandle = 256
        /// Isolation keys that hold connections: 1,000. The one idle for longest gives way.
        package var handles = 1000
        /// Above so many connections of one isolation key, those in use included, one that becomes idle is closed: 256.
        package var connectionsPerHandle = 256
        /// How old a connection may be that takes another request, so that a name that moves is followed: 60 s.
        package var connectionAge: TimeAmount = .seconds(60)
        /// How long an idle connection and an idle isolation key are kept: 60 s.
        package var idle: TimeAmount = .seconds(60)
        /// Fields of an answer's head, trailers included: 200.
        package var headerFields = 200
        /// Bytes of an answer's head, interim answers and trailers included: 64 KiB.
        package var headerBytes = 65_536
        /// Bytes of a body that wait for their reader before the connection is paused: 256 KiB.
        package var bufferedBytes = 262_144

        package init() {}
    }
}

/// The operator's outbound HTTP proxy. Every request goes through a CONNECT tunnel.
package struct EgressProxy: Sendable {
    package var origin: Origin
    package var user: String?
    package var password: String?
    /// The proxy resolves names: CONNECT carries the name, and only literals can be checked here.
    package var resolves: Bool

    package init(origin: Origin, user: String? = nil, password: String? = nil, resolves: Bool = false) {
        self.origin = origin
        self.user = user
        self.password = password
        self.resolves = resolves
    }
}
