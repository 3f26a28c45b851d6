import EgressPolicy
import Glibc
import NIOCore
import NIOHTTP1
import TestSupport
import Testing

@testable import Egress

/// What can be wrong with TLS, with openssl's server at the other end.
@Suite struct TLSTests {
    /// A server that ends a handshake as `arguments` say.
    private func withServer<R: Sendable>(
        _ leaf: Certificates.Leaf = .good, _ arguments: [String] = [], _ body: (Int) async throws -> R
    ) async throws -> R {
        try await Certificates.make()
        let server = try Program(
            "openssl",
            [
                "s_server", "-accept", "127.0.0.1:0", "-cert", Certificates.certificate(leaf), "-key",
                Certificates.key(leaf), "-www",
            ] + arguments)
        defer { server.kill(SIGKILL) }
        let address = try await server.line(containing: "ACCEPT ")
        let port = try #require(address.split(separator: ":").last.flatMap { Int($0) })
        return try await body(port)
    }

    private func expect(
        _ fault: TLSFault, from leaf: Certificates.Leaf = .good, _ arguments: [String] = [],
        configure: (inout EgressConfiguration) -> Void = { $0.caFile = Certificates.ca },
        request change: (inout EgressRequest) throws -> Void = { _ in },
        at place: SourceLocation = #_sourceLocation
    ) async throws {
        try await withServer(leaf, arguments) { port in
            try await withClient(configure) { client in
                var request = try EgressRequest.to(port, scheme: .https)
                try change(&request)
                await client.expect(EgressError(.tlsFailed(fault)), from: request, at: place)
            }
        }
    }

    @Test(arguments: [
        (Certificates.Leaf.expired, TLSFault.expired), (.notYetValid, .notYetValid), (.otherName, .wrongName),
        (.selfSigned, .selfSigned),
    ])
    func `A certificate that is not accepted is named by what is wrong with it`(
        leaf: Certificates.Leaf, fault: TLSFault
    ) async throws {
        try await expect(fault, from: leaf)
    }

    @Test func `An issuer that is not trusted is named`() async throws {
        try await expect(.unknownIssuer, configure: { _ in })
        try await expect(.unknownIssuer, configure: { $0.caFile = Certificates.certificate(.selfSigned) })
        // An API's own CA stands in place of the operator's.
        try await expect(
            .unknownIssuer,
            request: {
                $0.isolation.tls.caPEM = try TestFiles.bytes(Certificates.certificate(.selfSigned))
            })
    }

    @Test func `A revoked certificate is named, where the operator has a list`() async throws {
        try await expect(
            .revoked, from: .revoked,
            configure: {
                $0.caFile = Certificates.ca
                $0.crlFile = Certificates.crl
            })
    }

    @Test func `An old protocol is named`() async throws {
        try await expect(.protocolVersion, from: .good, ["-tls1_1", "-cipher", "ALL:@SECLEVEL=0"])
    }

    /// TLS 1.2 ends with an alert that says no more than that the handshake failed.
    @Test(arguments: [("-tls1_2", TLSFault.handshakeFailed), ("-tls1_3", .clientCertificateWanted)])
    func `A client certificate that is wanted is named where the protocol names it`(
        version: String, fault: TLSFault
    ) async throws {
        try await expect(
            fault, from: .good, [version, "-Verify", "1", "-verify_return_error", "-CAfile", Certificates.ca])
    }

    @Test func `A client certificate that cannot be read is named`() async throws {
        try await expect(
            .clientCertificateUnusable,
            request: {
                $0.isolation.tls.clientCertificatePEM = Array("nothing".utf8)
                $0.isolation.tls.clientKeyPEM = Array("nothing".utf8)
            })
        try await expect(
            .clientCertificateUnusable,
            request: {
                $0.isolation.tls.clientCertificatePEM = try TestFiles.bytes(Certificates.certificate(.client))
                $0.isolation.tls.clientKeyPEM = try TestFiles.bytes(Certificates.key(.good))
            })
    }

    @Test func `CA certificates that cannot be read are named`() async throws {
        try await expect(.trustAnchorsUnusable, request: { $0.isolation.tls.caPEM = Array("nothing".utf8) })
    }

    @Test func `A server that does not speak TLS fails the handshake`() async throws {
        try await RawServer.with { connection in
            try await connection.write("HTTP/1.1 400 Bad Request\r\n\r\n")
            await connection.untilClosed()
        } _: { server in
            try await withClient { client in
                await client.expect(
                    EgressError(.tlsFailed(.handshakeFailed)), from: try .to(server.port, scheme: .https))
            }
        }
    }

    @Test func `Without verification any certificate will do, where the operator allows it`() async throws {
        try await Nginx.with(.otherName) { nginx in
            try await withClient {
                $0.allowUnverifiedTLS = true
            } _: { client in
                let answer = try await client.whole(
                    .to(nginx.port, "/small", scheme: .https) { $0.isolation.tls.verify = false })
                #expect(answer.status == 200)
                // The connection is not for those who verify.
                await client.expect(
                    EgressError(.tlsFailed(.unknownIssuer)), from: try .to(nginx.port, "/small", scheme: .https))
            }
        }
    }

    @Test func `A client certificate is shown, and its connection is not shared`() async throws {
        let extra = "ssl_client_certificate \(Certificates.ca); ssl_verify_client optional;"
        try await Certificates.make()
        let (certificate, key) = (
            try TestFiles.bytes(Certificates.certificate(.client)), try TestFiles.bytes(Certificates.key(.client))
        )
        try await Nginx.with(extra: extra) { nginx in
            try await withClient {
                $0.caFile = Certificates.ca
            } _: { client in
                let shown = try await client.whole(
                    .to(nginx.port, "/small", scheme: .https) {
                        $0.isolation.tls.clientCertificatePEM = certificate
                        $0.isolation.tls.clientKeyPEM = key
                    })
                #expect(shown.body == "HTTP/2.0 GET SUCCESS")
                let plain = try await client.whole(.to(nginx.port, "/small", scheme: .https))
                #expect(plain.body == "HTTP/2.0 GET NONE" && !plain.isReused)
            }
        }
    }
}
