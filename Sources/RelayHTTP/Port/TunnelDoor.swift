package import NIOCore
package import NIOHTTP1
import NIOPosix
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
    /// The event loops that serve the port, in the order in which connectors know them by number.
    private let loops: [any EventLoop]

    package init(
        authorize: @escaping Authorize, opened: @escaping Opened, session: SessionConfiguration = .defaults,
        userTimeout: TimeAmount = .seconds(10)
    ) {
        self.authorize = authorize
        self.opened = opened
        self.session = session
        self.userTimeout = userTimeout
        loops = Array(MultiThreadedEventLoopGroup.singleton.makeIterator())
    }

    /// What a connector is told of the event loop that holds its session; nil where the port is not served by the
    /// process's own group.
    func place(of loop: any EventLoop) -> PTTH.LoopPlace? {
        loops.firstIndex { $0 === loop }.flatMap { PTTH.LoopPlace(count: loops.count, index: $0) }
    }
}
