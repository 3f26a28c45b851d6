import Administration
import Hummingbird
import Pipeline
import Registry
import Value

/// What agents can call: `GET /v1/tools…`. The calls themselves are ``CallResponder``'s.
struct ToolController {
    let administration: Administration
    let directory: Directory

    func add(to router: Router<RelayContext>) {
        router.group("v1/tools").add(middleware: RequireToken(administration: administration, kinds: [.agent, .user]))
            .get(use: list).get(":slug", use: show).get(":slug/:endpoint", use: showEndpoint)
    }

    @Sendable func list(_ request: Request, _ context: RelayContext) async throws -> Response {
        let token = try context.requireToken()
        let apis = directory.apis(user: token.user ?? "").filter { token.allows(slug: $0.slug) }
        return try PageRequest(request).slice(apis, by: \.slug) { Presentation.tool($0) }
    }

    @Sendable func show(_ request: Request, _ context: RelayContext) async throws -> Response {
        .json(Presentation.tool(try api(context)))
    }

    @Sendable func showEndpoint(_ request: Request, _ context: RelayContext) async throws -> Response {
        let api = try api(context)
        guard let endpoint = api.endpoint(named: try context.parameters.require("endpoint")) else {
            throw Failure(.endpointNotFound, stage: .policy, detail: "The API has no endpoint of that name.")
        }
        return .json(Presentation.tool(endpoint, of: api))
    }

    private func api(_ context: RelayContext) throws -> CompiledAPI {
        let token = try context.requireToken()
        let slug = try context.parameters.require("slug")
        guard token.allows(slug: slug), let api = directory.api(user: token.user ?? "", slug: slug) else {
            throw Failure(.unknownAPI, stage: .policy, detail: "There is no API of that name.")
        }
        return api
    }
}
