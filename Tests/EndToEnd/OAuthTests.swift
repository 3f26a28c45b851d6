import Foundation
import NIOCore
import NIOHTTP1
import Synchronization
import Testing
import Value

@Suite("Access tokens are fetched once and used by all", .serialized, .timeLimit(.minutes(4)))
struct OAuthTests {
    /// A token endpoint that gives `t1`, `t2`, … and remembers who asked how.
    private static func issuer(lifetime: Int = 3600, more: JSONObject = [:]) async throws -> TestOrigin {
        let issuer = try await TestOrigin(tls: Certificates.shared.get())
        let count = Counter()
        issuer.script("/token") { _ in
            var answer: JSONObject = [
                "access_token": .string("token-number-\(count.next())"), "token_type": "Bearer",
                "expires_in": .number(JSONNumber(lifetime)),
            ]
            for (key, value) in more { answer[key] = value }
            return .json(.object(answer))
        }
        return issuer
    }

    private final class Counter: Sendable {
        private let value = Mutex(0)
        func next() -> Int {
            value.withLock {
                $0 += 1
                return $0
            }
        }
    }

    private static func authentication(_ issuer: TestOrigin, _ more: JSONObject = [:]) -> JSON {
        var config: JSONObject = [
            "client_id": "the client", "client_secret": "s3cret/+%", "token_url": .string(issuer.url + "/token"),
        ]
        for (key, value) in more { config[key] = value }
        return ["type": "oauth2", "config": .object(config)]
    }

    /// The fields of a form, in order.
    private static func form(_ seen: TestOrigin.Seen?) -> [String] {
        String(buffer: seen?.body ?? ByteBuffer()).split(separator: "&").map { String($0) }
    }

    @Test("Each grant asks the token endpoint as RFC 6749 says, on either route", arguments: TestRoute.allCases)
    func grants(route: TestRoute) async throws {
        let issuer = try await Self.issuer()
        let scene = try await TwoRoutes.make(allow: [TestConnector.allow(issuer.url)], starts: route == .tunnel)
        let basic = "Basic " + Data("the+client:s3cret%2F%2B%25".utf8).base64EncodedString()
        let cases: [(String, JSONObject, header: String?, [String])] = [
            ("basic", ["scopes": ["read", "write"]], basic, ["grant_type=client_credentials", "scope=read+write"]),
            (
                "post", ["client_auth": "post"], nil,
                ["grant_type=client_credentials", "client_id=the+client", "client_secret=s3cret%2F%2B%25"]
            ),
            (
                "refresh", ["grant": "refresh_token", "refresh_token": "r&1"], basic,
                ["grant_type=refresh_token", "refresh_token=r%261"]
            ),
            (
                "password", ["grant": "password", "username": "ada", "password": "p=1"], basic,
                ["grant_type=password", "username=ada", "password=p%3D1"]
            ),
        ]
        for (slug, more, header, form) in cases {
            try await scene.apply(route, slug, authentication: Self.authentication(issuer, more))
            let answer = try await scene.call(slug)
            #expect(answer.status == 200, "\(slug) \(answer)")
            let asked = try #require(issuer.seen.last)
            #expect(asked.method == "POST" && asked.target == "/token")
            #expect(asked.headers["authorization"] == (header.map { [$0] } ?? []), "\(slug)")
            #expect(asked.headers["content-type"] == ["application/x-www-form-urlencoded"])
            #expect(Self.form(asked) == form, "\(slug)")
            let value = scene.origin.seen.last?.headers["authorization"] ?? []
            #expect(value == ["Bearer token-number-\(issuer.seen.count)"])
            // The token is kept: the next call asks for none.
            let count = issuer.seen.count
            #expect(try await scene.relay.proxy(.GET, slug, "/hello", token: scene.account.agent).status == 200)
            #expect(issuer.seen.count == count)
        }
        try await scene.end()
        try await issuer.close()
    }

    @Test("C6: a hundred calls at once ask for one token")
    func singleFlight() async throws {
        let issuer = try await Self.issuer()
        let scene = try await TwoRoutes.make(starts: false)
        try await scene.apply(.direct, "many", authentication: Self.authentication(issuer))
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<100 { group.addTask { try await scene.call("many").status } }
            return try await group.reduce(into: [Int]()) { $0.append($1) }
        }
        #expect(statuses == Array(repeating: 200, count: 100))
        #expect(issuer.seen.count == 1)
        #expect(scene.origin.seen.allSatisfy { $0.headers["authorization"] == ["Bearer token-number-1"] })
        try await scene.end()
        try await issuer.close()
    }

    @Test("C6: a token that the API refuses is fetched anew once, by the first of all who were refused")
    func refresh() async throws {
        let issuer = try await Self.issuer()
        let scene = try await TwoRoutes.make(starts: false)
        try await scene.apply(.direct, "once", authentication: Self.authentication(issuer))
        scene.origin.script("/hello") { seen in
            seen.headers["authorization"] == ["Bearer token-number-1"]
                ? .json([:], status: 401) : .json(["hello": "world"])
        }
        let statuses = try await withThrowingTaskGroup(of: Int.self) { group in
            for _ in 0..<20 { group.addTask { try await scene.call("once").status } }
            return try await group.reduce(into: [Int]()) { $0.append($1) }
        }
        #expect(statuses == Array(repeating: 200, count: 20))
        #expect(issuer.seen.count == 2)
        // An API that refuses every token costs one fetch, and is not asked a third time.
        scene.origin.script("/hello") { _ in .json([:], status: 401) }
        let (asked, called) = (issuer.seen.count, scene.origin.seen.count)
        expectProblem(try await scene.call("once"), "AUTHENTICATION_FAILED", 502, stage: "origin", upstream: 401)
        #expect(issuer.seen.count == asked + 1)
        #expect(scene.origin.seen.count == called + 2)
        scene.origin.script("/hello") { _ in .json([:], status: 403) }
        let forbidden = scene.origin.seen.count
        expectProblem(try await scene.call("once"), "AUTHENTICATION_FAILED", 502, stage: "origin", upstream: 403)
        #expect(scene.origin.seen.count == forbidden + 1)
        try await scene.end()
        try await issuer.close()
    }

    @Test("C6: a token endpoint that refuses, breaks or talks nonsense fails the call and is not hammered")
    func refusal() async throws {
        let issuer = try await TestOrigin(tls: Certificates.shared.get())
        let scene = try await TwoRoutes.make(starts: false)
        let refusals: [(TestOrigin.Reply, String, Int)] = [
            (.json(["error": "invalid_client", "hint": "s3cret/+%"], status: 401), "AUTHENTICATION_FAILED", 502),
            (.json(["error": "invalid_grant"], status: 400), "AUTHENTICATION_FAILED", 502),
            (.json(["token": "no"]), "AUTHENTICATION_FAILED", 502),
            (.json(["access_token": "a\r\nb", "token_type": "Bearer"]), "AUTHENTICATION_FAILED", 502),
            (.bytes(Array(repeating: 0x20, count: 100_000)), "AUTHENTICATION_FAILED", 502),
            (.json([:], status: 302, headers: ["location": "/elsewhere"]), "AUTHENTICATION_FAILED", 502),
            (.json([:], status: 503), "UPSTREAM_ERROR", 502), (.hangUp, "CONNECTION_REFUSED", 502),
        ]
        for (index, (reply, code, status)) in refusals.enumerated() {
            issuer.script("/token") { _ in reply }
            let slug = "refused\(index)"
            try await scene.apply(.direct, slug, authentication: Self.authentication(issuer))
            let before = issuer.seen.count
            for _ in 0..<20 {
                let answer = try await scene.call(slug)
                #expect(answer.code == code && answer.status == status, "\(index) \(answer)")
                #expect(answer.json["sent"] == false, "\(index) \(answer)")
                #expect(!answer.text.contains("s3cret") && !answer.text.contains("/token"), "\(answer)")
            }
            // Twenty calls take less than a few pauses of two seconds and more.
            #expect(issuer.seen.count - before <= 4, "\(index)")
        }
        #expect(scene.origin.seen.isEmpty)
        // New credentials are believed at once.
        issuer.script("/token") { _ in .json(["access_token": "good-token", "token_type": "bearer"]) }
        let set = try await scene.relay.send(
            .PUT, "/v1/apis/refused0/credentials", scene.account.user, ["client_secret": "better"])
        #expect((200..<300).contains(set.status), "\(set)")
        #expect(try await scene.call("refused0").status == 200)
        try await scene.end()
        try await issuer.close()
    }

    @Test("A refresh token that the endpoint replaces is kept across a restart")
    func rotatedRefreshToken() async throws {
        let issuer = try await Self.issuer(more: ["refresh_token": "the-second-refresh-token"])
        let scene = try await TwoRoutes.make(starts: false)
        try await scene.apply(
            .direct, "turns",
            authentication: Self.authentication(
                issuer, ["grant": "refresh_token", "refresh_token": "the-first-refresh-token"]))
        #expect(try await scene.call("turns").status == 200)
        try await scene.relay.stop()
        try await scene.relay.start()
        #expect(try await scene.call("turns").status == 200)
        #expect(
            issuer.seen.map { Self.form($0).last } == [
                "refresh_token=the-first-refresh-token", "refresh_token=the-second-refresh-token",
            ])
        try await scene.end()
        try await issuer.close()
    }
}
