package import NIOCore
package import NIOHTTP1
package import ReverseHTTP
package import Tunnels

/// How the port takes tunnels in; made by the composition root.
package struct TunnelDoor: Sendable {
    /// Who a request for a tunnel comes from, by its token alone (T9). Fails to refuse it; the request then goes to the
    /// router like any other, which says why. It therefore consumes nothing. Called on the connection's event loop.
    package typealias Authorize = @Sendable (HTTPRequestHead, any Channel) -> EventLoopFuture<TunnelIdentity>

    /// Takes a session that is up; false closes it. Called on the connection's event loop.
    package typealias Opened = @Sendable (ClientSession, TunnelIdentity) -> Bool

    package var authorize: Authorize
    package var opened: Opened
    /// How sessions on tunnels behave.
    package var session: SessionConfiguration
    /// How long bytes on a tunnel may stay unacknowledged (TCP_USER_TIMEOUT). Default 10 s.
    package var userTimeout: TimeAmount

    package init(
        authorize: @escaping Authorize, opened: @escaping Opened, session: SessionConfiguration = .defaults,
        userTimeout: TimeAmount = .seconds(10)
    ) {
        self.authorize = authorize
        self.opened = opened
        self.session = session
        self.userTimeout = userTimeout
    }
}
