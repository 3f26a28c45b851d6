import Administration
import Discovery
import EgressPolicy
import Hummingbird
import NIOCore
import Pipeline
import Registry
import Value

/// `POST /v1/apis:discover`: looks for what describes an API. Experimental; nothing is saved.
struct DiscoveryController {
    let administration: Administration
    let runner: any DiscoveryRunning

    func add(to router: Router<RelayContext>) {
        router.group().add(middleware: RequireToken(administration: administration, kinds: [.user]))
            .post("v1/apis:discover", use: discover)
    }

    @Sendable private func discover(_ request: Request, _ context: RelayContext) async throws -> Response {
        let body = try await request.object(Set(["url", "tunnel"] + DiscoveryOptions.members), context)
        let url = try body.requiredString("url")
        let tunnel = try body.string("tunnel")
        let options: DiscoveryOptions
        do throws(DiscoveryOptionFault) {
            options = try DiscoveryOptions(body)
        } catch {
            throw ImportRequest.wrong(error.pointer.description, error.message)
        }
        let base: BaseURL
        do {
            base = try BaseURL(url)
        } catch {
            throw ImportRequest.wrong("/url", "This is not a base URL: \(error)")
        }
        guard tunnel != nil || base.origin.scheme == .https else {
            throw ImportRequest.wrong("/url", "Over plain HTTP only a tunnel is asked.")
        }
        let actor = try context.actor()
        // Somebody else's tunnel is as unknown as one that never was.
        if let tunnel { _ = try await administration.tunnel(id: tunnel, for: actor) }
        let call = CallContext(
            token: try context.requireToken(), requestID: context.requestID, watch: .following(context.channel))
        return .json(try await runner.run(base, options, tunnel: tunnel, for: call))
    }
}
