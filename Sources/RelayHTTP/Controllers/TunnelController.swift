import Administration
import Failure
import Hummingbird
import HTTPTypes
import Registry
import ReverseHTTP
import Tunnels
import Value
import Vault

/// `/v1/tunnels`, and the answer to a request for a tunnel that was not upgraded.
struct TunnelController {
    let administration: Administration
    let hub: TunnelHub

    func add(to router: Router<RelayContext>) {
        router.group("v1/tunnels").add(middleware: RequireToken(administration: administration, kinds: [.user]))
            .post(use: create).post(":id/tokens", use: createToken)
        router.group("v1/tunnels")
            .add(middleware: RequireToken(administration: administration, kinds: [.user, .operator]))
            .get(use: list).get(":id", use: show).delete(":id", use: delete)
        router.get("v1/tunnel", use: notUpgraded)
    }

    /// The user's own; for an operator everybody's, or with `?user_id=` one user's.
    @Sendable func list(_ request: Request, _ context: RelayContext) async throws -> Response {
        let page = try PageRequest(request)
        let actor = try context.actor()
        func present(_ tunnel: Tunnel) -> JSON {
            Presentation.tunnel(tunnel, hub.snapshot(of: tunnel.id), now: administration.now())
        }
        guard actor.token.kind == .operator else {
            return page.slice(try await administration.tunnels(for: actor), by: \.id, present)
        }
        let found = try await administration.tunnels(ofAny: request.ofUser, page.bounds)
        return page.answer(found, by: \.id, present)
    }

    @Sendable func create(_ request: Request, _ context: RelayContext) async throws -> Response {
        let name = try await request.object(["name"], context).requiredString("name")
        let (tunnel, token) = try await administration.createTunnel(name: name, by: context.actor())
        var object =
            Presentation.tunnel(tunnel, hub.snapshot(of: tunnel.id), now: administration.now()).object ?? JSONObject()
        object["token"] = .string(token.text.revealed())
        object["token_id"] = .string(token.token.id)
        return .json(.object(object), status: .created)
    }

    @Sendable func show(_ request: Request, _ context: RelayContext) async throws -> Response {
        let tunnel = try await administration.tunnel(id: context.parameters.require("id"), for: context.actor())
        return .json(Presentation.tunnel(tunnel, hub.snapshot(of: tunnel.id), now: administration.now()))
    }

    @Sendable func delete(_ request: Request, _ context: RelayContext) async throws -> Response {
        try await administration.deleteTunnel(id: context.parameters.require("id"), by: context.actor())
        return .done
    }

    @Sendable func createToken(_ request: Request, _ context: RelayContext) async throws -> Response {
        let object = try await request.object(["label", "expires_in_s"], context)
        let token = try await administration.createTunnelToken(
            tunnel: context.parameters.require("id"), label: try object.string("label") ?? "", life: try object.life(),
            by: context.actor())
        return .json(Presentation.token(token), status: .created)
    }

    /// Whoever comes here asked for a tunnel and was not given one: their token is no good, the hub takes no session of
    /// theirs now, or they did not ask in HTTP/1.1 with `Upgrade: ptth`.
    @Sendable func notUpgraded(_ request: Request, _ context: RelayContext) async throws -> Response {
        let text = request.headers[.authorization].flatMap(Authentication.bearer)
        guard let text, let token = administration.authenticate(text) else {
            throw Authentication.refusal(of: text, administration, "The tunnel's token is missing or not valid.")
        }
        guard token.kind == .tunnel else {
            throw CallFailure(.forbidden, stage: .policy, detail: "A tunnel is opened with a tunnel's token.")
        }
        if request.headers[.upgrade]?.lowercased() == PTTH.upgradeToken, let refusal = refusal(of: request, token) {
            throw CallFailure(
                .overloaded, stage: .tunnel, detail: "No tunnel is opened: \(refusal).", retryAfter: 1)
        }
        throw CallFailure(
            .invalidRequest, stage: .policy,
            detail: "A tunnel is asked for over HTTP/1.1 with Upgrade: ptth and ALPN: h2.")
    }

    /// Why the hub takes no session of this token's now.
    private func refusal(of request: Request, _ token: Token) -> TunnelRefusal? {
        guard let tunnel = token.tunnel, let user = token.user else { return nil }
        let identity = TunnelIdentity(tunnelID: tunnel, userID: user, tokenID: token.id, remoteAddress: "") { name in
            HTTPField.Name(name).flatMap { request.headers[$0] }
        }
        return hub.refusal(of: identity)
    }
}
