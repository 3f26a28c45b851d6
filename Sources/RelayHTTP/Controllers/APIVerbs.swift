import Administration
import Failure
import Hummingbird
import Registry

/// `POST /v1/apis/{slug}:{verb}`: the slug and what is to be done with it are one segment, and so one route.
struct APIVerbs {
    typealias Handler = @Sendable (_ slug: String, Request, RelayContext) async throws -> Response

    let administration: Administration
    let handlers: [String: Handler]
    /// What operators do; they name the API by its id.
    let operatorHandlers: [String: Handler]

    func add(to router: Router<RelayContext>) {
        router.group().add(middleware: RequireToken(administration: administration, kinds: [.user, .operator]))
            .post("v1/apis/:slug", use: handle)
    }

    @Sendable private func handle(_ request: Request, _ context: RelayContext) async throws -> Response {
        let segment = try context.parameters.require("slug")
        let parts = segment.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let isOperator = try context.requireToken().kind == .operator
        let verb = parts.count == 2 ? String(parts[1]) : ""
        guard let handler = isOperator ? operatorHandlers[verb] : handlers[verb] else {
            guard handlers[verb] == nil, operatorHandlers[verb] == nil else {
                throw CallFailure(.forbidden, stage: .policy, detail: "A token of another kind is needed for this.")
            }
            throw CallFailure(.endpointNotFound, stage: .relay, detail: "There is no such resource.")
        }
        return try await handler(String(parts[0]), request, context)
    }
}
