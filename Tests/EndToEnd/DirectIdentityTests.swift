import NIOHTTP1
import Testing
import Value

@Suite("Who a direct call shows itself as, and whose certificate it accepts", .serialized, .timeLimit(.minutes(4)))
struct DirectIdentityTests {
    @Test("verify_ssl: false is refused, unless the operator allows it")
    func unverified() async throws {
        let foreign = try await TestOrigin(tls: Certificates.foreign.get())
        let strict = try await TwoRoutes.make(starts: false)
        let definition = strict.definition(.direct, "loose", foreign.url, connection: ["verify_ssl": false])
        let refused = try await strict.relay.send(.POST, "/v1/apis", strict.account.user, definition)
        expectProblem(refused, "URL_NOT_ALLOWED", 403)
        try await strict.end()
        let loose = try await TwoRoutes.make(egress: ["allow_unverified_tls": true], starts: false)
        try await loose.apply(.direct, "loose", foreign.url, connection: ["verify_ssl": false])
        try await loose.apply(.direct, "tight", foreign.url)
        #expect(try await loose.call("loose").status == 200)
        expectProblem(try await loose.call("tight"), "SSL_ERROR", 502, stage: "tls")
        #expect(try await loose.call("loose").status == 200)
        try await loose.end()
        try await foreign.close()
    }

    @Test("An API's own CA and client certificate are used, and the client's key is in the vault")
    func identities() async throws {
        let zoo = try CertificateZoo.shared.get()
        let demanding = try await TestOrigin(configuration: zoo.demandingConfiguration())
        let scene = try await TwoRoutes.make(starts: false)
        let key = text(of: zoo.key(.client))
        let root: JSON = .string(text(of: zoo.root))
        try await scene.apply(.direct, "ca", demanding.url, connection: ["ca_certificate": root])
        // TLS 1.3: the client certificate is missed only after the server's own has been accepted.
        expectProblem(try await scene.call("ca"), "SSL_ERROR", 502, stage: "tls")
        let connection: JSONObject = [
            "ca_certificate": root, "client_certificate": .string(text(of: zoo.chain(.client))),
            "client_key": .string(key),
        ]
        let saved = try await scene.apply(.direct, "mutual", demanding.url, connection: connection)
        let answer = try await scene.call("mutual")
        #expect(answer.status == 200, "\(answer)")
        #expect(try await scene.relay.proxy(.GET, "mutual", "/hello", token: scene.account.agent).status == 200)
        let shown = try await scene.relay.send(.GET, "/v1/apis/mutual", scene.account.user)
        for text in [saved.text, shown.text] { #expect(!text.contains("PRIVATE KEY")) }
        #expect(shown.text.contains("vault://"), "\(shown)")
        let middle = key.split(separator: "\n")[1]
        #expect(!shown.text.contains(middle))
        try await scene.end()
        #expect(!text(of: scene.relay.database).contains(middle))
        try await demanding.close()
    }

    @Test("An API behind a Cloudflare tunnel gets the service token of Cloudflare Access beside its own credential")
    func cloudflare() async throws {
        let scene = try await TwoRoutes.make(starts: false)
        let origin = scene.origin
        origin.script("/hello") { seen in
            let isKnown =
                seen.headers["cf-access-client-id"] == ["client-id.access"]
                && seen.headers["cf-access-client-secret"] == ["the-service-secret"]
            return isKnown
                ? .json(["echo": .array(seen.headers.map { .string("\($0.name): \($0.value)") })])
                : .json(["error": "access denied"], status: 403)
        }
        let access: JSON = ["client_id": "client-id.access", "client_secret": "the-service-secret"]
        try await scene.apply(
            .direct, "cf", authentication: Definitions.bearer("the-own-token"),
            more: ["tunnel": ["enabled": true, "type": "cloudflare", "access": access]])
        try await scene.apply(
            .direct, "without", more: ["tunnel": ["enabled": true, "type": "cloudflare", "tunnel_id": nil]])
        expectProblem(try await scene.call("without"), "AUTHENTICATION_FAILED", 502, stage: "origin", upstream: 403)
        let answer = try await scene.call("cf")
        #expect(answer.status == 200, "\(answer)")
        #expect(origin.seen.last?.headers["authorization"] == ["Bearer the-own-token"])
        // A caller cannot put its own in their place, and sees none of them.
        let raw = try await scene.relay.proxy(
            .GET, "cf", "/hello", token: scene.account.agent, headers: ["CF-Access-Client-Secret": "mine"])
        #expect(raw.status == 200, "\(raw)")
        let shown = try await scene.relay.send(.GET, "/v1/apis/cf", scene.account.user)
        for text in [answer.text, raw.text, shown.text] {
            for secret in ["the-service-secret", "client-id.access", "the-own-token"] {
                #expect(!text.contains(secret), "\(text)")
            }
        }
        try await scene.end()
    }
}
