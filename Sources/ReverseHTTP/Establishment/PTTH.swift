package import NIOCore

/// What both sides of the PTTH upgrade agree on (draft-unknown-ptth-ptth).
package enum PTTH {
    /// The token in `Upgrade`.
    package static let upgradeToken = "ptth"
    /// Where a relay takes tunnels.
    package static let path = "/v1/tunnel"

    /// The request does not ask for a tunnel.
    package struct NotATunnelRequest: Error {
        package init() {}
    }

    /// The relay answered something other than `101`.
    package struct Refusal: Error, Sendable, Equatable, CustomStringConvertible {
        /// The response's status.
        package let status: Int
        /// What `Retry-After` asks for.
        package let retryAfter: TimeAmount?
        /// The relay's words: the beginning of the response's body.
        package let body: String

        package init(status: Int, retryAfter: TimeAmount? = nil, body: String = "") {
            self.status = status
            self.retryAfter = retryAfter
            self.body = body
        }

        package var description: String {
            "the relay answered \(status) instead of 101"
        }
    }

    /// The connection ended, or something other than HTTP came, before the relay answered.
    package struct NoAnswer: Error, Sendable, Equatable, CustomStringConvertible {
        package let description: String
    }
}
