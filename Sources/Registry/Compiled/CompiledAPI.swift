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
    /// Whether an operator has suspended it: it is not called.
    package let isSuspended: Bool
    package let name: String
    /// The API's description, as agents see it.
    package let summary: String?
    /// With ``AuthPlan/url(_:)`` its path may hold `{secret}`: then ``secretPrefix`` is what to render.
    package let base: BaseURL
    /// The base URL's path as a template with the one name `secret`; nil where it holds none.
    package let secretPrefix: PathTemplate?
    /// What the base URL appends to every request's query, before the endpoint's own.
    package let fixedQuery: [FixedQuery]
    package let route: APIRoute
    /// For one whole call.
    package let timeout: Duration
    /// How often a call is sent again at most, where that is provably harmless.
    package let retries: Int
    /// Whether redirects within the same origin are followed (S5).
    package let followsRedirects: Bool
    package let auth: AuthPlan
    package let allowlist: URLAllowlist
    /// The addresses that the host may resolve to; nil: all that may be called.
    package let addresses: [CIDR]?
    package let limits: CallLimits
    package let validation: Validation
    /// What an argument means that does not have its `format`; all other keywords are always strict.
    package let argumentFormats: Validation
    package let proxy: Proxy
    /// What of a raw request's header is passed.
    package let requestHeaders: RequestHeaders
    /// Whom to tell of its failures.
    package let alerts: AlertPlan?
    /// In the definition's order.
    package let endpoints: [CompiledEndpoint]
    /// In the order of their names, as they are listed in pages.
    package var endpointsByName: some Sequence<CompiledEndpoint> { order.lazy.map { self.endpoints[$0] } }
    private let order: [Int]
    private let byName: [String: Int]
    private let templates: PathTemplateSet

    /// Compiles a stored definition. Throws when it does not read, as after a downgrade.
    ///
    /// Whether its host may be called, and called without verified TLS, was judged when it was written and is judged at
    /// each call: an operator's configuration can have changed in between.
    package init(stored: StoredAPI) throws(DefinitionError) {
        let context = DefinitionContext(stored: stored)
        let parts = try CustomAPIDefinition(stored.definition, context: context).parts
        id = stored.id
        user = stored.user
        slug = stored.slug
        version = stored.version
        etag = stored.etag
        isSuspended = stored.suspended != nil
        name = parts.name
        summary = parts.description
        base = parts.connection.base.url
        secretPrefix = parts.connection.base.secretPrefix
        fixedQuery = parts.connection.base.query
        route = parts.route
        timeout = parts.connection.timeout
        retries = parts.connection.retries
        followsRedirects = parts.connection.followsRedirects
        auth = parts.auth
        let address = parts.connection.base
        allowlist =
            parts.security.allowlist
            ?? (parts.endpoints.contains { $0.template == .base } ? address.ownAllowlist : address.allowlist)
        addresses = parts.security.addresses
        limits = parts.security.limits
        validation = parts.security.validation
        argumentFormats = parts.security.argumentFormats
        proxy = parts.security.proxy
        requestHeaders = RequestHeaders(parts.security.requestHeaders, parts.endpoints, parts.auth, parts.route)
        alerts = parts.alerts
        endpoints = parts.endpoints
        order = parts.endpoints.indices.sorted { parts.endpoints[$0].name < parts.endpoints[$1].name }
        templates = PathTemplateSet(parts.endpoints.map(\.template))
        byName = Dictionary(uniqueKeysWithValues: parts.endpoints.enumerated().map { ($0.element.name, $0.offset) })
    }

    /// All credentials that calls need, each under its own field.
    package var credentials: [AuthPlan.Credential] {
        auth.credentials + route.credentials + (alerts.map { [$0.secret] } ?? [])
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
