import Administration
import Drafts
import EgressPolicy
import Hummingbird
import Importing
import NIOCore
import OpenAPI
import Pipeline
import Registry
import Value

/// `:import`: a draft of what describes an API, and what it would change of an API that is there.
struct ImportController {
    let administration: Administration
    let service: ImportService

    func add(to router: Router<RelayContext>) {
        router.group().add(middleware: RequireToken(administration: administration, kinds: [.user]))
            .post("v1/apis:import", use: importNew)
    }

    /// A draft; nothing is saved.
    @Sendable private func importNew(_ request: Request, _ context: RelayContext) async throws -> Response {
        try await service.admit(try context.requireToken().user ?? "") { try await makeNew(request, context) }
    }

    private func makeNew(_ request: Request, _ context: RelayContext) async throws -> Response {
        let wanted = try await read(request, context)
        guard !wanted.saves, wanted.base == nil else {
            throw ImportRequest.wrong("/save", "This goes with /v1/apis/{slug}:import.")
        }
        let draft = try await draft(wanted, context)
        return .json(try await service.run { draft.listed })
    }

    /// A draft, and the three-way merge of what was imported before, what is imported now, and the owner's changes.
    /// With `save` the outcome is stored, in the version that `If-Match` names if it does.
    func importOnto(_ slug: String, _ request: Request, _ context: RelayContext) async throws -> Response {
        try await service.admit(try context.requireToken().user ?? "") { try await merge(slug, request, context) }
    }

    private func merge(_ slug: String, _ request: Request, _ context: RelayContext) async throws -> Response {
        let wanted = try await read(request, context)
        let actor = try context.actor()
        guard Slug.isValid(slug) else { throw ImportRequest.wrong("", "This is no slug.") }
        let draft = try await draft(wanted, context)
        let state = try await administration.importState(of: slug, for: actor)
        let outcome = try await service.run { () -> (answer: JSONObject, definition: JSON, imported: JSON) in
            var imported = draft.wholeDefinition
            if state.current == nil, var object = imported.object {
                object["slug"] = .string(slug)
                imported = .object(object)
            }
            let base = try wanted.base.map { try Importer.draft(of: $0, options: wanted.options).wholeDefinition }
            var answer = draft.listed.object ?? JSONObject()
            guard let current = state.current else { return (answer, imported, imported) }
            let merge = DraftMerge(base: base ?? state.imported ?? [:], theirs: imported, mine: current.definition)
            answer["definition"] = merge.definition
            var difference = merge.report.json.object ?? JSONObject()
            difference["lines"] = .array(merge.report.lines.map(JSON.string))
            answer["difference"] = .object(difference)
            return (answer, merge.definition, imported)
        }
        var answer = outcome.answer
        guard wanted.saves else {
            answer["saved"] = false
            return .json(.object(answer), etag: state.current?.etag)
        }
        try Administration.check(request.condition, state.current)
        if let current = state.current, wanted.options.baseURL == nil {
            try checkOrigin(of: outcome.definition, current.definition)
        }
        // What was merged is what is replaced, also where the caller takes any version.
        let condition = state.current.map { WriteCondition.matches(etag: $0.etag) } ?? .new
        let (api, isNew) = try await administration.saveImport(
            outcome.definition, imported: outcome.imported, at: slug, condition: condition, by: actor)
        answer["saved"] = true
        answer["definition"] = Presentation.api(api)
        return .json(.object(answer), status: isNew ? .created : .ok, etag: api.etag)
    }

    /// A document alone moves no API, and with it the owner's credential, to another host.
    private func checkOrigin(of merged: JSON, _ current: JSON) throws(Failure) {
        func origin(_ definition: JSON) -> Origin? {
            (definition["connection"]?["base_url"]?.string).flatMap { try? BaseURL($0) }?.origin
        }
        let (new, old) = (origin(merged), origin(current["custom_api"] ?? current))
        guard let new, let old, new != old else { return }
        throw ImportRequest.wrong(
            "/base_url",
            "The document would move this API, and its credentials, from \(old) to \(new). Give base_url to have it so."
        )
    }

    private func read(_ request: Request, _ context: RelayContext) async throws -> ImportRequest {
        let bytes = try await Array(request.wholeBody(context).readableBytesView)
        var head = request
        head.body = RequestBody(buffer: ByteBuffer())
        return try await service.run { [head] in try ImportRequest(bytes, head) }
    }

    private func draft(_ wanted: ImportRequest, _ context: RelayContext) async throws -> Draft {
        var options = wanted.options
        let source: ImportSource
        switch wanted.origin {
        case .source(let given):
            source = given
        case .url(let url):
            let call = CallContext(
                token: try context.requireToken(), requestID: context.requestID, watch: .following(context.channel))
            let file = try await service.fetcher.fetch(url, for: call)
            options.sourceURL = url
            source = ImportSource(files: [file])
        }
        let (given, settings) = (source, options)
        return try await service.run { try Importer.draft(of: given, options: settings) }
    }
}
