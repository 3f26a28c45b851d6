import Foundation
import NIOCore
import NIOHTTP1
import Testing
import Value

@Suite("An API sees each credential exactly as it must be", .serialized, .timeLimit(.minutes(4)))
struct AuthenticationTests {
    private static func basic(_ pair: String) -> String { "Basic " + Data(pair.utf8).base64EncodedString() }

    /// What one call with a credential shows to the origin.
    struct Expected: Sendable {
        let name: String
        let authentication: JSON
        var header: (name: String, value: String)?
        /// Of `search` with `q=1`.
        var target = "/search?q=1"
    }

    private static let types: [Expected] = [
        Expected(name: "none", authentication: ["type": "none"]),
        Expected(
            name: "header",
            authentication: ["type": "api_key", "config": ["header_name": "X-API-Key", "key": "k+/=\"1 2"]],
            header: ("x-api-key", "k+/=\"1 2")),
        Expected(
            name: "prefix",
            authentication: [
                "type": "api_key", "config": ["header_name": "Authorization", "prefix": "ApiKey ", "key": "key-1"],
            ], header: ("authorization", "ApiKey key-1")),
        Expected(
            name: "query",
            authentication: [
                "type": "api_key", "config": ["query_name": "api key", "prefix": "p:", "key": "a&b=c d"],
            ],
            target: "/search?q=1&api%20key=p%3Aa%26b%3Dc%20d"),
        Expected(
            name: "cookie",
            authentication: ["type": "api_key", "config": ["cookie_name": "session", "key": "abc/=1"]],
            header: ("cookie", "session=abc/=1")),
        Expected(
            name: "bearer", authentication: ["type": "bearer_token", "config": ["token": "tok.en"]],
            header: ("authorization", "Bearer tok.en")),
        Expected(
            name: "basic",
            authentication: ["type": "basic_auth", "config": ["username": "ada", "password": "p:ä s"]],
            header: ("authorization", basic("ada:p:ä s"))),
        Expected(
            name: "custom",
            authentication: [
                "type": "custom_header",
                "config": [
                    "headers": [
                        ["name": "X-Custom-Auth", "value": "custom-secret"],
                        ["name": "X-Tenant-ID", "value": ["literal": "tenant_123"]],
                    ]
                ],
            ], header: ("x-custom-auth", "custom-secret")),
    ]

    @Test("Each type of credential arrives as its RFC or its definition says", arguments: TestRoute.allCases)
    func types(route: TestRoute) async throws {
        let scene = try await TwoRoutes.make(starts: route == .tunnel)
        for expected in Self.types {
            try await scene.apply(route, expected.name, authentication: expected.authentication)
            for isRaw in [false, true] {
                let answer =
                    isRaw
                    ? try await scene.relay.proxy(
                        .GET, expected.name, "/search?q=1", token: scene.account.agent,
                        headers: expected.header.map { [$0.name: "forged"] } ?? [:])
                    : try await scene.call(expected.name, "search", ["q": "1"])
                #expect(answer.status == 200, "\(expected.name) \(answer)")
                let seen = try #require(scene.origin.seen.last)
                #expect(seen.target == expected.target, "\(expected.name)")
                for name in ["authorization", "cookie", "x-api-key", "x-custom-auth"] {
                    let value = expected.header?.name == name ? expected.header?.value : nil
                    #expect(seen.headers[name] == (value.map { [$0] } ?? []), "\(expected.name) \(name)")
                }
            }
        }
        #expect(scene.origin.seen.last?.headers["x-tenant-id"] == ["tenant_123"])
        let shown = try await scene.relay.send(.GET, "/v1/apis/custom", scene.account.user)
        #expect(!shown.text.contains("custom-secret") && shown.text.contains("tenant_123"), "\(shown)")
        try await scene.end()
    }

    @Test("A URL's secret stands in the path and in the query, of the base URL or of an endpoint")
    func urlSecret() async throws {
        let scene = try await TwoRoutes.make(starts: false)
        let url = scene.origin.url
        func authentication(_ secret: String) -> JSON {
            ["type": "url_secret", "config": ["secret": .string(secret)]]
        }
        let search = Definitions.endpoint("go", "GET", "/search", [Definitions.parameter("q", in: "query")])
        try await scene.apply(
            .direct, "path", url + "/items/{secret}", endpoints: [Definitions.endpoint("go", "GET", "/end")],
            authentication: authentication("T0/B1/x y"))
        try await scene.apply(
            .direct, "query", url + "?sig={secret}&v=1", endpoints: [search], authentication: authentication("a&b/c"))
        try await scene.apply(
            .direct, "inpath", endpoints: [Definitions.endpoint("go", "POST", "/items/{secret}/end")],
            authentication: authentication("hook-1"))
        try await scene.apply(
            .direct, "inquery", endpoints: [Definitions.endpoint("go", "GET", "/search?key={secret}")],
            authentication: authentication("key?1"))
        let cases: [(String, JSON, String)] = [
            ("path", [:], "/items/T0/B1/x%20y/end"), ("query", ["q": "1"], "/search?q=1&sig=a%26b%2Fc&v=1"),
            ("inpath", [:], "/items/hook-1/end"), ("inquery", [:], "/search?key=key%3F1"),
        ]
        for (slug, arguments, target) in cases {
            let answer = try await scene.call(slug, "go", arguments)
            #expect(answer.status == 200, "\(slug) \(answer)")
            #expect(scene.origin.seen.last?.target == target)
            // The echo of the target comes back without it.
            #expect(answer.text.contains("[redacted]"), "\(answer)")
        }
        let raw = try await scene.relay.proxy(.GET, "path", "/end", token: scene.account.agent)
        #expect(scene.origin.seen.last?.target == "/items/T0/B1/x%20y/end", "\(raw)")
        for secret in ["../up", "a//b", "."] {
            let set = try await scene.relay.send(
                .PUT, "/v1/apis/path/credentials", scene.account.user, ["secret": .string(secret)])
            let before = scene.origin.seen.count
            let answer = try await scene.call("path", "go")
            #expect((set.status >= 400) || answer.code == "CREDENTIAL_MISSING", "\(secret) \(set) \(answer)")
            #expect(scene.origin.seen.count == before)
        }
        try await scene.end()
    }

    @Test("S9: a public operation sends no credential, and one that needs a missing credential is not sent")
    func publicOperation() async throws {
        let scene = try await TwoRoutes.make()
        let open: JSON = ["name": "open", "method": "GET", "path": "/search", "security": []]
        for route in TestRoute.allCases {
            let slug = "\(route)"
            try await scene.apply(
                route, slug, endpoints: Definitions.standard.filter { $0["name"] != "search" } + [open],
                authentication: Definitions.apiKey("a-key-of-sorts"))
            #expect(try await scene.call(slug, "open").status == 200)
            #expect(scene.origin.seen.last?.headers.contains(name: "x-api-key") == false)
            #expect(try await scene.relay.proxy(.GET, slug, "/search", token: scene.account.agent).status == 200)
            #expect(scene.origin.seen.last?.headers.contains(name: "x-api-key") == false)
            #expect(try await scene.call(slug).status == 200)
            #expect(scene.origin.seen.last?.headers["x-api-key"] == ["a-key-of-sorts"])
            let missing: [JSON] = [
                ["type": "api_key", "config": ["query_name": "k"]], ["type": "bearer_token", "config": [:]],
                ["type": "basic_auth", "config": ["username": "ada"]],
                [
                    "type": "oauth2",
                    "config": ["client_id": "c", "token_url": .string(scene.origin.url + "/token")],
                ],
            ]
            for (index, authentication) in missing.enumerated() {
                let name = "missing\(index)\(route)"
                try await scene.apply(route, name, authentication: authentication)
                let before = scene.origin.seen.count
                expectProblem(try await scene.call(name), "CREDENTIAL_MISSING", 424, stage: "relay")
                #expect(scene.origin.seen.count == before)
            }
        }
        try await scene.end()
    }

    @Test("C2: while a rotation overlaps, the old credential is tried where the new one is refused")
    func rotation() async throws {
        let scene = try await TwoRoutes.make()
        for route in TestRoute.allCases {
            let slug = "\(route)"
            let path = "/v1/apis/\(slug)/credentials"
            try await scene.apply(route, slug, authentication: Definitions.apiKey("first-key"))
            scene.origin.script("/hello") { seen in
                seen.headers["x-api-key"] == ["first-key"] ? .json(["hello": "world"]) : .json([:], status: 401)
            }
            let rotated = try await scene.relay.send(
                .POST, path + ":rotate", scene.account.user, ["key": "second-key", "overlap_s": 600])
            #expect(rotated.status == 200, "\(rotated)")
            var before = scene.origin.seen.count
            #expect(try await scene.call(slug).status == 200)
            #expect(
                scene.origin.seen[before...].map { $0.headers["x-api-key"] } == [["second-key"], ["first-key"]])
            #expect(
                try await scene.relay.proxy(.GET, slug, "/hello", token: scene.account.agent).status == 200)
            scene.origin.script("/hello") { _ in .json([:], status: 401) }
            before = scene.origin.seen.count
            expectProblem(try await scene.call(slug), "AUTHENTICATION_FAILED", 502, stage: "origin", upstream: 401)
            #expect(scene.origin.seen.count == before + 2)
            let history = try await scene.relay.send(.GET, path, scene.account.user)
            let states = (history.json["items"]?.array ?? []).compactMap { $0["state"]?.string }
            #expect(Set(states) == ["current", "overlapping"], "\(history)")
            for value in ["first-key", "second-key"] { #expect(!history.text.contains(value)) }
            // Without an overlap only the newest is sent.
            let last = try await scene.relay.send(
                .POST, path + ":rotate", scene.account.user, ["key": "third-key", "overlap_s": 0])
            #expect(last.status == 200, "\(last)")
            before = scene.origin.seen.count
            expectProblem(try await scene.call(slug), "AUTHENTICATION_FAILED", 502, upstream: 401)
            #expect(scene.origin.seen[before...].allSatisfy { $0.headers["x-api-key"] == ["third-key"] })
        }
        try await scene.end()
    }
}
