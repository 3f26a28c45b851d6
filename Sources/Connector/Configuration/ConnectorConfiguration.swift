package import EgressPolicy

/// What a connector does: plain values, checked (interface.md, "Connector configuration").
package struct ConnectorConfiguration: Sendable {
    /// Where the connector dials.
    package struct Relay: Sendable, Hashable, CustomStringConvertible {
        package var host: Host
        /// Default 443.
        package var port: Int

        package init(host: Host, port: Int = 443) {
            self.host = host
            self.port = port
        }

        /// For `Host`, and for people.
        package var authority: String { port == 443 ? host.description : "\(host):\(port)" }
        package var description: String { "https://\(authority)" }
    }

    /// One entry of `allow`.
    package struct Rule: Sendable {
        /// `http://192.168.1.100:8080`, `https://*.internal.example:8443`, `http://10.20.0.0/16:*`.
        package var origin: String
        /// Empty: any.
        package var methods: [String] = []
        /// Empty: any.
        package var paths: [String] = []
        package var permitsEncodedSlashes = false
        package var tls = TLS()

        package init(origin: String, methods: [String] = [], paths: [String] = []) {
            self.origin = origin
            self.methods = methods
            self.paths = paths
        }
    }

    /// How a rule's HTTPS origins prove who they are.
    package struct TLS: Sendable, Hashable {
        /// PEM: the only roots that count for these origins. Absent: the system's.
        package var caFile: String?
        /// The name or address on the certificate, where it is not the origin's. A name stands in SNI too.
        package var serverName: Host?
        /// False accepts any certificate. Only the local file can say so.
        package var verify = true
        /// PEM with the connector's own certificate and its chain.
        package var clientCertificate: String?
        /// PEM with its key; absent: in ``clientCertificate``.
        package var clientKey: String?

        package init() {}
    }

    package struct Limits: Sendable {
        /// Calls at once, over all sessions. Default 512.
        package var concurrentRequests = 512
        /// The largest response body. Default 100 MiB.
        package var responseBytes = 100 << 20
        /// For name, TCP and TLS of an origin together. Default 5 s.
        package var connectTimeout: Duration = .seconds(5)
        /// How old a connection to an origin may be that takes another call, so that a name that moves is followed.
        /// Default 60 s.
        package var connectionAge: Duration = .seconds(60)
        /// Connections to one origin kept for the next call. Default ``concurrentRequests``: a call that ends leaves its
        /// connection to the next, however many run at once.
        package var idleConnections: Int?
        /// The same of all origins together. Default twice ``idleConnections``.
        package var idleConnectionsTotal: Int?

        package init() {}

        var idlePerOrigin: Int { idleConnections ?? concurrentRequests }
        var idleInAll: Int { idleConnectionsTotal ?? 2 * idlePerOrigin }
    }

    /// An address and port to listen on.
    package struct Listen: Sendable, Hashable, CustomStringConvertible {
        package var address: IPAddress
        package var port: Int

        package init(address: IPAddress, port: Int) {
            self.address = address
            self.port = port
        }

        package var description: String { "\(Host.address(address)):\(port)" }
    }

    package var relay: Relay
    /// Read anew for each dial.
    package var tokenFile: String
    /// Sessions with the relay, at least. Default 2.
    package var connections = 2
    /// Sessions with the relay, at most: beyond ``connections``, each event loop of the relay gets one. Default 8.
    package var maxConnections = 8
    /// PEM: roots for the relay beside the system's.
    package var caFile: String?
    package var allow: [Rule]
    /// Names that are resolved here, and to what.
    package var hosts: [String: IPAddress] = [:]
    package var limits = Limits()
    package var auditFile: String?
    /// Absent: no health listener. Default 127.0.0.1:8181.
    package var healthListen: Listen?
    /// How long calls in flight may take once the connector leaves. Default 30 s.
    package var shutdownGrace: Duration = .seconds(30)

    package init(relay: Relay, tokenFile: String, allow: [Rule]) {
        self.relay = relay
        self.tokenFile = tokenFile
        self.allow = allow
    }
}
