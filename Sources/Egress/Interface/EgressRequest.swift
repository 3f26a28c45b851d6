package import EgressPolicy
package import NIOCore
package import NIOHTTP1

/// One request that leaves: rendered, allowed, and with its credential in place.
package struct EgressRequest: Sendable {
    package var method: String
    package var origin: Origin
    /// Path and query, exactly as they go on the wire.
    package var target: String
    /// Sent as they stand, without the fields that frame a message (``RequestFields``), which are this client's.
    package var headers: HTTPHeaders
    package var body: EgressBody
    package var isolation: EgressIsolation
    /// When the exchange must be over.
    package var deadline: NIODeadline
    /// ``deadline`` is for the answer's head only: the body streams for as long as it takes, at any rate.
    package var deadlineEndsAtHead = false
    /// For the connection to come up, without TLS.
    package var connectTimeout: TimeAmount = .seconds(10)
    /// From the last byte of the request to the first of the answer.
    package var firstByteTimeout: TimeAmount?
    /// Between two bytes of the answer's body; the time in which nobody reads does not count.
    package var idleTimeout: TimeAmount? = .seconds(60)
    /// The most bytes of body taken, as on the wire; nil for any number.
    package var responseBytes: Int?
    /// Follows redirects to the same scheme, host and port, at most five (S5).
    package var followRedirects = false
    /// Asked of each path and query that a redirect leads to; one that is not allowed is not followed.
    package var allowsRedirect: @Sendable (_ target: String) -> Bool = { _ in true }
    /// Whether it may be sent again after it may have been processed (RFC 9110, section 9.2.2).
    package var isIdempotent: Bool

    /// - Parameter isIdempotent: by default as the method says.
    package init(
        method: String = "GET", origin: Origin, target: String = "/", headers: HTTPHeaders = [:],
        body: EgressBody = .none, isolation: EgressIsolation, deadline: NIODeadline, isIdempotent: Bool? = nil
    ) {
        self.method = method
        self.origin = origin
        self.target = target
        self.headers = headers
        self.body = body
        self.isolation = isolation
        self.deadline = deadline
        self.isIdempotent =
            isIdempotent ?? Methods.isIdempotent(method)
    }
}

/// A request's body.
package enum EgressBody: Sendable {
    case none
    case whole(ByteBuffer)
    /// Read while it is sent, one piece ahead. Of `length` bytes, or chunked. `next` returns nil at the end, and must
    /// end when its task is cancelled.
    case streamed(length: Int?, next: @Sendable () async throws -> ByteBuffer?)
    /// Brought by ``EgressCall/send(_:)`` and ended by ``EgressCall/finish()``. Of `length` bytes, or chunked. Only for
    /// requests that are started on an event loop.
    case pushed(length: Int?)
}

/// What must be equal for two requests to share connections.
package struct EgressIsolation: Sendable, Hashable {
    package var user: String
    package var tls: EgressTLS
    /// Where not empty, every address must be in one of these ranges.
    package var ipAllowlist: [CIDR]

    package init(user: String, tls: EgressTLS = EgressTLS(), ipAllowlist: [CIDR] = []) {
        self.user = user
        self.tls = tls
        self.ipAllowlist = ipAllowlist
    }
}

/// An API's own TLS settings.
package struct EgressTLS: Sendable, Hashable {
    /// Trusted in place of the operator's and the system's CAs.
    package var caPEM: [UInt8]?
    package var clientCertificatePEM: [UInt8]?
    package var clientKeyPEM: [UInt8]?
    /// False only where the operator allows it.
    package var verify: Bool

    package init(
        caPEM: [UInt8]? = nil, clientCertificatePEM: [UInt8]? = nil, clientKeyPEM: [UInt8]? = nil, verify: Bool = true
    ) {
        self.caPEM = caPEM
        self.clientCertificatePEM = clientCertificatePEM
        self.clientKeyPEM = clientKeyPEM
        self.verify = verify
    }
}
