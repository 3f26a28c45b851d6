import EgressPolicy
import TestSupport
import Testing

@testable import Connector

/// What counts as an anchor in a rule's `tls.ca_file`.
@Suite struct TrustAnchorTests {
    private func call(
        _ origin: FakeOrigin, caFile: String, serverName: String = "origin.test"
    ) async throws -> Answer {
        var rule = ConnectorConfiguration.Rule(origin: "https://origin.test:\(origin.port)")
        rule.tls.caFile = caFile
        rule.tls.serverName = .name(serverName)
        return try await Rig.with([rule]) { rig in
            try await rig.call(authority: "origin.test:\(origin.port)", scheme: "https")
        }
    }

    private func file(_ files: String...) throws -> String {
        try TestFiles.write(files.map(TestFiles.read).joined(), as: "anchors.pem")
    }

    @Test("Certificates: an intermediate or the leaf itself in tls.ca_file is an anchor")
    func anchors() async throws {
        for chain in [TestChain.full, .leafOnly] {
            try await FakeOrigin.with(tls: chain.origin, script: FakeOrigin.echo) { origin in
                let others = TestCertificates.otherName.ca
                for anchors in [
                    chain.intermediate, chain.leaf, try file(chain.leaf, chain.intermediate),
                    try file(others, chain.leaf), try file(others, chain.intermediate),
                    try file(chain.root, chain.intermediate),
                ] {
                    let answer = try await call(origin, caFile: anchors)
                    #expect(answer.status == 200, "\(anchors): \(answer.headers)")
                }
            }
        }
    }

    @Test("A root is an anchor where the origin sends its intermediate, and not without it")
    func roots() async throws {
        try await FakeOrigin.with(tls: TestChain.full.origin, script: FakeOrigin.echo) { origin in
            let answer = try await call(origin, caFile: TestChain.full.root)
            #expect(answer.status == 200)
        }
        try await FakeOrigin.with(tls: TestChain.leafOnly.origin, script: FakeOrigin.echo) { origin in
            let answer = try await call(origin, caFile: TestChain.leafOnly.root)
            #expect(answer.proxyError == "tls_certificate_error")
        }
    }

    @Test("An anchor vouches for what it signed and for nothing else, and never for another name")
    func strangers() async throws {
        try await FakeOrigin.with(tls: TestChain.full.origin, script: FakeOrigin.echo) { origin in
            let others = [
                TestChain.leafOnly.intermediate, TestChain.leafOnly.leaf, TestCertificates.good.ca,
                TestCertificates.good.certificate,
            ]
            for stranger in others {
                let answer = try await call(origin, caFile: stranger)
                #expect(answer.proxyError == "tls_certificate_error", "\(stranger)")
            }
            for anchors in [TestChain.full.leaf, TestChain.full.intermediate] {
                let answer = try await call(origin, caFile: anchors, serverName: "other.test")
                #expect(answer.proxyError == "tls_certificate_error", "\(anchors)")
            }
            #expect(origin.seen.requests.isEmpty)
        }
    }

    @Test("A leaf in tls.ca_file is no authority: what its key signed is refused")
    func leavesSignNothing() async throws {
        let folder = TestFiles.path("signed-by-leaf")
        let (key, certificate) = ("\(folder)/forged.key", "\(folder)/forged.crt")
        try await TestCertificates.make()
        try await Program.output(
            "bash",
            [
                "-c",
                """
                set -e; mkdir -p \(folder)
                openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=forged -keyout \(key) \
                  -out \(folder)/forged.csr
                printf 'subjectAltName=DNS:origin.test' > \(folder)/forged.ext
                openssl x509 -req -in \(folder)/forged.csr -CA \(TestChain.full.leaf) \
                  -CAkey \(TestChain.full.origin.key) -set_serial 77 -days 2 -extfile \(folder)/forged.ext \
                  -out \(certificate)
                cat \(TestChain.full.leaf) >> \(certificate)
                """,
            ])
        let forged = TestCertificates(ca: "", certificate: certificate, key: key)
        try await FakeOrigin.with(tls: forged, script: FakeOrigin.echo) { origin in
            for anchors in [TestChain.full.leaf, try file(TestChain.full.leaf, TestChain.full.intermediate)] {
                let answer = try await call(origin, caFile: anchors)
                #expect(answer.proxyError == "tls_certificate_error")
            }
            #expect(origin.seen.requests.isEmpty)
        }
    }
}
