/// Why a call on a session has no response.
package struct StreamError: Error, Sendable, Hashable, CustomStringConvertible {
    package struct Code: Sendable, Hashable, CustomStringConvertible {
        package let description: String

        /// The deadline passed.
        package static let timedOut = Code(description: "deadline passed")
        /// The peer provably did not process the request; it may be sent again elsewhere.
        package static let refused = Code(description: "refused by the peer before it was processed")
        /// The peer reset the stream.
        package static let reset = Code(description: "stream reset by the peer")
        /// The peer's answer is not valid HTTP/2.
        package static let malformed = Code(description: "malformed answer")
        /// The connection went away.
        package static let sessionClosed = Code(description: "session closed")
        /// The caller went away.
        package static let cancelled = Code(description: "cancelled")
        /// The peer's stream limit is reached.
        package static let overloaded = Code(description: "no stream is free")
        /// The request's header list is larger than sessions carry.
        package static let headerListTooLarge = Code(description: "header list too large")
    }

    package let code: Code
    /// Whether the request may have reached the peer.
    package let sent: Bool
    /// The error code on the wire, for ``Code/reset``.
    package let wireCode: HTTP2ErrorCode?

    package init(_ code: Code, sent: Bool, wireCode: HTTP2ErrorCode? = nil) {
        self.code = code
        self.sent = sent
        self.wireCode = wireCode
    }

    package var description: String {
        wireCode.map { "\(code) (\($0))" } ?? code.description
    }

    init(_ reason: StreamCloseReason) {
        switch reason {
        case .finished: self.init(.reset, sent: true, wireCode: .noError)
        case .reset(let code, byPeer: true): self.init(.reset, sent: true, wireCode: code)
        case .reset(let code, byPeer: false): self.init(.cancelled, sent: true, wireCode: code)
        case .refused: self.init(.refused, sent: false)
        case .malformed: self.init(.malformed, sent: true)
        case .timedOut: self.init(.timedOut, sent: true)
        case .sessionClosed: self.init(.sessionClosed, sent: true)
        }
    }
}
