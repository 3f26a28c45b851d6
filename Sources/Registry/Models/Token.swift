/// What a token may be used for.
package enum TokenKind: String, Sendable, Hashable, CaseIterable {
    /// Everything of the platform, no user's secrets.
    case `operator`
    /// A user's own APIs, tunnels, tokens and logs.
    case user
    /// Listing and calling a user's tools.
    case agent
    /// Dialling in as one tunnel's connector.
    case tunnel
}

/// A bearer token as it is stored: never its text, only the hash of its secret part (C7).
package struct Token: Sendable, Hashable {
    /// The public part of the text, by which it is found.
    package var id: String
    package var kind: TokenKind
    /// Whose it is; `nil` for operators.
    package var user: String?
    /// The tunnel it opens, for kind `tunnel`.
    package var tunnel: String?
    /// SHA-256 of the secret part, 32 bytes.
    package var hash: [UInt8]
    /// The last four characters of the text, for people to tell tokens apart.
    package var lastFour: String
    package var label: String
    /// Slugs an agent's token is limited to; `nil`: all of the user's APIs.
    package var apis: [String]?
    /// Of the calls made with it, beside those of their APIs.
    package var limits: CallLimits
    /// Microseconds since 1970.
    package var created: Int64
    /// When it was revoked, in microseconds since 1970; `nil` while it is good.
    package var revoked: Int64?
    /// When it stops being good by itself, in microseconds since 1970; `nil`: never.
    package var expires: Int64?
    /// When it was last used, in microseconds since 1970, to about a minute; `nil` before the first time.
    package var lastUsed: Int64?

    package init(
        id: String, kind: TokenKind, user: String?, tunnel: String? = nil, hash: [UInt8], lastFour: String,
        label: String = "", apis: [String]? = nil, limits: CallLimits = CallLimits(), created: Int64,
        revoked: Int64? = nil, expires: Int64? = nil, lastUsed: Int64? = nil
    ) {
        self.id = id
        self.kind = kind
        self.user = user
        self.tunnel = tunnel
        self.hash = hash
        self.lastFour = lastFour
        self.label = label
        self.apis = apis
        self.limits = limits
        self.created = created
        self.revoked = revoked
        self.expires = expires
        self.lastUsed = lastUsed
    }

    /// Whether its time is over.
    package func isExpired(at time: Int64) -> Bool { expires.map { $0 <= time } ?? false }

    /// Whether the token may list and call the API with this slug.
    package func allows(slug: String) -> Bool {
        apis?.contains(slug) ?? true
    }
}
