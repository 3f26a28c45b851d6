/// The way from the relay to an API.
package enum APIRoute: Sendable, Hashable {
    /// TLS of calls that leave from the relay.
    package struct TLS: Sendable, Hashable {
        /// False where certificates are not to be verified. Whoever calls asks the operator's configuration again.
        package var verifies: Bool
        /// PEM certificates of roots to trust instead of the system's.
        package var authorities: String?
        package var client: ClientIdentity?

        package init(verifies: Bool = true, authorities: String? = nil, client: ClientIdentity? = nil) {
            self.verifies = verifies
            self.authorities = authorities
            self.client = client
        }
    }

    /// The certificate with which the relay identifies itself.
    package struct ClientIdentity: Sendable, Hashable {
        /// PEM: the leaf first, then what leads to its root.
        package let certificate: String
        /// PEM, in the vault.
        package let key: AuthPlan.Credential
    }

    /// A service token of Cloudflare Access, sent in two headers.
    package struct Access: Sendable, Hashable {
        /// Of the id and of the secret.
        package static let headerNames = ["CF-Access-Client-Id", "CF-Access-Client-Secret"]

        package let clientID: AuthPlan.Credential
        package let clientSecret: AuthPlan.Credential
    }

    /// Straight to the host.
    case direct(TLS)
    /// Through the tunnel with this id; TLS to the API is the connector's matter.
    case tunnel(id: String)
    /// Straight to a host name that leads into a Cloudflare tunnel.
    case cloudflare(TLS, Access?)

    /// The tunnel's id, where calls go through one of the relay's own.
    package var tunnel: String? {
        if case .tunnel(let id) = self { id } else { nil }
    }

    /// How TLS is done where the relay itself connects.
    package var tls: TLS? {
        switch self {
        case .direct(let tls), .cloudflare(let tls, _): tls
        case .tunnel: nil
        }
    }

    /// The headers it sets, as they are written.
    package var headerNames: [String] {
        if case .cloudflare(_, _?) = self { Access.headerNames } else { [] }
    }

    /// The credentials it needs.
    package var credentials: [AuthPlan.Credential] {
        var all = tls?.client.map { [$0.key] } ?? []
        if case .cloudflare(_, let access?) = self { all += [access.clientID, access.clientSecret] }
        return all
    }
}
