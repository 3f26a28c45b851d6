package import EgressPolicy

/// Who writes a definition, over what, and what the operator lets it do.
package struct DefinitionContext: Sendable {
    package var user: String
    /// The API's id: a new one, or that of `existing`.
    package var api: String
    /// What is stored now; `nil` when the API is new.
    package var existing: StoredAPI?
    /// The ids of the user's tunnels; `nil`: not checked.
    package var tunnels: Set<String>?
    /// Ranges that are not public and may be called directly, over HTTPS (`egress.allow_private`). None by default.
    package var allowPrivate: [CIDR]
    /// Whether a direct API may say `verify_ssl: false` (`egress.allow_unverified_tls`). No by default.
    package var allowsUnverifiedTLS: Bool
    /// Whether the operator's rules count: they do when a definition is written.
    private(set) var judges = true

    package init(
        user: String, api: String, existing: StoredAPI? = nil, tunnels: Set<String>?, allowPrivate: [CIDR] = [],
        allowsUnverifiedTLS: Bool = false
    ) {
        self.user = user
        self.api = api
        self.existing = existing
        self.tunnels = tunnels
        self.allowPrivate = allowPrivate
        self.allowsUnverifiedTLS = allowsUnverifiedTLS
    }

    /// For reading again what was judged when it was written.
    init(stored: StoredAPI) {
        self.init(user: stored.user, api: stored.id, existing: stored, tunnels: nil)
        judges = false
    }

    /// Whether a literal address may be called directly. Nothing opens a cloud's metadata (S2), nor what is no host's.
    func allowsDirect(_ address: IPAddress) -> Bool {
        let kind = address.classify()
        guard judges, kind != .global else { return true }
        return ![.metadata, .unspecified, .multicast, .broadcast].contains(kind)
            && allowPrivate.contains { $0.contains(address) }
    }
}
