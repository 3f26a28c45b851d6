import Administration
import NIOCore
import NIOHTTP1
import Registry
import RelayHTTP
import ReverseHTTP
import Tunnels

/// Who may open a tunnel, and where its sessions go.
struct TunnelEntrance: Sendable {
    let administration: Administration
    let hub: TunnelHub

    func door(_ session: SessionConfiguration) -> TunnelDoor {
        TunnelDoor(
            authorize: { head, channel in
                guard let identity = identity(head, channel), hub.refusal(of: identity) == nil else {
                    return channel.eventLoop.makeFailedFuture(PTTH.NotATunnelRequest())
                }
                return channel.eventLoop.makeSucceededFuture(identity)
            },
            opened: { session, identity in
                do throws(TunnelRefusal) {
                    try hub.register(session, identity: identity)
                    return true
                } catch {
                    return false
                }
            }, session: session)
    }

    /// Tunnel, user and token come from the verified token alone (T9).
    private func identity(_ head: HTTPRequestHead, _ channel: any Channel) -> TunnelIdentity? {
        guard let field = head.headers.first(name: "authorization"), let text = Authentication.bearer(field),
            let token = administration.authenticate(text), token.kind == .tunnel, let tunnel = token.tunnel,
            let user = token.user
        else { return nil }
        return TunnelIdentity(
            tunnelID: tunnel, userID: user, tokenID: token.id, remoteAddress: channel.remoteAddress?.ipAddress ?? "",
            header: { head.headers.first(name: $0) })
    }
}
