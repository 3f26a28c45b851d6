package import EgressPolicy
package import NIOCore
package import NIOHTTP1

/// One request as it will reach the API: rendered, allowed, and with its credential in place.
package struct OutboundRequest: Sendable {
    package var method: String
    package var origin: Origin
    /// Path and query, exactly as they go on the wire.
    package var target: String
    package var headers: HTTPHeaders
    package var body: OutboundBody
    /// Lower-case names of header fields that hold the credential.
    package var sensitive: [String]
    /// A path parameter that may hold a slash put an encoded one into the target.
    package var allowsEncodedSlash: Bool
    package var requestID: String
    /// The request id of the call or test that this request is part of, where it goes by another.
    package var parentID: String?
    package var deadline: NIODeadline
    /// The deadline is for the answer's head only: the body streams for as long as it takes.
    package var deadlineEndsAtHead = false
    /// Whether it may be sent again after it may have been processed (RFC 9110, section 9.2.2).
    package var isIdempotent: Bool { Methods.isIdempotent(method) }

    package init(
        method: String, origin: Origin, target: String, headers: HTTPHeaders = [:], body: OutboundBody = .none,
        sensitive: [String] = [], allowsEncodedSlash: Bool = false, requestID: String, deadline: NIODeadline
    ) {
        self.method = method
        self.origin = origin
        self.target = target
        self.headers = headers
        self.body = body
        self.sensitive = sensitive
        self.allowsEncodedSlash = allowsEncodedSlash
        self.requestID = requestID
        self.deadline = deadline
    }
}

/// A request's body.
package enum OutboundBody: Sendable {
    case none
    case whole(ByteBuffer)
    /// Read while it is sent; `next` returns nil at the end.
    case streamed(next: @Sendable () async throws -> ByteBuffer?)
}
