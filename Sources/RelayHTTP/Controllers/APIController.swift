import Administration
import Audit
import Failure
import Hummingbird
import Pipeline
import Registry
import Value

/// `/v1/apis`: definitions and their credentials.
struct APIController {
    let administration: Administration
    let statistics: any AuditStatistics
    let pipeline: Pipeline

    func add(to router: Router<RelayContext>) {
        router.group("v1/apis")
            .add(middleware: RequireToken(administration: administration, kinds: [.user, .operator])).get(use: list)
        router.group("v1/apis").add(middleware: RequireToken(administration: administration, kinds: [.user]))
            .post(use: create)
            .get(":slug", use: show).put(":slug", use: replace).patch(":slug", use: patch)
            .delete(":slug", use: delete)
            .put(":slug/credentials", use: setCredentials).get(":slug/credentials", use: credentials)
            .post(":slug/credentials:rotate", use: rotateCredentials)
    }

    /// The user's own; for an operator everybody's, or with `?user_id=` one user's.
    @Sendable func list(_ request: Request, _ context: RelayContext) async throws -> Response {
        let page = try PageRequest(request)
        let usage = try await administration.usage(for: context.actor(), in: statistics)
        if try context.requireToken().kind == .operator {
            let found = try await administration.apis(ofAny: request.ofUser, page.bounds)
            let today = try await administration.callsToday(of: found.items, in: statistics)
            return page.answer(found, by: \.id) { Presentation.overview($0, use(of: $0, usage[$0.id], today[$0.id])) }
        }
        let apis = try await administration.apis(for: context.actor())
        let today = try await administration.callsToday(of: apis, in: statistics)
        return page.slice(apis, by: \.slug) { Presentation.summary($0, use(of: $0, usage[$0.id], today[$0.id])) }
    }

    @Sendable func create(_ request: Request, _ context: RelayContext) async throws -> Response {
        let document = try await request.document(context)
        if request.isDryRun {
            let (api, _) = try await administration.checkAPI(document, at: nil, condition: .new, by: context.actor())
            return .json(Presentation.api(api))
        }
        let (api, _) = try await administration.saveAPI(document, at: nil, condition: .new, by: context.actor())
        return .json(try await presented(api), status: .created, etag: api.etag)
    }

    @Sendable func show(_ request: Request, _ context: RelayContext) async throws -> Response {
        let actor = try context.actor()
        let api = try await administration.api(context.parameters.require("slug"), for: actor)
        let usage = try await administration.usage(for: actor, in: statistics)[api.id]
        var use = use(of: api, usage)
        use.openProposals = try await administration.openProposalCount(of: api)
        return .json(try await presented(api, use), etag: api.etag)
    }

    private func presented(_ api: StoredAPI, _ use: Presentation.Use = .init()) async throws -> JSON {
        Presentation.api(api, use, missing: try await administration.missingCredentials(of: api))
    }

    private func use(of api: StoredAPI, _ usage: AuditUsage?, _ today: Int? = nil) -> Presentation.Use {
        Presentation.Use(
            calls: usage?.calls ?? 0, callsToday: today ?? 0, lastUsed: usage?.lastUsed,
            health: pipeline.health.health(of: api.id),
            breaker: pipeline.breaker(of: api.id))
    }

    @Sendable func replace(_ request: Request, _ context: RelayContext) async throws -> Response {
        let slug = try context.parameters.require("slug")
        let document = try await request.document(context)
        if request.isDryRun {
            let (api, _) = try await administration.checkAPI(
                document, at: slug, condition: request.condition, by: context.actor())
            return .json(Presentation.api(api), etag: api.etag)
        }
        let (api, isNew) = try await administration.saveAPI(
            document, at: slug, condition: request.condition, by: context.actor())
        return .json(try await presented(api), status: isNew ? .created : .ok, etag: api.etag)
    }

    /// A JSON Merge Patch (RFC 7396) of the definition as it is shown: its credentials stay unless the patch sets them.
    @Sendable func patch(_ request: Request, _ context: RelayContext) async throws -> Response {
        let patch = try await request.document(context).root
        guard patch.object != nil else {
            throw CallFailure(
                .invalidRequest, stage: .validation, detail: "A merge patch of a definition is an object.")
        }
        let api = try await administration.patchAPI(
            context.parameters.require("slug"), patch, condition: request.condition, by: context.actor())
        return .json(Presentation.api(api), etag: api.etag)
    }

    @Sendable func delete(_ request: Request, _ context: RelayContext) async throws -> Response {
        try await administration.deleteAPI(
            context.parameters.require("slug"), condition: request.condition, by: context.actor())
        return .done
    }

    /// `:suspend` and `:resume`, of an operator; the API by its id.
    func suspend(_ id: String, _ request: Request, _ context: RelayContext) async throws -> Response {
        let api = try await administration.setSuspended(true, api: id, by: context.actor())
        return .json(Presentation.overview(api, use(of: api, nil)))
    }

    func resume(_ id: String, _ request: Request, _ context: RelayContext) async throws -> Response {
        let api = try await administration.setSuspended(false, api: id, by: context.actor())
        return .json(Presentation.overview(api, use(of: api, nil)))
    }

    @Sendable func setCredentials(_ request: Request, _ context: RelayContext) async throws -> Response {
        let values = try await request.document(context).root.credentials()
        try await administration.setCredentials(values, of: context.parameters.require("slug"), by: context.actor())
        return .done
    }

    /// New values by field; `overlap_s`, a number beside them, says for how many seconds the old ones stay in force.
    @Sendable func rotateCredentials(_ request: Request, _ context: RelayContext) async throws -> Response {
        let root = try await request.document(context).root
        var overlap: Int64?
        if let value = root["overlap_s"] {
            guard let seconds = value.int, (0...Self.longestOverlap).contains(seconds) else {
                throw CallFailure(
                    .invalidRequest, stage: .validation, detail: "The overlap is not valid.",
                    violations: [
                        .init(
                            pointer: "/overlap_s",
                            message: "This must be a number of seconds from 0 to \(Self.longestOverlap).")
                    ])
            }
            overlap = seconds == 0 ? 0 : administration.now() + Int64(seconds) * 1_000_000
        }
        let slug = try context.parameters.require("slug")
        try await administration.rotateCredentials(
            root.credentials(besides: "overlap_s"), of: slug, overlapUntil: overlap, by: context.actor())
        return try await history(of: slug, context)
    }

    /// Thirty days, in seconds.
    private static let longestOverlap = 30 * 86_400

    @Sendable func credentials(_ request: Request, _ context: RelayContext) async throws -> Response {
        try await history(of: context.parameters.require("slug"), context)
    }

    private func history(of slug: String, _ context: RelayContext) async throws -> Response {
        let versions = try await administration.credentialHistory(of: slug, for: context.actor())
        return .json(Presentation.page(versions.map(Presentation.credential)))
    }
}

extension Request {
    /// `?dry_run=true`: everything is checked, and nothing is written.
    fileprivate var isDryRun: Bool { uri.queryParameters["dry_run"] == "true" }
}

extension JSON {
    /// Credentials by field: strings that are never repeated in an error.
    fileprivate func credentials(besides other: String? = nil) throws(CallFailure) -> [(field: String, value: String)] {
        var values: [(field: String, value: String)] = []
        for (field, value) in object ?? JSONObject() where field != other {
            guard let text = value.string, !text.isEmpty else {
                throw CallFailure(
                    .invalidRequest, stage: .validation, detail: "A credential is not a string.",
                    violations: [.init(pointer: "/\(field)", message: "This must be a string that is not empty.")])
            }
            values.append((field, text))
        }
        guard !values.isEmpty else {
            throw CallFailure(
                .invalidRequest, stage: .validation, detail: "The body must be an object of credentials by field.")
        }
        return values
    }
}
