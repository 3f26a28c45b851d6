import Administration
import Hummingbird
import Pipeline
import Registry
import Tunnels
import Value
import Vault

/// `/v1/tunnels`, and the answer to a request for a tunnel that was not upgraded.
struct TunnelController {
    let administration: Administration
    let hub: TunnelHub

    func add(to router: Router<RelayContext>) {
        router.group("v1/tunnels").add(middleware: RequireToken(administration: administration, kinds: [.user]))
            .get(use: list).post(use: create).get(":id", use: show).delete(":id", use: delete)
            .post(":id/tokens", use: createToken)
        router.get("v1/tunnel", use: notUpgraded)
    }

    @Sendable func list(_ request: Request, _ context: RelayContext) async throws -> Response {
        let tunnels = try await administration.tunnels(for: context.actor())
        return try PageRequest(request).slice(tunnels, by: \.id) {
            Presentation.tunnel($0, hub.snapshot(of: $0.id), now: administration.now())
        }
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
        let label = try await request.object(["label"], context).string("label") ?? ""
        let token = try await administration.createTunnelToken(
            tunnel: context.parameters.require("id"), label: label, by: context.actor())
        return .json(Presentation.token(token), status: .created)
    }

    /// Whoever comes here asked for a tunnel and was not given one: their token is no good, or they did not ask in HTTP/1.1
    /// with `Upgrade: ptth`.
    @Sendable func notUpgraded(_ request: Request, _ context: RelayContext) async throws -> Response {
        guard let field = request.headers[.authorization], let text = Authentication.bearer(field),
            let token = administration.authenticate(text)
        else { throw Failure(.unauthorized, stage: .policy, detail: "The tunnel's token is missing or not valid.") }
        guard token.kind == .tunnel else {
            throw Failure(.forbidden, stage: .policy, detail: "A tunnel is opened with a tunnel's token.")
        }
        throw Failure(
            .invalidRequest, stage: .policy,
            detail: "A tunnel is asked for over HTTP/1.1 with Upgrade: ptth and ALPN: h2.")
    }
}
