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
        func word(_ name: String, _ limit: Int) -> String {
            String((head.headers.first(name: name) ?? "").filter { $0.isASCII && !$0.isWhitespace }.prefix(limit))
        }
        let instance = word("penstock-instance", 64)
        return TunnelIdentity(
            tunnelID: tunnel, userID: user, tokenID: token.id, instance: instance.isEmpty ? "unnamed" : instance,
            epoch: UInt64(word("penstock-epoch", 20)) ?? 0, connection: Int(word("penstock-connection", 4)),
            connectorVersion: word("penstock-version", 32), remoteAddress: channel.remoteAddress?.ipAddress ?? "")
    }
}
