import Administration
import Audit
import Hummingbird
import Pipeline
import Registry
import Value

/// `/v1/apis`: definitions, their credentials and their logs.
struct APIController {
    let administration: Administration
    let log: any AuditLog

    func add(to router: Router<RelayContext>) {
        router.group("v1/apis").add(middleware: RequireToken(administration: administration, kinds: [.user]))
            .get(use: list).post(use: create)
            .get(":slug", use: show).put(":slug", use: replace).patch(":slug", use: patch)
            .delete(":slug", use: delete)
            .put(":slug/credentials", use: setCredentials).get(":slug/logs", use: logs)
    }

    @Sendable func list(_ request: Request, _ context: RelayContext) async throws -> Response {
        let page = try PageRequest(request)
        return page.slice(try await administration.apis(for: context.actor()), by: \.slug, Presentation.summary)
    }

    @Sendable func create(_ request: Request, _ context: RelayContext) async throws -> Response {
        let document = try await request.document(context)
        if request.isDryRun {
            let (api, _) = try await administration.checkAPI(document, at: nil, condition: .new, by: context.actor())
            return .json(Presentation.api(api))
        }
        let (api, _) = try await administration.saveAPI(document, at: nil, condition: .new, by: context.actor())
        return .json(Presentation.api(api), status: .created, etag: api.etag)
    }

    @Sendable func show(_ request: Request, _ context: RelayContext) async throws -> Response {
        let api = try await administration.api(context.parameters.require("slug"), for: context.actor())
        return .json(Presentation.api(api), etag: api.etag)
    }

    @Sendable func replace(_ request: Request, _ context: RelayContext) async throws -> Response {
        let slug = try context.parameters.require("slug")
        let document = try await request.document(context)
        if request.isDryRun {
            let (api, _) = try await administration.checkAPI(
                document, at: slug, condition: request.condition, by: context.actor())
            return .json(Presentation.api(api))
        }
        let (api, isNew) = try await administration.saveAPI(
            document, at: slug, condition: request.condition, by: context.actor())
        return .json(Presentation.api(api), status: isNew ? .created : .ok, etag: api.etag)
    }

    /// A JSON Merge Patch (RFC 7396) of the definition as it is shown: its credentials stay unless the patch sets them.
    @Sendable func patch(_ request: Request, _ context: RelayContext) async throws -> Response {
        let patch = try await request.document(context).root
        guard patch.object != nil else {
            throw Failure(.invalidRequest, stage: .validation, detail: "A merge patch of a definition is an object.")
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

    @Sendable func setCredentials(_ request: Request, _ context: RelayContext) async throws -> Response {
        let root = try await request.document(context).root
        guard let object = root.object, !object.isEmpty else {
            throw Failure(
                .invalidRequest, stage: .validation, detail: "The body must be an object of credentials by field.")
        }
        var values: [(field: String, value: String)] = []
        for (field, _) in object { values.append((field, try object.requiredSecret(field))) }
        try await administration.setCredentials(
            values, of: context.parameters.require("slug"), by: context.actor())
        return .done
    }

    @Sendable func logs(_ request: Request, _ context: RelayContext) async throws -> Response {
        let actor = try context.actor()
        let api = try await administration.api(context.parameters.require("slug"), for: actor)
        let limit = min(max(request.uri.queryParameters["limit"].flatMap { Int($0) } ?? 100, 1), 1000)
        let page = try await administration.records(of: api, limit: limit, in: log)
        return .json(Presentation.page(page.records.compactMap { try? JSON.parse($0) }))
    }
}

extension Request {
    /// `?dry_run=true`: everything is checked, and nothing is written.
    fileprivate var isDryRun: Bool { uri.queryParameters["dry_run"] == "true" }
}

extension JSONObject {
    /// A credential's value: a string that is never repeated in an error.
    fileprivate func requiredSecret(_ name: String) throws(Failure) -> String {
        guard let text = self[name]?.string, !text.isEmpty else {
            throw Failure(
                .invalidRequest, stage: .validation, detail: "A credential is not a string.",
                violations: [.init(pointer: "/\(name)", message: "This must be a string that is not empty.")])
        }
        return text
    }
}
