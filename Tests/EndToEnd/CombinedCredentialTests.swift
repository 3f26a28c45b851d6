import Foundation
import NIOHTTP1
import Testing
import Value

@Suite("Several credentials go together", .serialized, .timeLimit(.minutes(3)))
struct CombinedCredentialTests {
    @Test("an access token and a subscription key reach an internal API in each call, and nobody else")
    func tokenAndKey() async throws {
        let secrets = ["client", "token", "key"].map { "\($0)-\(UUID().uuidString)" }
        let (client, token, key) = (secrets[0], secrets[1], secrets[2])
        let issuer = try await TestOrigin(tls: Certificates.shared.get())
        issuer.script("/token") { _ in
            .json(["access_token": .string(token), "token_type": "Bearer", "expires_in": 3600])
        }
        let stage = try await Stage.make(
            allow: [TestConnector.allow(issuer.url)],
            authentication: [
                "type": "all",
                "of": [
                    [
                        "type": "oauth2",
                        "config": [
                            "client_id": "the-client", "client_secret": .string(client),
                            "token_url": .string(issuer.url + "/token"),
                        ],
                    ],
                    Definitions.apiKey(key, header: "Subscription-Key"),
                ],
            ])
        let (relay, agent) = (stage.relay, stage.account.agent)
        try await relay.stop()
        try await relay.start(logLevel: "trace")
        try await stage.connector.stop()
        try await stage.connector.start(logLevel: "trace")
        // An API that shows what it was sent, as careless ones do.
        stage.origin.script("/hello") { seen in
            .json(["echo": .array(seen.headers.map { .string("\($0.name): \($0.value)") })])
        }
        let called = try await stage.call("hello")
        // Neither can be given by the caller instead.
        let raw = try await relay.proxy(
            .GET, Stage.slug, "/hello", token: agent,
            headers: ["Subscription-Key": "mine", "Subscription_Key": "mine"])
        let failed = try await stage.call("status", ["code": 401])
        #expect(called.status == 200 && raw.status == 200 && failed.code == "AUTHENTICATION_FAILED")
        #expect(stage.origin.seen.count >= 3)
        for seen in stage.origin.seen {
            #expect(seen.headers["authorization"] == ["Bearer \(token)"])
            #expect(seen.headers["subscription-key"] == [key])
            #expect(!seen.headers.contains(name: "subscription_key"))
        }
        // The key is the API's, and not the token endpoint's.
        #expect(!issuer.seen.isEmpty)
        #expect(issuer.seen.allSatisfy { !$0.headers.contains(name: "subscription-key") })
        var places = [called, raw, failed].map { ("an answer", "\($0.headers)\n\($0.text)") }
        let shown = try await relay.send(.GET, "/v1/apis/crm", stage.account.user)
        #expect(shown.text.contains("vault://"), "\(shown)")
        places += [("the definition", shown.text), ("the metrics", try await relay.metrics())]
        try await stage.end()
        try await issuer.close()
        places.append(("audit export", try await relay.auditRecords().map { $0.text() }.joined(separator: "\n")))
        for folder in [relay.folder.path, stage.connector.folder.path] {
            for name in FileManager.default.enumerator(atPath: folder)?.allObjects as? [String] ?? [] {
                let bytes = FileManager.default.contents(atPath: folder + "/" + name) ?? Data()
                places.append((name, String(decoding: bytes, as: UTF8.self)))
            }
        }
        #expect(places.contains { $0.0.hasSuffix("connector.log") && $0.1.count > 100 }, "\(places.map(\.0))")
        for (place, text) in places {
            for secret in secrets { #expect(!text.contains(secret), "\(secret) in \(place)") }
        }
    }
}
