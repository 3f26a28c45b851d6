import NIOHTTP1
import NIOSSL
import Testing
import Value

@Suite("What is wrong with an API's TLS is told apart and told harmlessly", .serialized, .timeLimit(.minutes(4)))
struct TLSZooTests {
    /// A call of `slug` fails in the handshake, with this word in its detail.
    private func expect(
        _ scene: TwoRoutes, _ slug: String, says word: String, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let tool = try await scene.call(slug)
        let raw = try await scene.relay.proxy(.GET, slug, "/hello", token: scene.account.agent)
        for answer in [tool, raw] {
            expectProblem(answer, "SSL_ERROR", 502, stage: "tls", sourceLocation: sourceLocation)
            let detail = answer.json["detail"]?.string ?? ""
            #expect(detail.contains(word), "\(detail)", sourceLocation: sourceLocation)
            #expect(answer.json["sent"] == false, sourceLocation: sourceLocation)
            #expect(answer.json["retryable"] == false, sourceLocation: sourceLocation)
            for name in ["test", "zoo", "alone", "CN=", "\(scene.origin.port)"] {
                #expect(!detail.contains(name), "\(detail)", sourceLocation: sourceLocation)
            }
        }
    }

    @Test(
        "S1: a certificate that is expired, of another name, or signed by nobody known is an SSL_ERROR that says which")
    func certificates() async throws {
        let zoo = try CertificateZoo.shared.get()
        let kinds: [(CertificateZoo.Leaf, String)] = [
            (.expired, "expired"), (.notYetValid, "not valid yet"), (.otherName, "another name"),
            (.selfSigned, "self-signed"),
        ]
        let scene = try await TwoRoutes.make(egress: ["ca_file": .string(zoo.root)], starts: false)
        for (leaf, word) in kinds {
            let origin = try await TestOrigin(configuration: zoo.configuration(leaf))
            let slug = "\(leaf)".lowercased()
            try await scene.apply(.direct, slug, origin.url)
            try await expect(scene, slug, says: word)
            #expect(origin.seen.isEmpty)
            try await origin.close()
        }
        // The scene's own origin is of a CA that this operator does not know.
        try await scene.apply(.direct, "unknown")
        try await expect(scene, "unknown", says: "issuer")
        #expect(scene.origin.seen.isEmpty)
        let good = try await TestOrigin(configuration: zoo.configuration(.good))
        try await scene.apply(.direct, "good", good.url)
        #expect(try await scene.call("good").status == 200)
        try await scene.end()
        try await good.close()
    }

    @Test("An API that speaks only TLS 1.1, or no TLS at all, is an SSL_ERROR")
    func protocols() async throws {
        let zoo = try CertificateZoo.shared.get()
        var old = try zoo.configuration(.good)
        old.minimumTLSVersion = .tlsv1
        old.maximumTLSVersion = .tlsv11
        let scene = try await TwoRoutes.make(egress: ["ca_file": .string(zoo.root)], starts: false)
        let origin = try await TestOrigin(configuration: old)
        try await scene.apply(.direct, "old", origin.url)
        try await expect(scene, "old", says: "TLS version")
        let plain = try await TestOrigin()
        try await scene.apply(.direct, "plain", "https://localhost:\(plain.port)")
        try await expect(scene, "plain", says: "handshake")
        try await scene.end()
        try await origin.close()
        try await plain.close()
    }

    @Test("An API that wants a client certificate, and gets none or a stranger's, is an SSL_ERROR")
    func clientCertificates() async throws {
        let zoo = try CertificateZoo.shared.get()
        let scene = try await TwoRoutes.make(egress: ["ca_file": .string(zoo.root)], starts: false)
        let origin = try await TestOrigin(configuration: zoo.demandingConfiguration())
        try await scene.apply(.direct, "without", origin.url)
        try await expect(scene, "without", says: "client certificate")
        let stranger: JSONObject = [
            "client_certificate": .string(text(of: zoo.chain(.selfSigned))),
            "client_key": .string(text(of: zoo.key(.selfSigned))),
        ]
        try await scene.apply(.direct, "stranger", origin.url, connection: stranger)
        let answer = try await scene.call("stranger")
        expectProblem(answer, "SSL_ERROR", 502, stage: "tls")
        let wrong: JSONObject = [
            "client_certificate": .string(text(of: zoo.chain(.client))),
            "client_key": .string(text(of: zoo.key(.good))),
        ]
        try await scene.apply(.direct, "mismatch", origin.url, connection: wrong)
        try await expect(scene, "mismatch", says: "client certificate and key")
        #expect(origin.seen.isEmpty)
        try await scene.end()
        try await origin.close()
    }

    @Test("the CLI sends no token to a relay whose certificate is for the address reached and not for its name")
    func cliChecksTheName() async throws {
        let certificates = try Certificates(name: "address", hosts: [])
        let origin = try await TestOrigin(tls: certificates)
        let environment = [
            "PENSTOCK_TOKEN": "pst_user_" + String(repeating: "a", count: 43), "PENSTOCK_CA_FILE": certificates.root,
        ]
        let named = try await ChildProcess.run(
            Binaries.penstock, ["apis", "list", "--url", "https://localhost:\(origin.port)"],
            environment: environment)
        #expect(named.end == .exit(4), "\(named)")
        #expect(named.errors.contains("certificate is for another name"), "\(named)")
        #expect(origin.seen.isEmpty)
        _ = try await ChildProcess.run(
            Binaries.penstock, ["apis", "list", "--url", "https://127.0.0.1:\(origin.port)"],
            environment: environment)
        #expect(!origin.seen.isEmpty)
        try await origin.close()
    }
}
