import Administration
import Failure
import Hummingbird
import Registry
import Value

/// `/v1/apis/{slug}/drift`: what live answers ask of an API's schemas, to be accepted or dismissed.
struct DriftController {
    let administration: Administration

    func add(to router: Router<RelayContext>) {
        router.group("v1/apis").add(middleware: RequireToken(administration: administration, kinds: [.user]))
            .get(":slug/drift", use: list).get(":slug/drift/:id", use: show)
            // The id and what is to be done with it are one segment.
            .post(":slug/drift/:id", use: decide)
    }

    /// Newest first; `?status=open&limit=&cursor=`, at most 100 a page.
    @Sendable func list(_ request: Request, _ context: RelayContext) async throws -> Response {
        let api = try await administration.api(context.parameters.require("slug"), for: context.actor())
        let page = try PageRequest(request)
        var state: DriftProposal.State?
        if let text = request.uri.queryParameters["status"] {
            guard let known = DriftProposal.State(rawValue: String(text)) else {
                let names = DriftProposal.State.allCases.map(\.rawValue).joined(separator: ", ")
                throw CallFailure(.invalidRequest, stage: .validation, detail: "status must be one of \(names).")
            }
            state = known
        }
        let limit = min(page.limit, Self.mostShown)
        let found = try await administration.proposals(of: api, state: state, limit: limit + 1, after: page.after)
        let shown = found.prefix(limit)
        return .json(
            Presentation.page(
                shown.map { .object(Presentation.proposal($0, of: api.slug)) },
                next: found.count > limit ? shown.last?.id : nil))
    }

    /// Proposals of one page: each may be long.
    private static let mostShown = 100

    @Sendable func show(_ request: Request, _ context: RelayContext) async throws -> Response {
        let api = try await administration.api(context.parameters.require("slug"), for: context.actor())
        let proposal = try await administration.proposal(context.parameters.require("id"), of: api)
        return .json(Presentation.wholeProposal(proposal, of: api.slug))
    }

    /// `:accept` and `:dismiss`. `If-Match` is the API's, as for any change of its definition.
    @Sendable func decide(_ request: Request, _ context: RelayContext) async throws -> Response {
        let slug = try context.parameters.require("slug")
        let segment = try context.parameters.require("id")
        let id = String(segment.prefix { $0 != ":" })
        switch segment.dropFirst(id.count) {
        case ":accept":
            let (api, proposal) = try await administration.acceptProposal(
                id, of: slug, condition: request.condition, by: context.actor())
            return .json(Presentation.wholeProposal(proposal, of: slug), etag: api.etag)
        case ":dismiss":
            let proposal = try await administration.dismissProposal(
                id, of: slug, condition: request.condition, by: context.actor())
            return .json(Presentation.wholeProposal(proposal, of: slug))
        default:
            throw CallFailure(.endpointNotFound, stage: .relay, detail: "There is no such resource.")
        }
    }
}
