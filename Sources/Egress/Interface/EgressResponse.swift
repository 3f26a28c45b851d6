package import NIOCore
package import NIOHTTP1

/// An API's answer.
package struct EgressResponse: Sendable {
    package var status: Int
    package var httpVersion: HTTPVersion
    package var headers: HTTPHeaders
    package var body: EgressResponseBody
    /// The address of the other end: the API's, or the outbound proxy's.
    package var remoteAddress: String
    /// The connection had carried another request before.
    package var isReused: Bool
    package var timings: EgressTimings
    /// When the API's certificate expires, in seconds since 1970; nil without a TLS handshake for this request.
    package var certificateExpiry: Int64?
}

/// An answer's body.
package enum EgressResponseBody: Sendable {
    /// It has arrived whole.
    case whole(ByteBuffer?)
    /// It is still coming. Asking for more says that what was handed over has left; nil is the end.
    ///
    /// - Throws: ``EgressError``, where the body ends early or breaks a limit.
    case streamed(next: @Sendable () async throws -> ByteBuffer?)
}

/// A connection that was made and closed again.
package struct EgressConnection: Sendable, Hashable {
    /// The address of the other end: the API's, or the outbound proxy's.
    package var remoteAddress: String
    /// ``EgressTimings/firstByte`` is 0.
    package var timings: EgressTimings
    /// When the API's certificate expires, in seconds since 1970; nil without TLS.
    package var certificateExpiry: Int64?
}

/// How long each step took, in microseconds; 0 for a step that was not needed.
package struct EgressTimings: Sendable, Hashable {
    package var dns: Int64 = 0
    package var connect: Int64 = 0
    package var tls: Int64 = 0
    /// From when the request could be sent.
    package var firstByte: Int64 = 0
}

/// What the client holds at a moment.
package struct EgressGauges: Sendable, Hashable {
    /// Open sockets.
    package var connections = 0
    /// Requests under way.
    package var transfers = 0
    /// Isolation keys that hold connections, or did a moment ago.
    package var handles = 0
}
