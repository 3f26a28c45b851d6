import Crypto
import Foundation
import NIOCore
import NIOHTTP1
import Testing
import Value

@Suite("An API's owner hears of its failures, and of their end", .serialized, .timeLimit(.minutes(4)))
struct AlertTests {
    /// What the hook was told, but for the tests' own short-lived certificate.
    private func messages(_ hook: TestOrigin) -> [TestOrigin.Seen] {
        hook.seen.filter { $0.isWhole && !String(buffer: $0.body).contains("certificate_expiring") }
    }

    private static func relay() async throws -> TestRelay {
        try await TestRelay([
            "egress": ["allow_private": ["127.0.0.0/8"], "ca_file": .string(Certificates.shared.get().root)]
        ])
    }

    private static func definition(_ api: TestOrigin, _ hook: String, more: JSONObject = [:]) -> JSON {
        var definition: JSONObject = [
            "name": "CRM", "slug": "crm", "connection": ["base_url": .string(api.url)],
            "endpoints": [
                Definitions.endpoint(
                    "status", "GET", "/status/{code}",
                    [
                        Definitions.parameter("code", in: "path", type: "integer")
                    ])
            ],
            "alerts": ["webhook_url": .string(hook), "secret": "hook-secret-7c1d"],
        ]
        for (key, value) in more { definition[key] = value }
        return .object(definition)
    }

    @Test(
        "a webhook is told once that the credential is refused and once that it works again, signed, and the log says so"
    )
    func webhook() async throws {
        let tls = try Certificates.shared.get()
        let (api, hook) = (try await TestOrigin(tls: tls), try await TestOrigin(tls: tls))
        let relay = try await Self.relay()
        let account = try await relay.newAccount()
        try await relay.apply(Self.definition(api, hook.url + "/hook?x=1"), account)
        hook.script("/hook") { _ in .json(["ok": true]) }
        for _ in 0..<5 {
            let answer = try await relay.call("crm", "status", ["code": 401], token: account.agent)
            #expect(answer.status == 502, "\(answer)")
        }
        try await eventually("the failure is told") { messages(hook).count == 1 }
        let shown = try await relay.send(.GET, "/v1/apis/crm", account.user)
        #expect(shown.json["metadata"]?["status"]?.string == "authentication_failing")
        #expect(try await relay.call("crm", "status", ["code": 200], token: account.agent).status == 200)
        try await eventually("the recovery is told") { messages(hook).count == 2 }

        let message = try #require(messages(hook).first)
        let body = String(buffer: message.body)
        let json = try JSON.parse(body)
        #expect(message.method == "POST")
        #expect(json["type"]?.string == "api.authentication_failing")
        #expect(json["data"]?["api"]?.string == "crm")
        #expect(!body.contains("localhost"))
        let id = try #require(message.headers.first(name: "webhook-id"))
        let time = try #require(message.headers.first(name: "webhook-timestamp"))
        let code = HMAC<SHA256>.authenticationCode(
            for: Array("\(id).\(time).\(body)".utf8), using: SymmetricKey(data: Array("hook-secret-7c1d".utf8)))
        #expect(message.headers["webhook-signature"] == ["v1," + Data(code).base64EncodedString()])

        try await eventually("both are delivered") {
            let log = try await relay.send(.GET, "/v1/apis/crm/alerts", account.user)
            return log.json["items"]?.array?.allSatisfy { $0["state"]?.string == "delivered" } ?? false
        }
        let log = try await relay.send(.GET, "/v1/apis/crm/alerts", account.user)
        let events = log.json["items"]?.array?.compactMap { $0["event"]?.string } ?? []
        #expect(events.filter { $0 != "certificate_expiring" } == ["recovered", "authentication_failing"])
        try await relay.stop()
    }

    @Test(
        "api.recovered is sent when the owner repairs the API, by rotating its credential or applying it anew, once a call proves it"
    )
    func repaired() async throws {
        let tls = try Certificates.shared.get()
        let (api, hook) = (try await TestOrigin(tls: tls), try await TestOrigin(tls: tls))
        let relay = try await Self.relay()
        let account = try await relay.newAccount()
        @Sendable func definition(_ key: String) -> JSON {
            Self.definition(api, hook.url + "/hook", more: ["authentication": Definitions.apiKey(key)])
        }
        try await relay.apply(definition("one"), account)
        hook.script("/hook") { _ in .json(["ok": true]) }
        func types() throws -> [String] {
            try messages(hook).compactMap { try JSON.parse(String(buffer: $0.body))["type"]?.string }
        }
        let repairs: [@Sendable () async throws -> Answer] = [
            {
                try await relay.send(.POST, "/v1/apis/crm/credentials:rotate", account.user, ["key": "two"])
            },
            { try await relay.send(.PUT, "/v1/apis/crm", account.user, definition("three")) },
        ]
        for (index, repair) in repairs.enumerated() {
            for _ in 0..<3 { _ = try await relay.call("crm", "status", ["code": 401], token: account.agent) }
            // The same news is told once in ten minutes: the second time the connection fails.
            if index == 1 {
                api.script("/status/503") { _ in .json([:], status: 503) }
                for _ in 0..<3 { _ = try await relay.call("crm", "status", ["code": 503], token: account.agent) }
            }
            try await eventually("the failure is told") { try types().count == 2 * index + 1 }
            let repaired = try await repair()
            #expect((200..<300).contains(repaired.status), "\(repaired)")
            let shown = try await relay.send(.GET, "/v1/apis/crm", account.user)
            #expect(shown.json["metadata"]?["status"]?.string != "active", "nothing has proved it: \(shown)")
            #expect(try types().count == 2 * index + 1)
            #expect(try await relay.call("crm", "status", ["code": 200], token: account.agent).status == 200)
            try await eventually("the recovery is told") { try types().count == 2 * index + 2 }
            #expect(try types().last == "api.recovered")
        }
        try await relay.stop()
    }

    @Test("an alert that is configured after its condition began is sent")
    func configuredLater() async throws {
        let tls = try Certificates.shared.get()
        let (api, hook) = (try await TestOrigin(tls: tls), try await TestOrigin(tls: tls))
        let relay = try await Self.relay()
        let account = try await relay.newAccount()
        hook.script("/hook") { _ in .json(["ok": true]) }
        let whole = Self.definition(api, hook.url + "/hook")
        var without = whole.object ?? [:]
        without["alerts"] = nil
        try await relay.apply(.object(without), account)
        for _ in 0..<3 { _ = try await relay.call("crm", "status", ["code": 401], token: account.agent) }
        let failing = try await relay.send(.GET, "/v1/apis/crm", account.user)
        #expect(failing.json["metadata"]?["status"]?.string == "authentication_failing", "\(failing)")
        #expect(try await relay.send(.PUT, "/v1/apis/crm", account.user, whole).status == 200)
        try await eventually("it is told") { messages(hook).count == 1 }
        let json = try JSON.parse(String(buffer: try #require(messages(hook).first).body))
        #expect(json["type"]?.string == "api.authentication_failing", "\(json)")
        #expect(try await relay.call("crm", "status", ["code": 200], token: account.agent).status == 200)
        try await eventually("its end is told") { messages(hook).count == 2 }
        try await relay.stop()
    }

    @Test("a certificate that ends within 14 days is told once, with its date")
    func certificate() async throws {
        let tls = try Certificates.shared.get()
        let (api, hook) = (try await TestOrigin(tls: tls), try await TestOrigin(tls: tls))
        let relay = try await Self.relay()
        let account = try await relay.newAccount()
        hook.script("/hook") { _ in .json(["ok": true]) }
        try await relay.apply(Self.definition(api, hook.url + "/hook"), account)
        for _ in 0..<3 {
            #expect(try await relay.call("crm", "status", ["code": 200], token: account.agent).status == 200)
        }
        try await eventually("it is told") { hook.seen.count == 1 }
        let json = try JSON.parse(String(buffer: try #require(hook.seen.first).body))
        #expect(json["type"]?.string == "api.certificate_expiring")
        #expect(json["data"]?["certificate_ends_at"]?.string != nil)
        try await relay.stop()
    }

    @Test("a webhook that fails is tried again, and one without a secret is refused")
    func failing() async throws {
        let tls = try Certificates.shared.get()
        let (api, hook) = (try await TestOrigin(tls: tls), try await TestOrigin(tls: tls))
        let relay = try await Self.relay()
        let account = try await relay.newAccount()
        hook.script("/hook") { _ in .json([:], status: 500) }
        let unsigned = try await relay.send(
            .POST, "/v1/apis", account.user,
            Self.definition(api, hook.url, more: ["alerts": ["webhook_url": .string(hook.url)]]))
        #expect(pointers(unsigned) == ["/alerts/secret"], "\(unsigned)")
        try await relay.apply(Self.definition(api, hook.url + "/hook"), account)
        #expect(try await relay.call("crm", "status", ["code": 200], token: account.agent).status == 200)
        try await eventually("it waits for its next attempt") {
            let log = try await relay.send(.GET, "/v1/apis/crm/alerts", account.user)
            let item = log.json["items"]?.array?.first
            return item?["state"]?.string == "pending" && item?["last_status"]?.int == 500
                && item?["next_attempt_at"]?.string != nil
        }
        try await relay.stop()
    }
}
