/// How a call identifies itself to the API. Holds references, never values.
package enum AuthPlan: Sendable, Hashable {
    /// A secret of the API, by its place in the vault.
    ///
    /// The parts are held beside the text, so that who opens it needs not parse a reference for each call.
    package struct Credential: Sendable, Hashable {
        package let user: String
        package let api: String
        /// The last part of the reference, unique within the API.
        package let field: String
        /// `vault://users/<user>/apis/<api>/<field>`.
        package let reference: String

        init(user: String, api: String, field: String) {
            self.user = user
            self.api = api
            self.field = field
            reference = "vault://users/\(user)/apis/\(api)/\(field)"
        }
    }

    /// A text that may be known to everybody, or a secret.
    package enum Text: Sendable, Hashable {
        case literal(String)
        case secret(Credential)
    }

    /// One header of `custom_header`.
    package struct Header: Sendable, Hashable {
        package let name: String
        package let value: Text
    }

    case none
    /// A header whose value is the prefix followed by the secret.
    case header(name: String, prefix: String, Credential)
    /// A query parameter, to be percent-encoded.
    case query(name: String, prefix: String, Credential)
    case cookie(name: String, prefix: String, Credential)
    /// `Authorization: Basic …` (RFC 7617). A user name that comes from the vault must be checked for a colon.
    /// One of the two may be empty, as a literal.
    case basic(username: Text, password: Text)
    /// Several headers, in the definition's order; no two of one name.
    case headers([Header])
    /// `Authorization: Bearer …` with an access token that is fetched for it.
    case oauth2(OAuth2Plan)
    /// The secret stands for `{secret}` in the URL: ``CompiledAPI/secretPrefix``, ``CompiledAPI/fixedQuery`` and the
    /// endpoints' templates and queries.
    case url(Credential)
    /// Several at once, no two of which set the same; at most one of them is ``oauth2(_:)``, and one ``url(_:)``. None is
    /// ``none`` or holds others.
    case all([AuthPlan])

    /// The credentials that it is made of: itself, but for ``all(_:)``.
    package var parts: [AuthPlan] {
        if case .all(let parts) = self { parts } else { [self] }
    }

    /// How its access token is fetched, where it sends one.
    package var oauth2Plan: OAuth2Plan? {
        switch self {
        case .oauth2(let plan): plan
        case .all(let parts): parts.lazy.compactMap(\.oauth2Plan).first
        default: nil
        }
    }

    /// The secret part of the URL, where there is one.
    package var url: Credential? {
        parts.lazy.compactMap { if case .url(let credential) = $0 { credential } else { nil } }.first
    }

    /// The names in a query that it sets.
    package var queryNames: [String] {
        parts.compactMap { if case .query(let name, _, _) = $0 { name } else { nil } }
    }

    /// The names among cookies that it sets.
    package var cookieNames: [String] {
        parts.compactMap { if case .cookie(let name, _, _) = $0 { name } else { nil } }
    }

    /// The credentials it needs.
    package var credentials: [Credential] {
        switch self {
        case .none: []
        case .header(_, _, let credential), .query(_, _, let credential), .cookie(_, _, let credential),
            .url(let credential):
            [credential]
        case .basic(let username, let password): username.credentials + password.credentials
        case .headers(let headers): headers.flatMap(\.value.credentials)
        case .oauth2(let plan): plan.credentials
        case .all(let parts): parts.flatMap(\.credentials)
        }
    }

    /// The headers it sets, as they are written.
    package var headerNames: [String] {
        switch self {
        case .none, .query, .url: []
        case .header(let name, _, _): [name]
        case .cookie: ["Cookie"]
        case .basic, .oauth2: ["Authorization"]
        case .headers(let headers): headers.map(\.name)
        case .all(let parts): parts.flatMap(\.headerNames)
        }
    }
}

extension AuthPlan.Text {
    /// The credential, where it is one.
    package var credentials: [AuthPlan.Credential] {
        if case .secret(let credential) = self { [credential] } else { [] }
    }

    /// Whether it is known to be empty.
    package var isEmpty: Bool { self == .literal("") }
}
