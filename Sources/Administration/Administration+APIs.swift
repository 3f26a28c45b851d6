import Drift
package import Registry
package import Value
package import Vault

/// What a write of a definition expects to find.
package enum WriteCondition: Sendable {
    /// `POST`: nothing under that slug yet.
    case new
    /// `PUT`: whatever is there, or nothing.
    case any
    /// `If-Match`: one of these entity tags (RFC 9110, section 13.1.1); `*` is any.
    case matches(etags: [String])
}

extension Administration {
    /// Creates or replaces a definition. Its credentials go to the vault in the same transaction, and the next call
    /// uses the new snapshot. One that says what is stored already makes no version.
    ///
    /// - Parameter slug: where it is put; nil where the definition itself says so.
    /// - Returns: what is stored, and whether it is new.
    package func saveAPI(
        _ document: Document, at slug: String?, condition: WriteCondition, by actor: Actor
    ) async throws(AdministrationError) -> (api: StoredAPI, isNew: Bool) {
        let user = try user(of: actor)
        return try await change("api.put", of: { $0.0.id }, by: actor) { [self] in
            let existing = try slug.flatMap { try store.api(user: user, slug: $0) }
            return try write(draft(.document(document), over: existing, at: slug, condition: condition, user: user))
        }
    }

    /// Creates or replaces a definition that an import made, and remembers the import for the next one.
    ///
    /// - Parameters:
    ///   - definition: what is to be stored: what was imported, or what came of it and the owner's changes.
    ///   - imported: what was imported.
    package func saveImport(
        _ definition: JSON, imported: JSON, at slug: String, condition: WriteCondition, by actor: Actor
    ) async throws(AdministrationError) -> (api: StoredAPI, isNew: Bool) {
        let user = try user(of: actor)
        return try await change("api.import", of: { $0.0.id }, by: actor) { [self] in
            let existing = try store.api(user: user, slug: slug)
            var definition = definition
            if var object = definition.object {
                // A name of the source's would make another slug of it.
                object["slug"] = .string(slug)
                definition = .object(object)
            }
            return try write(
                draft(.value(definition), over: existing, at: slug, condition: condition, user: user),
                imported: imported)
        }
    }

    /// What stands under a slug, and what was last imported there; nil where there is none.
    package func importState(
        of slug: String, for actor: Actor
    ) async throws(AdministrationError) -> (current: StoredAPI?, imported: JSON?) {
        let user = try user(of: actor)
        return try await read { [self] in
            guard let current = try store.api(user: user, slug: slug) else { return (nil, nil) }
            return (current, try store.importedDefinition(api: current.id, user: user))
        }
    }

    /// Applies a JSON Merge Patch (RFC 7396) to a definition. Between reading and writing it nobody else's change is lost.
    package func patchAPI(
        _ slug: String, _ patch: JSON, condition: WriteCondition, by actor: Actor
    ) async throws(AdministrationError) -> StoredAPI {
        let user = try user(of: actor)
        return try await change("api.patch", of: { $0.id }, by: actor) { [self] in
            guard let existing = try store.api(user: user, slug: slug) else {
                throw AdministrationError.missing(.api)
            }
            let patch = patch["custom_api"] ?? patch
            var definition = existing.definition.merging(patch: patch)
            if definition["slug"] == nil, var object = definition.object {
                object["slug"] = .string(existing.slug)
                definition = .object(object)
            }
            return try write(
                draft(.value(definition), over: existing, at: slug, condition: condition, user: user)
            ).api
        }
    }

    /// Makes the change that a proposal asks for: an ordinary change of the definition, made once.
    ///
    /// A proposal whose endpoint's schema has changed meanwhile is closed as stale.
    package func acceptProposal(
        _ id: String, of slug: String, condition: WriteCondition, by actor: Actor
    ) async throws(AdministrationError) -> (api: StoredAPI, proposal: DriftProposal) {
        let user = try user(of: actor)
        return try await change("api.drift.accept", of: { $0.0.id }, by: actor) { [self] in
            let (existing, proposal) = try openProposal(id, of: slug, user: user)
            try Self.check(condition, existing)
            let endpoint = try CompiledAPI(stored: existing).endpoint(named: proposal.endpoint)
            guard let endpoint, endpoint.responseDigest == proposal.base.digest else {
                try drift.close(id: id, user: user, as: .stale, at: now())
                throw AdministrationError(
                    .superseded,
                    "The endpoint's schema has changed since, so that the proposal is closed. Where answers still do not "
                        + "follow it, there will be another.")
            }
            if let obstacle = proposal.change.obstacle {
                throw AdministrationError(
                    .superseded, "\(obstacle) Change the definition by hand, or dismiss the proposal.")
            }
            guard let definition = DriftProposer.definition(existing, applying: proposal.change.edits, to: endpoint),
                var object = definition.object
            else { throw AdministrationError(.superseded, "The proposal does not fit the definition.") }
            object["slug"] = .string(existing.slug)
            let draft = try draft(.value(.object(object)), over: existing, at: slug, condition: condition, user: user)
            let api = try write(draft, accepting: id).api
            return (api, try drift.proposal(id: id, user: user, api: api.id) ?? proposal)
        }
    }

    /// Stores a draft with its credentials, and makes it what the next call uses.
    ///
    /// - Parameters:
    ///   - accepting: the proposal whose change it is.
    ///   - imported: what was imported, where it comes of an import.
    private func write(
        _ draft: Draft, accepting: String? = nil, imported: JSON? = nil
    ) throws -> (api: StoredAPI, isNew: Bool) {
        let stored = draft.stored
        let (puts, deletes) = try credentialChanges(of: draft)
        if let existing = draft.existing, puts.isEmpty, deletes.isEmpty, accepting == nil, imported == nil,
            draft.isUnchanged
        {
            return (existing, false)
        }
        try vault.change(user: stored.user, api: stored.id, puts: puts, deletes: deletes) { change in
            try store.save(
                stored, expecting: draft.existing.map { .version($0.version) } ?? .absent, with: change,
                imported: imported)
        }
        directory.set(draft.compiled)
        ended(.apiChanged(stored.id))
        close(proposalsOver: draft.compiled, accepting: accepting)
        return (stored, draft.existing == nil)
    }

    /// Checks a definition as ``saveAPI(_:at:condition:by:)`` would, and writes nothing.
    package func checkAPI(
        _ document: Document, at slug: String?, condition: WriteCondition, by actor: Actor
    ) async throws(AdministrationError) -> (api: StoredAPI, isNew: Bool) {
        let user = try user(of: actor)
        return try await read { [self] in
            let existing = try slug.flatMap { try store.api(user: user, slug: $0) }
            let draft = try draft(.document(document), over: existing, at: slug, condition: condition, user: user)
            if draft.existing == nil, try store.api(user: user, slug: draft.stored.slug) != nil {
                throw AdministrationError(.exists, "There is an API of this slug already.")
            }
            if let existing = draft.existing, draft.isUnchanged,
                case let (puts, deletes) = try credentialChanges(of: draft),
                puts.isEmpty, deletes.isEmpty
            {
                return (existing, false)
            }
            return (draft.stored, draft.existing == nil)
        }
    }

    /// The credentials that a draft writes and that the vault does not hold already, and those it no longer uses.
    private func credentialChanges(of draft: Draft) throws -> (puts: [(String, Secret)], deletes: [String]) {
        let (user, api) = (draft.stored.user, draft.stored.id)
        let fields = try vault.fields(user: user, api: api)
        let puts = draft.definition.secrets.map { ($0.field, Secret(text: $0.value)) }.filter { field, secret in
            guard fields.contains(field) else { return true }
            // One that cannot be opened is replaced.
            let current = try? vault.open(VaultReference(user: user, api: api, field: field))
            return !(current?.matches(secret) ?? false)
        }
        return (puts, fields.filter { !draft.definition.secretFields.contains($0) })
    }

    /// Reads a definition to try it out: nothing is stored, and its plain secrets come beside it, by reference.
    ///
    /// One under the slug of an API that is there may name that API's stored credentials.
    package func draft(
        of definition: JSON, by actor: Actor
    ) async throws(AdministrationError) -> (api: CompiledAPI, secrets: [String: Secret]) {
        let user = try user(of: actor)
        return try await read { [self] in
            let slug = (definition["custom_api"] ?? definition)["slug"]?.string
            let existing = try slug.flatMap { try store.api(user: user, slug: $0) }
            let draft = try draft(.value(definition), over: existing, at: slug, condition: .any, user: user)
            let references = Dictionary(
                draft.compiled.credentials.map { ($0.field, $0.reference) }, uniquingKeysWith: { first, _ in first })
            var secrets: [String: Secret] = [:]
            for secret in draft.definition.secrets {
                if let reference = references[secret.field] { secrets[reference] = Secret(text: secret.value) }
            }
            return (draft.compiled, secrets)
        }
    }

    /// A definition that was read and compiled, and is not stored yet.
    private struct Draft {
        var existing: StoredAPI?
        var definition: CustomAPIDefinition
        var stored: StoredAPI
        var compiled: CompiledAPI

        /// Whether it says what is stored, credentials aside.
        var isUnchanged: Bool { existing?.slug == stored.slug && existing?.definition == stored.definition }
    }

    private enum Source {
        case document(Document)
        case value(JSON)
    }

    private func draft(
        _ source: Source, over existing: StoredAPI?, at slug: String?, condition: WriteCondition, user: String
    ) throws -> Draft {
        try Self.check(condition, existing)
        let tunnels = Set(try store.tunnels(user: user).map(\.id))
        let id = existing?.id ?? Identifier.make("api")
        let context = DefinitionContext(
            user: user, api: id, existing: existing, tunnels: tunnels, allowPrivate: permissions.allowPrivate,
            allowsUnverifiedTLS: permissions.allowsUnverifiedTLS)
        let definition =
            switch source {
            case .document(let document): try CustomAPIDefinition(document, context: context)
            case .value(let value): try CustomAPIDefinition(value, context: context)
            }
        if let slug, definition.slug != slug, existing == nil {
            throw AdministrationError(.invalid, "The definition's slug is not the one it is put under.")
        }
        if let existing, existing.suspended != nil, definition.slug != existing.slug {
            throw Self.suspended(existing, "given another slug")
        }
        let time = now()
        let stored = StoredAPI(
            id: id, user: user, slug: definition.slug, definition: definition.stored,
            version: min(existing?.version ?? 0, .max - 1) + 1, created: existing?.created ?? time, updated: time,
            suspended: existing?.suspended)
        // Compiled before it is stored: what calls cannot use is never acknowledged.
        return Draft(
            existing: existing, definition: definition, stored: stored, compiled: try CompiledAPI(stored: stored))
    }

    /// Why a suspended API's slug is not given free.
    private static func suspended(_ api: StoredAPI, _ action: String) -> AdministrationError {
        AdministrationError(
            .forbidden,
            "The relay's operator has suspended this API, so it cannot be \(action). "
                + "Ask the operator to resume it: penstock apis resume \(api.id).")
    }

    /// Whether a write that expects `condition` may go on where this stands.
    package static func check(_ condition: WriteCondition, _ existing: StoredAPI?) throws(AdministrationError) {
        switch condition {
        case .any:
            break
        case .new:
            guard existing == nil else { throw AdministrationError(.conflict, "There is an API of this slug already.") }
        case .matches(let etags):
            guard let existing, etags.contains("*") || etags.contains(existing.etag) else {
                throw AdministrationError(.conflict, "It has changed since you read it.")
            }
        }
    }

    package func api(_ slug: String, for actor: Actor) async throws(AdministrationError) -> StoredAPI {
        let user = try user(of: actor)
        return try await read { [self] in
            guard let api = try store.api(user: user, slug: slug) else {
                throw AdministrationError.missing(.api)
            }
            return api
        }
    }

    package func apis(for actor: Actor) async throws(AdministrationError) -> [StoredAPI] {
        let user = try user(of: actor)
        return try await read { [self] in try store.apis(user: user) }
    }

    /// Removes a definition and its credentials. While the API is suspended this is refused: its slug would be free for
    /// one that is not.
    package func deleteAPI(
        _ slug: String, condition: WriteCondition, by actor: Actor
    ) async throws(AdministrationError) {
        let user = try user(of: actor)
        _ = try await change("api.delete", of: { $0 }, by: actor) { [self] in
            guard let existing = try store.api(user: user, slug: slug) else {
                throw AdministrationError.missing(.api)
            }
            try Self.check(condition, existing)
            guard existing.suspended == nil else { throw Self.suspended(existing, "deleted") }
            try vault.delete(user: user, api: existing.id) { change in
                try store.deleteAPI(
                    id: existing.id, user: user, expecting: .version(existing.version), with: change)
            }
            directory.removeAPI(id: existing.id, user: user)
            ended(.api(existing.id))
            return existing.id
        }
    }
}
