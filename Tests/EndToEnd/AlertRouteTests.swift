import NIOCore
import NIOHTTP1
import Testing
import Value

@Suite("An API's owner hears of its failures", .serialized, .timeLimit(.minutes(4)))
struct AlertRouteTests {
    @Test("C4: a webhook is told of failure and recovery, signed, once each, and of no secret and no address")
    func webhook() async throws {
        let hook = try await TestOrigin(tls: Certificates.shared.get())
        hook.script("/hook") { _ in .json([:]) }
        let port = try FreePort.next()
        let scene = try await TwoRoutes.make(starts: false)
        try await scene.apply(
            .direct, "watched", "https://localhost:\(port)", authentication: Definitions.apiKey("the-api-key"),
            more: [
                "alerts": ["webhook_url": .string(hook.url + "/hook"), "secret": "the-signing-secret"]
            ])
        for _ in 0..<4 { #expect(try await scene.call("watched").code == "CONNECTION_REFUSED") }
        try await eventually("news of the failure") { hook.seen.count { $0.isWhole } == 1 }
        let back = try await TestOrigin(tls: Certificates.shared.get(), port: port)
        try await eventually("the API answers") { try await scene.call("watched").status == 200 }
        // The tests' certificates end so soon that this is news too.
        try await eventually("news of the recovery and the certificate") { hook.seen.count { $0.isWhole } == 3 }
        let told = hook.seen
        let types = try told.map { try JSON.parse(String(buffer: $0.body))["type"]?.string }
        #expect(types.first == "api.connection_failing")
        #expect(Set(types) == ["api.connection_failing", "api.recovered", "api.certificate_expiring"])
        for seen in told {
            #expect(seen.method == "POST" && seen.headers["content-type"] == ["application/json"])
            #expect(seen.headers.first(name: "webhook-signature")?.hasPrefix("v1,") == true, "\(seen.headers)")
            #expect(seen.headers.contains(name: "webhook-id") && seen.headers.contains(name: "webhook-timestamp"))
            let all = "\(seen.headers) \(String(buffer: seen.body))"
            for secret in ["the-api-key", "the-signing-secret", ":\(port)"] { #expect(!all.contains(secret), "\(all)") }
        }
        let listed = try await scene.relay.send(.GET, "/v1/apis/watched/alerts", scene.account.user)
        #expect(listed.json["items"]?.array?.count == told.count, "\(listed)")
        #expect(!listed.text.contains("the-signing-secret") && !listed.text.contains("/hook"), "\(listed)")
        try await scene.end()
        try await hook.close()
        try await back.close()
    }
}
