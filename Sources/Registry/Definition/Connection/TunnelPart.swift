import EgressPolicy
import Value

/// `tunnel`: the way to the API.
struct TunnelPart {
    enum Kind {
        case direct
        /// Nil after a fault.
        case agent(id: String?)
        case cloudflare(APIRoute.Access?)
    }

    private(set) var kind = Kind.direct

    /// Whether calls go through one of the relay's own tunnels.
    var isAgent: Bool { if case .agent = kind { true } else { false } }

    init(_ tunnel: ObjectReader?, _ fields: SecretFields, _ context: DefinitionContext) {
        guard let tunnel else { return }
        let faults = tunnel.faults
        let type = tunnel.word("type", among: ["platform_agent", "cloudflare", "none"])
        let isNamed = tunnel.has("type")
        // Who names a kind of tunnel means it, unless it is switched off.
        let enabled = tunnel.bool("enabled") ?? (isNamed && !tunnel.has("enabled"))
        let id = tunnel.string("tunnel_id")
        let access = tunnel.nested("access").map { Self.access($0, fields) }
        tunnel.finish()
        if access != nil, type != "cloudflare" {
            faults.invalid(tunnel.place("access"), "\"access\" belongs to a tunnel of type cloudflare.")
        }
        guard enabled else { return }
        switch type {
        case "platform_agent":
            kind = .agent(id: Self.check(id, tunnel, context))
        case "cloudflare":
            kind = .cloudflare(access)
        case "none":
            break
        default:
            kind = .agent(id: nil)
            if !isNamed {
                faults.invalid(tunnel.place("type"), "\"type\" is missing: platform_agent, cloudflare or none.")
            }
        }
    }

    private static func check(_ id: String?, _ tunnel: ObjectReader, _ context: DefinitionContext) -> String? {
        guard let id, !id.isEmpty else {
            tunnel.faults.invalid(tunnel.place("tunnel_id"), "\"tunnel_id\" is missing.")
            return nil
        }
        if let known = context.tunnels, !known.contains(id) {
            tunnel.faults.invalid(tunnel.place("tunnel_id"), "You have no tunnel with this id.")
        }
        return id
    }

    private static func access(_ reader: ObjectReader, _ fields: SecretFields) -> APIRoute.Access {
        let access = APIRoute.Access(
            clientID: fields.read(.clientID, as: "access_client_id", reader),
            clientSecret: fields.read(.clientSecret, as: "access_client_secret", reader))
        reader.finish()
        return access
    }
}
