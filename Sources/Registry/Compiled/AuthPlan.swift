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
    case basic(username: Text, password: Credential)
    /// Several headers, in the definition's order; no two of one name.
    case headers([Header])
    /// `Authorization: Bearer …` with an access token that is fetched for it.
    case oauth2(OAuth2Plan)
    /// The secret stands for `{secret}` in the URL: ``CompiledAPI/secretPrefix``, ``CompiledAPI/fixedQuery`` and the
    /// endpoints' templates and queries.
    case url(Credential)

    /// The credentials it needs.
    package var credentials: [Credential] {
        switch self {
        case .none: []
        case .header(_, _, let credential), .query(_, _, let credential), .cookie(_, _, let credential),
            .url(let credential):
            [credential]
        case .basic(let username, let password): username.credentials + [password]
        case .headers(let headers): headers.flatMap(\.value.credentials)
        case .oauth2(let plan): plan.credentials
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
        }
    }
}

extension AuthPlan.Text {
    /// The credential, where it is one.
    package var credentials: [AuthPlan.Credential] {
        if case .secret(let credential) = self { [credential] } else { [] }
    }
}
