package import Value

/// An API's definition as it is stored: credentials replaced by vault references, `metadata` kept apart.
package struct StoredAPI: Sendable, Hashable {
    package var id: String
    package var user: String
    package var slug: String
    /// The definition without the `custom_api` wrapper, `id`, `user_id`, `slug` and `metadata`.
    package var definition: JSON
    /// Rises by one with each write, from 1.
    package var version: Int
    /// Microseconds since 1970.
    package var created: Int64
    /// Microseconds since 1970.
    package var updated: Int64
    /// When an operator suspended it, in microseconds since 1970; `nil` while it can be called. Writes of the definition
    /// leave it as it is.
    package var suspended: Int64?

    package init(
        id: String, user: String, slug: String, definition: JSON, version: Int, created: Int64, updated: Int64,
        suspended: Int64? = nil
    ) {
        self.id = id
        self.user = user
        self.slug = slug
        self.definition = definition
        self.version = version
        self.created = created
        self.updated = updated
        self.suspended = suspended
    }

    /// The strong entity tag of this version, with its quotes (RFC 9110, section 8.8.3).
    package var etag: String { "\"\(id)-\(version)\"" }
}

extension StoredAPI {
    /// The document that reading gives: `custom_api` with ids, slug, definition and the relay's `metadata`.
    ///
    /// - Parameter metadata: what `metadata` holds, `created_at` and so on; the caller has the counts.
    package func document(metadata: JSONObject) -> JSON {
        var document: JSONObject = ["id": .string(id), "user_id": .string(user)]
        let members = definition.object ?? [:]
        document["name"] = members["name"]
        document["slug"] = .string(slug)
        for (key, value) in members where key != "name" { document[key] = value }
        document["metadata"] = .object(metadata)
        return ["custom_api": .object(document)]
    }
}

/// What an API is found by.
package struct APIName: Sendable, Hashable {
    package let id: String
    package let user: String
    package let slug: String

    package init(id: String, user: String, slug: String) {
        self.id = id
        self.user = user
        self.slug = slug
    }
}
