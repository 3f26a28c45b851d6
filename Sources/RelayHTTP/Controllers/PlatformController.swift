import Administration
import Hummingbird
import Registry
import Value

/// `/v1/platform`: what everybody with a token may know of the relay.
struct PlatformController {
    let administration: Administration
    /// `egress.addresses`, as of now.
    let addresses: @Sendable () -> [String]

    func add(to router: Router<RelayContext>) {
        router.group("v1/platform")
            .add(middleware: RequireToken(administration: administration, kinds: [.operator, .user, .agent]))
            .get("ips", use: ips)
    }

    /// The addresses that direct calls come from, for people who let them through a firewall.
    @Sendable func ips(_ request: Request, _ context: RelayContext) async throws -> Response {
        .json(["addresses": .array(addresses().map { .string($0) })])
    }
}
