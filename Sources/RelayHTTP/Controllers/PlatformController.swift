import Administration
import Failure
import Hummingbird
import Registry
import Value
import Version

/// `/v1/platform`: what everybody with a token may know of the relay.
struct PlatformController {
    let administration: Administration
    /// `egress.addresses`, as of now.
    let addresses: @Sendable () -> [String]
    /// `public_url`; nil where the operator names none.
    let publicURL: String?

    func add(to router: Router<RelayContext>) {
        router.group("v1/platform")
            .add(middleware: RequireToken(administration: administration, kinds: [.operator, .user, .agent]))
            .get("ips", use: ips)
        router.group("v1")
            .add(middleware: RequireToken(administration: administration, kinds: [.operator, .user, .agent]))
            .get("whoami", use: whoami)
        router.get(".well-known/oauth-protected-resource", use: resourceMetadata)
    }

    /// Whose token this is, and what relay it is for.
    @Sendable func whoami(_ request: Request, _ context: RelayContext) async throws -> Response {
        let token = try context.requireToken()
        var user: JSON = .null
        if let id = token.user { user = Presentation.user(try await administration.user(id: id)) }
        return .json([
            "token": Presentation.token(token), "user": user,
            "relay": ["version": .string(Version.text), "public_url": publicURL.map { .string($0) } ?? .null],
        ])
    }

    /// What clients of other protocols ask of a resource server (RFC 9728). Its tokens come from no authorization server.
    @Sendable func resourceMetadata(_ request: Request, _ context: RelayContext) async throws -> Response {
        guard let publicURL else {
            throw CallFailure(.endpointNotFound, stage: .relay, detail: "The operator has named no public_url.")
        }
        return .json([
            "resource": .string(publicURL), "resource_name": "Penstock", "bearer_methods_supported": ["header"],
        ])
    }

    /// The addresses that direct calls come from, for people who let them through a firewall.
    @Sendable func ips(_ request: Request, _ context: RelayContext) async throws -> Response {
        .json(["addresses": .array(addresses().map { .string($0) })])
    }
}
