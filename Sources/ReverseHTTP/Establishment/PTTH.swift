package import NIOCore
package import NIOHTTP1

/// What both sides of the PTTH upgrade agree on (draft-unknown-ptth-ptth).
package enum PTTH {
    /// The token in `Upgrade`.
    package static let upgradeToken = "ptth"
    /// Where a relay takes tunnels.
    package static let path = "/v1/tunnel"

    /// Which of the relay's event loops holds a session, as the `101` says in `penstock-loops` and `penstock-loop`. A
    /// connector that knows can give every loop a session, so that calls need not cross threads.
    package struct LoopPlace: Sendable, Hashable {
        /// The relay's event loops, from 1 to ``most``.
        package let count: Int
        /// The session's, from 0, less than ``count``.
        package let index: Int

        /// As many loops are believed of a relay.
        package static let most = 1024
        private static let countField = "penstock-loops"
        private static let indexField = "penstock-loop"

        /// Returns nil where there is no such loop.
        package init?(count: Int, index: Int) {
            guard 1...Self.most ~= count, 0..<count ~= index else { return nil }
            self.count = count
            self.index = index
        }

        /// Reads a `101`; returns nil where the relay does not say, or says what cannot be.
        package init?(_ headers: HTTPHeaders) {
            guard let count = headers.first(name: Self.countField).flatMap({ Int($0) }),
                let index = headers.first(name: Self.indexField).flatMap({ Int($0) })
            else { return nil }
            self.init(count: count, index: index)
        }

        func write(to headers: inout HTTPHeaders) {
            headers.replaceOrAdd(name: Self.countField, value: String(count))
            headers.replaceOrAdd(name: Self.indexField, value: String(index))
        }
    }

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
