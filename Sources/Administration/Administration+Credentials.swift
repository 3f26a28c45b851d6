package import Registry
package import Vault

extension Administration {
    /// Replaces values of an API's credentials at once; fields the definition does not use are refused.
    package func setCredentials(
        _ values: [(field: String, value: String)], of slug: String, by actor: Actor
    ) async throws(AdministrationError) {
        try await writeCredentials("credentials.put", values, of: slug, overlapUntil: nil, by: actor)
    }

    /// Replaces values of an API's credentials; the earlier ones are still tried, where the API refuses the new ones,
    /// until the overlap ends.
    ///
    /// - Parameter overlapUntil: microseconds since 1970; 0: at once; `nil`: in 24 hours.
    package func rotateCredentials(
        _ values: [(field: String, value: String)], of slug: String, overlapUntil: Int64?, by actor: Actor
    ) async throws(AdministrationError) {
        let until = overlapUntil ?? now() + Vault.defaultOverlap
        try await writeCredentials("credentials.rotate", values, of: slug, overlapUntil: until, by: actor)
    }

    private func writeCredentials(
        _ action: String, _ values: [(field: String, value: String)], of slug: String, overlapUntil: Int64?,
        by actor: Actor
    ) async throws(AdministrationError) {
        let user = try user(of: actor)
        _ = try await change(action, of: { $0 }, by: actor) { [self] in
            guard let existing = try store.api(user: user, slug: slug) else {
                throw AdministrationError.missing(.api)
            }
            let known = try CompiledAPI(stored: existing).credentials.map(\.field)
            for (field, _) in values where !known.contains(field) {
                throw AdministrationError(
                    .invalid, "This API uses no credential \"\(field)\"; it uses: \(known.joined(separator: ", ")).")
            }
            let puts = values.map { ($0.field, Secret(text: $0.value)) }
            try vault.change(user: user, api: existing.id, puts: puts, overlapUntil: overlapUntil) { change in
                try store.save(existing, expecting: .version(existing.version), with: change)
            }
            ended(.apiChanged(existing.id))
            return existing.id
        }
    }

    /// The versions of an API's credentials, newest first in each field; no values.
    package func credentialHistory(
        of slug: String, for actor: Actor
    ) async throws(AdministrationError) -> [VaultVersion] {
        let user = try user(of: actor)
        return try await read { [self] in
            guard let api = try store.api(user: user, slug: slug) else {
                throw AdministrationError.missing(.api)
            }
            return try vault.history(user: user, api: api.id)
        }
    }

    /// The credentials that an API's calls need and that are not set.
    package func missingCredentials(of api: StoredAPI) async throws(AdministrationError) -> [String] {
        try await read { [self] in
            let stored = Set(try vault.fields(user: api.user, api: api.id))
            return try CompiledAPI(stored: api).credentials.map(\.field).filter { !stored.contains($0) }
        }
    }
}
