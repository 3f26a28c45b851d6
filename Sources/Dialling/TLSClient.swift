import NIOCore
package import NIOSSL

/// What a client trusts: makes the TLS handlers of its connections.
///
/// NIOSSL verifies the chain. Its check of names is turned off, because it also takes an IP address in the certificate
/// that equals the address reached where a name is wanted, and a common name: ``ServerIdentity`` decides instead.
package struct TLSClient: Sendable {
    /// The certificate is trusted, and somebody else's.
    package struct WrongName: Error {
        package init() {}
    }

    /// How a certificate is found to be trusted.
    package enum Trust: Sendable, Hashable {
        /// A chain leads to an authority.
        case chain
        /// It is itself one of the anchors.
        case leaf
    }

    private let context: NIOSSLContext
    private let verifies: Bool
    private let leaves: Set<NIOSSLCertificate>
    /// The ways to trust a server, each a connection of its own: NIOSSL knows one or the other.
    package let trusts: [Trust]

    /// - Parameters:
    ///   - configuration: with `.none` for `certificateVerification`, any certificate will do.
    ///   - anchors: the only ones that count; nil for those of `configuration`.
    /// - Throws: what `NIOSSLContext` throws.
    package init(_ configuration: TLSConfiguration, anchors: TrustAnchors? = nil) throws {
        var configuration = configuration
        verifies = configuration.certificateVerification != .none
        if verifies { configuration.certificateVerification = .noHostnameVerification }
        if let anchors { configuration.trustRoots = .certificates(anchors.authorities) }
        leaves = verifies ? anchors?.leaves ?? [] : []
        let hasAuthorities = leaves.isEmpty || anchors?.authorities.isEmpty == false
        trusts = (hasAuthorities ? [.chain] : []) + (leaves.isEmpty ? [] : [.leaf])
        context = try NIOSSLContext(configuration: configuration)
    }

    /// A handler that sends nothing of what is written before the server's certificate is known to be trusted and to be
    /// `identity`'s. One that is another's ends the connection with ``WrongName``.
    ///
    /// - Parameter trust: one of ``trusts``.
    package func handler(for identity: ServerIdentity, trust: Trust = .chain) throws -> NIOSSLClientHandler {
        guard verifies else { return try NIOSSLClientHandler(context: context, serverHostname: identity.serverName) }
        switch trust {
        case .chain:
            return try NIOSSLClientHandler._makeSSLClientHandler(
                context: context, serverHostname: identity.serverName
            ) { certificate, channel in
                channel.eventLoop.makeCompletedFuture {
                    guard identity.matches(certificate) else { throw WrongName() }
                }
            }
        case .leaf:
            return try NIOSSLClientHandler(
                context: context, serverHostname: identity.serverName,
                customVerificationCallback: { [leaves] certificates, promise in
                    let isTrusted =
                        certificates.first.map { leaves.contains($0) && $0.isInDate && identity.matches($0) } ?? false
                    promise.succeed(isTrusted ? .certificateVerified : .failed)
                })
        }
    }
}
