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
        /// In the request's body.
        case post
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
    /// Nil for a public client.
    package let clientSecret: AuthPlan.Credential?
    /// Sent as `scope`, joined by spaces; none: not sent.
    package let scopes: [String]
    package let grant: Grant
    package let clientAuthentication: ClientAuthentication
    package let way: Way

    /// The credentials it needs.
    package var credentials: [AuthPlan.Credential] {
        let client = [clientID] + (clientSecret.map { [$0] } ?? [])
        return switch grant {
        case .clientCredentials: client
        case .refreshToken(let token): client + [token]
        case .password(let username, let password): client + [username, password]
        }
    }
}
