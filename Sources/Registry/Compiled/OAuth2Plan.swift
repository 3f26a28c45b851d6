package import EgressPolicy

/// Where and how access tokens are fetched (RFC 6749).
package struct OAuth2Plan: Sendable, Hashable {
    /// With which grant.
    package enum Grant: Sendable, Hashable {
        /// Section 4.4.
        case clientCredentials
        /// Section 6. A new refresh token in an answer replaces the one that is stored under this field.
        case refreshToken(AuthPlan.Credential)
        /// Section 4.3.
        case password(username: AuthPlan.Credential, password: AuthPlan.Credential)
    }

    /// How the client proves who it is (section 2.3.1).
    package enum ClientAuthentication: String, Sendable, Hashable {
        /// In an `Authorization: Basic` header.
        case basic
        /// In the request's body, a form.
        case post
        /// Likewise, in a body that is one JSON object.
        case json
    }

    /// The way to the token endpoint.
    package enum Way: String, Sendable, Hashable {
        case direct
        /// Through the API's own tunnel.
        case tunnel
    }

    package let origin: Origin
    /// Path and query of the token endpoint.
    package let target: RequestTarget
    package let clientID: AuthPlan.Credential
    /// Nil for a public client; may be empty, as a literal.
    package let clientSecret: AuthPlan.Text?
    /// Sent as `scope`, joined by spaces; none: not sent.
    package let scopes: [String]
    package let grant: Grant
    package let clientAuthentication: ClientAuthentication
    package let way: Way
    /// Further parameters of the request, such as `audience` and `resource`.
    package let parameters: [AuthPlan.Header]
    /// Further headers of the request.
    package let headers: [AuthPlan.Header]

    /// The credentials it needs.
    package var credentials: [AuthPlan.Credential] {
        let client =
            [clientID] + (clientSecret?.credentials ?? []) + (parameters + headers).flatMap(\.value.credentials)
        return switch grant {
        case .clientCredentials: client
        case .refreshToken(let token): client + [token]
        case .password(let username, let password): client + [username, password]
        }
    }
}
