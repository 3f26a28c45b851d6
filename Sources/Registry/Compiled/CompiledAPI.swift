package import EgressPolicy
import Value

/// An API as calls use it: compiled once, immutable, swapped whole on change.
package final class CompiledAPI: Sendable {
    /// What a mismatch with a schema means.
    package enum Validation: String, Sendable {
        case strict, warn, off
    }

    /// What `/v1/proxy` lets through.
    package enum Proxy: String, Sendable {
        /// Methods and paths of endpoints.
        case endpoints
        /// Whatever the allowlist allows.
        case open
    }

    package let id: String
    package let user: String
    package let slug: String
    package let version: Int
    package let etag: String
    package let name: String
    /// The API's description, as agents see it.
    package let summary: String?
    package let base: BaseURL
    /// For one whole call.
    package let timeout: Duration
    package let auth: AuthPlan
    package let allowlist: URLAllowlist
    package let validation: Validation
    package let proxy: Proxy
    /// The tunnel that calls go through.
    package let tunnel: String
    /// In the definition's order.
    package let endpoints: [CompiledEndpoint]
    private let byName: [String: Int]
    private let templates: PathTemplateSet

    /// Compiles a stored definition. Throws when it does not read, as after a downgrade.
    package init(stored: StoredAPI) throws(DefinitionError) {
        let context = DefinitionContext(user: stored.user, api: stored.id, existing: stored, tunnels: nil)
        let parts = try CustomAPIDefinition(stored.definition, context: context).parts
        id = stored.id
        user = stored.user
        slug = stored.slug
        version = stored.version
        etag = stored.etag
        name = parts.name
        summary = parts.description
        base = parts.base
        timeout = parts.timeout
        auth = parts.auth
        allowlist = parts.allowlist
        validation = parts.validation
        proxy = parts.proxy
        tunnel = parts.tunnel
        endpoints = parts.endpoints
        templates = PathTemplateSet(parts.endpoints.map(\.template))
        byName = Dictionary(uniqueKeysWithValues: parts.endpoints.enumerated().map { ($0.element.name, $0.offset) })
    }

    /// The endpoint with this name.
    package func endpoint(named name: String) -> CompiledEndpoint? {
        byName[name].map { endpoints[$0] }
    }

    /// The endpoint whose method and template a raw path below the base URL has; the most specific template wins.
    package func endpoint(method: String, path: some StringProtocol) -> CompiledEndpoint? {
        templates.firstMatch(path) { endpoints[$0].method == method }.map { endpoints[$0] }
    }
}
