import Foundation
import NIOCore
import NIOSSL
import Testing

@testable import RelayHTTP

@Suite("certificate reload", .timeLimit(.minutes(10)))
struct CertificateReloadTests {
    private func shown(to connection: RawConnection) async throws -> NIOSSLCertificate? {
        try await connection.send("GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n")
        _ = await connection.read(until: "hello")
        return try await connection.channel.nioSSL_peerCertificate().get()
    }

    @Test("T16: new connections see a new certificate, old ones go on, and a bad file changes nothing")
    func reload() async throws {
        try await TestPort.with { port in
            let first = try port.certificate.certificate
            let old = try await port.raw()
            #expect(try await shown(to: old) == first)
            #expect(port.tls.reload() == .unchanged)

            try await port.certificate.renew()
            let second = try port.certificate.certificate
            #expect(first != second)
            #expect(port.tls.reload() == .replaced)
            #expect(try await shown(to: port.raw()) == second)
            #expect(try await shown(to: old) == first)

            try Data("not a certificate".utf8).write(to: URL(filePath: port.certificate.identity.certificateChain))
            guard case .kept(let error) = port.tls.reload() else { throw TestFailure() }
            #expect(error.description.contains("tls.crt holds no certificate in PEM form"))
            #expect(port.tls.reload() == .unchanged)
            try await port.certificate.renew()
            #expect(port.tls.reload() == .replaced)
        }
    }

    @Test("each thing wrong with the files has its own sentence")
    func sentences() async throws {
        let one = try await TestCertificate.make()
        let other = try await TestCertificate.make()
        defer {
            one.remove()
            other.remove()
        }
        func error(_ chain: String, _ key: String) -> String? {
            do throws(TLSIdentityError) {
                _ = try ReloadingTLSContext(.init(certificateChain: chain, privateKey: key), logger: quiet)
                return nil
            } catch {
                return error.description
            }
        }
        let (chain, key) = (one.identity.certificateChain, one.identity.privateKey)
        #expect(error(chain, key) == nil)
        #expect(error("/nonexistent", key)?.contains("cannot be opened: No such file or directory") == true)
        #expect(error(one.folder.path, key)?.contains("cannot be read: Is a directory") == true)
        #expect(error(chain, chain)?.contains("holds no unencrypted key in PEM form") == true)
        #expect(error(chain, other.identity.privateKey)?.contains("does not belong to") == true)
    }
}
