import Administration
import Drafts
import EgressPolicy
import Failure
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
        let (source, options) = try await source(of: wanted, context)
        guard wanted.splits else {
            return .json(try await service.run { try Importer.draft(of: source, options: options).listed })
        }
        return .json(
            try await service.run {
                let drafts = try Importer.drafts(of: source, options: options)
                return ["drafts": .array(drafts.map(Self.listedWithServer))]
            })
    }

    /// With the server that `server` of a later import names; null where the owner has to give the base URL.
    private static func listedWithServer(_ draft: Draft) -> JSON {
        var object = draft.listed.object ?? JSONObject()
        let base = (draft.definition["connection"]?["base_url"]?.string).flatMap { try? BaseURL($0) }
        object["server"] = base.map { .string($0.origin.description) } ?? .null
        return .object(object)
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
        guard !wanted.splits else {
            throw ImportRequest.wrong(
                "/split_servers", "This goes with /v1/apis:import. One API has one server: name it as \"server\".")
        }
        let state = try await administration.importState(of: slug, for: actor)
        var (source, options) = try await source(of: wanted, context)
        // A document says nothing of tunnels: the API's own stays.
        if options.tunnel == nil { options.tunnel = Self.tunnel(of: state.imported) }
        let (given, settings) = (source, options)
        let hasTunnel = Self.tunnel(of: state.current?.definition) != nil
        let own = state.current.flatMap { Self.origin(of: $0.definition) }
        let draft = try await service.run { () -> Draft in
            var draft = try Importer.draft(of: given, options: settings)
            // Of a document with several servers, the API is the one that it was imported from.
            if let own, settings.server == nil, settings.baseURL == nil,
                let other = Self.origin(of: .object(draft.definition)),
                other != own
            {
                var settings = settings
                settings.server = own
                if let same = try? Importer.draft(of: given, options: settings) { draft = same }
            }
            if hasTunnel { draft.dropTunnelFindings() }
            return draft
        }
        let outcome = try await service.run { () -> (answer: JSONObject, definition: JSON, imported: JSON) in
            var imported = draft.wholeDefinition
            if state.current == nil, var object = imported.object {
                object["slug"] = .string(slug)
                imported = .object(object)
            }
            let base = try wanted.base.map { try Importer.draft(of: $0, options: settings).wholeDefinition }
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
        let condition = state.current.map { WriteCondition.matches(etags: [$0.etag]) } ?? .new
        let (api, isNew) = try await administration.saveImport(
            outcome.definition, imported: outcome.imported, at: slug, condition: condition, by: actor)
        answer["saved"] = true
        answer["definition"] = Presentation.api(api, missing: try await administration.missingCredentials(of: api))
        return .json(.object(answer), status: isNew ? .created : .ok, etag: api.etag)
    }

    /// A document alone moves no API, and with it the owner's credential, to another host.
    private func checkOrigin(of merged: JSON, _ current: JSON) throws(CallFailure) {
        let (new, old) = (Self.origin(of: merged), Self.origin(of: current))
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

    /// The description, fetched where it is a URL's, and what is wanted of it with the caller's tunnel looked up.
    private func source(
        of wanted: ImportRequest, _ context: RelayContext
    ) async throws -> (source: ImportSource, options: ImportOptions) {
        var options = wanted.options
        if let tunnel = wanted.tunnel { options.tunnel = try await self.tunnel(tunnel, context) }
        switch wanted.origin {
        case .source(let given): return (given, options)
        case .url(let url):
            let call = CallContext(
                token: try context.requireToken(), requestID: context.requestID, watch: .following(context.channel))
            let file = try await service.fetcher.fetch(url, for: call)
            options.sourceURL = url
            return (ImportSource(files: [file]), options)
        }
    }

    /// The id of the caller's tunnel that has this id or this name.
    private func tunnel(_ reference: String, _ context: RelayContext) async throws -> String {
        let tunnels = try await administration.tunnels(for: try context.actor())
        if let exact = tunnels.first(where: { $0.id == reference }) { return exact.id }
        let named = tunnels.filter { $0.name == reference }
        if named.count == 1 { return named[0].id }
        let message =
            named.isEmpty
            ? "You have no tunnel with this id or name."
            : "Several of your tunnels have this name: give the id, one of \(named.map(\.id).joined(separator: ", "))."
        throw ImportRequest.wrong("/tunnel", message)
    }

    private static func origin(of definition: JSON) -> Origin? {
        ((definition["custom_api"] ?? definition)["connection"]?["base_url"]?.string).flatMap { try? BaseURL($0) }?
            .origin
    }

    /// The tunnel that a definition's calls go through; nil for another way.
    private static func tunnel(of definition: JSON?) -> String? {
        guard let tunnel = (definition?["custom_api"] ?? definition)?["tunnel"], tunnel["enabled"] != false,
            tunnel["type"] == "platform_agent"
        else { return nil }
        return tunnel["tunnel_id"]?.string
    }
}
