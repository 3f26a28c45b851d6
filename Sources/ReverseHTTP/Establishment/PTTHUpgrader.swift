package import NIOCore
package import NIOHTTP1

/// The relay's side of establishing a tunnel: answers `GET /v1/tunnel` with `Upgrade: ptth` by `101`, after which the
/// connection carries HTTP/2 with the roles reversed (draft-unknown-ptth-ptth).
///
/// A request that is not authorised is not upgraded: it goes on as an ordinary request, whose handler says why.
package struct PTTHUpgrader<Identity: Sendable, UpgradeResult: Sendable>: NIOTypedHTTPServerProtocolUpgrader {
    package typealias Authorize = @Sendable (HTTPRequestHead, any Channel) -> EventLoopFuture<Identity>
    package typealias Upgraded = @Sendable (any Channel, Identity, HTTPRequestHead) -> EventLoopFuture<UpgradeResult>

    private let path: String
    private let place: PTTH.LoopPlace?
    private let authorize: Authorize
    private let upgraded: Upgraded
    private let identities: NIOLoopBoundBox<Identity?>

    /// One upgrader serves one connection.
    ///
    /// - Parameters:
    ///   - place: which event loop holds the connection, for the connector; nil says nothing.
    ///   - authorize: who the request's token says is calling; failing refuses the upgrade.
    ///   - upgraded: puts the session on the channel, once `101` has left.
    package init(
        path: String = PTTH.path, eventLoop: any EventLoop, place: PTTH.LoopPlace? = nil,
        authorize: @escaping Authorize, upgraded: @escaping Upgraded
    ) {
        self.path = path
        self.place = place
        self.authorize = authorize
        self.upgraded = upgraded
        self.identities = .makeEmptyBox(valueType: Identity.self, eventLoop: eventLoop)
    }

    package var supportedProtocol: String { PTTH.upgradeToken }
    package var requiredUpgradeHeaders: [String] { [] }

    package func buildUpgradeResponse(
        channel: any Channel, upgradeRequest: HTTPRequestHead, initialResponseHeaders: HTTPHeaders
    ) -> EventLoopFuture<HTTPHeaders> {
        guard upgradeRequest.method == .GET, upgradeRequest.uri == path,
            upgradeRequest.headers[canonicalForm: "alpn"].contains("h2")
        else {
            return channel.eventLoop.makeFailedFuture(PTTH.NotATunnelRequest())
        }
        let (identities, place) = (self.identities, self.place)
        return authorize(upgradeRequest, channel).map { identity in
            identities.value = identity
            var headers = initialResponseHeaders
            headers.replaceOrAdd(name: "alpn", value: "h2")
            place?.write(to: &headers)
            return headers
        }
    }

    package func upgrade(channel: any Channel, upgradeRequest: HTTPRequestHead) -> EventLoopFuture<UpgradeResult> {
        guard let identity = identities.value else {
            return channel.eventLoop.makeFailedFuture(PTTH.NotATunnelRequest())
        }
        return upgraded(channel, identity, upgradeRequest)
    }
}
