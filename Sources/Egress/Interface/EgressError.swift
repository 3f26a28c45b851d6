package import EgressPolicy

/// Why a request has no answer, or only part of one. Holds nothing of the request: no URL, name, address or header.
package struct EgressError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Kind: Sendable, Hashable {
        case notAllowed(Refusal)
        case nameNotFound
        case dnsTimeout
        /// Too many names are being looked up.
        case dnsOverloaded
        case connectionRefused
        case unreachable
        /// The connection ended before the answer was whole.
        case connectionReset
        case connectTimeout
        /// The operator's outbound proxy did not make the tunnel.
        case proxyRefused
        case tlsFailed(TLSFault)
        case responseTimeout(Wait)
        case responseTooLarge
        case headersTooLarge
        /// The answer is not HTTP, or its length can be read in two ways.
        case protocolError
        case requestMalformed
        /// A limit of this client's own is reached, or it is leaving.
        case overloaded
        case cancelled
    }

    package var kind: Kind
    /// Whether bytes of the request may have reached the API.
    package var sent: Bool
    /// What the API answered, where it is no status of HTTP.
    package var unknownStatus: Int?

    package init(_ kind: Kind, sent: Bool = false) {
        self.kind = kind
        self.sent = sent
    }

    package var description: String { "\(kind), \(sent ? "sent" : "not sent")" }
}

/// Why a target is refused.
package enum Refusal: Sendable, Hashable {
    /// The address, or one of the name's addresses, is of a class that nobody opened.
    case address(AddressClass)
    /// The address is not in the request's own allowlist.
    case notInAllowlist
    /// It is one of the relay's own listeners (S3).
    case ownListener
    /// The request wants no verification of the certificate, and the operator does not allow that.
    case unverifiedTLS
}

/// What was wrong with TLS.
package enum TLSFault: Sendable, Hashable, CaseIterable {
    case expired, notYetValid, wrongName, unknownIssuer, selfSigned, revoked
    /// The certificate is not accepted for any other reason.
    case untrusted
    /// No protocol version in common.
    case protocolVersion
    /// The API wants a client certificate, or another one.
    case clientCertificateWanted
    /// The client certificate or its key cannot be read, or do not match.
    case clientCertificateUnusable
    /// The CA certificates given for verification cannot be read.
    case trustAnchorsUnusable
    case handshakeFailed
    case timeout
}

/// What was waited for in vain.
package enum Wait: Sendable, Hashable {
    /// The whole exchange took longer than its deadline.
    case total
    case firstByte
    /// No byte of the body for too long.
    case idle
    /// The body came slower than the minimum rate.
    case rate
}
