import Administration
import Failure
import Hummingbird
import Pipeline
import Registry
import Value

/// What agents can call: `GET /v1/tools…`. The calls themselves are ``CallService``'s.
struct ToolController {
    let administration: Administration
    let directory: Directory

    func add(to router: Router<RelayContext>) {
        router.group("v1/tools").add(middleware: RequireToken(administration: administration, kinds: [.agent, .user]))
            .get(use: list).get(":slug", use: show).get(":slug/:endpoint", use: showEndpoint)
    }

    /// Names and descriptions, and with `?schemas=true` schemas, of all tools that the token covers; a page is bounded in
    /// tools and in bytes.
    @Sendable func list(_ request: Request, _ context: RelayContext) async throws -> Response {
        let token = try context.requireToken()
        let page = try PageRequest(request)
        let cursor = try ToolCursor(page.after)
        var listing = ToolListing(detail: try Self.wantsSchemas(request) ? .schemas : .names, tools: page.limit)
        let user = token.user ?? ""
        for slug in directory.slugs(user: user) where token.allows(slug: slug) && slug >= cursor?.slug ?? "" {
            guard let api = try await directory.located(user: user, slug: slug) else { continue }
            guard await listing.add(api, after: cursor.flatMap { $0.slug == api.slug ? $0.endpoint : nil }) else {
                break
            }
        }
        return .json(bytes: listing.page())
    }

    /// An API's tools with their schemas, in pages like those of ``list(_:_:)`` where the API is very large.
    @Sendable func show(_ request: Request, _ context: RelayContext) async throws -> Response {
        let api = try await api(context)
        let page = try PageRequest(request, standard: PageRequest.most)
        let cursor = try ToolCursor(page.after)
        var listing = ToolListing(detail: .schemas, tools: page.limit)
        _ = await listing.add(api, after: cursor.flatMap { $0.slug == api.slug ? $0.endpoint : nil })
        return .json(bytes: listing.single())
    }

    @Sendable func showEndpoint(_ request: Request, _ context: RelayContext) async throws -> Response {
        let api = try await api(context)
        guard let endpoint = api.endpoint(named: try context.parameters.require("endpoint")) else {
            throw CallFailure(.endpointNotFound, stage: .policy, detail: "The API has no endpoint of that name.")
        }
        return .json(Presentation.selfContained(endpoint, in: api))
    }

    private static func wantsSchemas(_ request: Request) throws(CallFailure) -> Bool {
        switch request.uri.queryParameters["schemas"].map({ String($0) }) {
        case nil, "false": return false
        case "true": return true
        default:
            throw CallFailure(.invalidRequest, stage: .validation, detail: "schemas must be true or false.")
        }
    }

    private func api(_ context: RelayContext) async throws -> CompiledAPI {
        let token = try context.requireToken()
        let slug = try context.parameters.require("slug")
        guard token.allows(slug: slug), let api = try await directory.located(user: token.user ?? "", slug: slug) else {
            throw CallFailure(.unknownAPI, stage: .policy, detail: "There is no API of that name.")
        }
        return api
    }
}
