/// The members of a definition that hold a credential.
///
/// The one list of what is secret: the reader that moves credentials to the vault takes them under these names only,
/// and what shows a definition asks here what it must not show.
package enum CredentialKey: String, CaseIterable, Sendable {
    case key, token, username, password, secret, value
    case clientID = "client_id"
    case clientSecret = "client_secret"
    case refreshToken = "refresh_token"
    case clientKey = "client_key"

    /// The member that holds a reference in the documented configuration, as `key_vault_ref`.
    package var alias: String { rawValue + Self.suffix }

    /// Whether its author may write `{"literal": "…"}` for a value that is no secret.
    package var mayBeLiteral: Bool { self == .username || self == .value }

    /// The credential that a member's name, or its alias, stands for; nil for any other member.
    package init?(member name: String) {
        self.init(rawValue: name.hasSuffix(Self.suffix) ? String(name.dropLast(Self.suffix.count)) : name)
    }

    private static let suffix = "_vault_ref"

    /// The parts of a definition that can hold credentials.
    package static let parts: Set<String> = ["authentication", "connection", "tunnel", "alerts"]

    /// The members of those parts that are known to hold none.
    ///
    /// A name that is neither here nor a ``CredentialKey`` may be a mistyped one, with a credential behind it.
    package static let plain: Set<String> = [
        // authentication
        "type", "config", "header_name", "query_name", "cookie_name", "prefix", "token_url", "scopes", "grant",
        "client_auth", "via", "headers", "name", "of", "token_params", "token_headers",
        // connection
        "base_url", "timeout_ms", "retry_attempts", "follow_redirects", "verify_ssl", "ca_certificate",
        "client_certificate",
        // tunnel and alerts
        "enabled", "tunnel_id", "access", "webhook_url",
    ]
}
