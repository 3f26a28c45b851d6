import NIOCore
import NIOHTTP1
import Testing
import Value

@Suite("What of a caller's header reaches an API", .serialized, .timeLimit(.minutes(4)))
struct RawHeaderTests {
    /// The names of a header that a WSGI or CGI server takes for this one.
    private static func twins(_ name: String) -> [String] {
        ["_", ".", "~", "!", "+"].map { name.replacing("-", with: $0) } + [name, name.uppercased()]
    }

    private static func folded(_ name: String) -> String {
        String(name.lowercased().map { $0.isLetter || $0.isNumber ? $0 : "-" })
    }

    @Test(
        "S8: underscore twins of injected headers, and twins with . and other characters, never pass beside them",
        arguments: TestRoute.allCases)
    func twins(route: TestRoute) async throws {
        let scene = try await TwoRoutes.make(starts: route == .tunnel)
        let all: JSONObject = ["request_headers": "*"]
        let own: JSON = [
            "type": "custom_header",
            "config": [
                "headers": [["name": "X-User", "value": ["literal": "ada"]], ["name": "X-Key-Id", "value": "k1"]]
            ],
        ]
        try await scene.apply(route, "custom", authentication: own, security: all)
        try await scene.apply(route, "key", authentication: Definitions.apiKey("the-key"), security: all)
        try await scene.apply(route, "bearer", authentication: Definitions.bearer("the-token"), security: all)
        for (slug, names) in [
            ("custom", ["X-User", "X-Key-Id"]), ("key", ["X-API-Key"]),
            ("bearer", ["Authorization", "Content-Length"]),
        ] {
            for name in names {
                for twin in Self.twins(name) where twin.lowercased() != "authorization" {
                    guard twin.lowercased() != "content-length" else { continue }
                    let answer = try await scene.relay.proxy(
                        .GET, slug, "/hello", token: scene.account.agent, headers: [twin: "root"])
                    #expect(answer.status == 200, "\(answer)")
                    #expect(
                        answer.headers.first(name: "penstock-dropped") == twin.lowercased(), "\(twin) \(answer)")
                    let seen = try #require(scene.origin.seen.last)
                    let alike = seen.headers.filter { Self.folded($0.name) == name.lowercased() }
                    #expect(alike.allSatisfy { $0.value != "root" }, "\(twin): \(alike)")
                    #expect(alike.count == (name == "Content-Length" ? 0 : 1), "\(twin): \(alike)")
                }
            }
        }
        // A definition can have no parameter that is such a twin either.
        for twin in ["X_User", "x.user", "X-KEY_ID"] {
            let endpoint = Definitions.endpoint("one", "GET", "/hello", [Definitions.parameter(twin, in: "header")])
            let refused = try await scene.relay.send(
                .POST, "/v1/apis", scene.account.user,
                scene.definition(route, "twin", endpoints: [endpoint], authentication: own))
            expectProblem(refused, "INVALID_REQUEST", 400)
            #expect(pointers(refused) == ["/custom_api/endpoints/0/parameters/0/name"], "\(refused)")
        }
        try await scene.end()
    }

    @Test("S8: twins of a query credential's name are refused in a raw call's query")
    func queryTwins() async throws {
        let scene = try await TwoRoutes.make(starts: false)
        try await scene.apply(
            .direct, "q", authentication: ["type": "api_key", "config": ["query_name": "api_key", "key": "k-1"]])
        for query in ["api_key=x", "api.key=x", "api%20key=x", "api%5Bkey=x", "API_KEY=x"] {
            let answer = try await scene.relay.proxy(.GET, "q", "/hello?\(query)", token: scene.account.agent)
            expectProblem(answer, "INVALID_REQUEST", 400, stage: "policy")
        }
        #expect(scene.origin.seen.isEmpty)
        #expect(
            try await scene.relay.proxy(.GET, "q", "/hello?apikey=x", token: scene.account.agent).status == 200)
        try await scene.end()
    }

    @Test(
        "TRACE and CONNECT are refused on both routes, and no credential is sent with them",
        arguments: TestRoute.allCases)
    func trace(route: TestRoute) async throws {
        let scene = try await TwoRoutes.make(starts: route == .tunnel)
        try await scene.apply(route, "open", authentication: Definitions.apiKey("the-key"))
        for method in ["TRACE", "trace", "TRACK", "CONNECT"] {
            let connection = try await RawConnection(port: scene.relay.port)
            try await connection.send(
                "\(method) /v1/proxy/open/echo HTTP/1.1\r\nHost: localhost\r\n"
                    + "Authorization: Bearer \(scene.account.agent)\r\n\r\n")
            try await connection.wait(for: "HTTP/1.1 4")
            try await connection.close()
            let refused = try await scene.relay.send(
                .POST, "/v1/apis", scene.account.user,
                scene.definition(route, "traced", endpoints: [Definitions.endpoint("one", method, "/hello")]))
            expectProblem(refused, "INVALID_REQUEST", 400)
            #expect(pointers(refused) == ["/custom_api/endpoints/0/method"], "\(refused)")
        }
        #expect(scene.origin.seen.isEmpty)
        try await scene.end()
    }

    private static let passed = [
        "Accept", "Accept-Language", "Content-Type", "Content-Encoding", "Content-Language", "Range", "If-Match",
        "If-None-Match", "If-Modified-Since", "If-Range", "If", "Idempotency-Key", "Prefer", "User-Agent",
        "traceparent",
        "tracestate", "baggage", "SOAPAction", "X-Requested-With", "X-CSRF-Token", "X-XSRF-Token", "Depth", "Overwrite",
        "X-Goog-FieldMask",
    ]
    private static let identity = [
        "Remote-User", "X-Auth-Request-User", "X-Auth-Request-Email", "X-Forwarded-User", "SSL-Client-Cert",
        "SSL-Client-S-DN", "X-Client-Cert", "X-SSL-Client-Verify", "CF-Access-Jwt-Assertion",
        "CF-Access-Authenticated-User-Email", "X-Amzn-Oidc-Identity", "X-Goog-Authenticated-User-Identity",
        "X-Goog-Signed-Identity", "Client-IP", "True-Client-IP", "X-Azure-ClientIP", "X-Envoy-External-Address",
        "X-Original-User", "X-Rewrite-User", "Remote_User", "remote.user", "Ssl_Client_Cert", "X-Remote-User",
        "X-MS-Client-Principal", "X-Authentik-Username", "Tailscale-User-Login", "X-Consumer-Username",
    ]

    @Test(
        "identity headers from agents reach no origin: a list of what passes, request_headers, and \"*\" without them",
        arguments: TestRoute.allCases)
    func list(route: TestRoute) async throws {
        let scene = try await TwoRoutes.make(starts: route == .tunnel)
        let declared = Definitions.endpoint(
            "tenant", "GET", "/hello", [Definitions.parameter("X-Tenant", in: "header", required: false)])
        try await scene.apply(route, "plain", endpoints: Definitions.standard + [declared])
        try await scene.apply(route, "some", security: ["request_headers": ["X-Own", "Remote-User"]])
        try await scene.apply(route, "all", security: ["request_headers": "*"])
        let agent = scene.account.agent
        func sent(_ slug: String, _ names: [String]) async throws -> (kept: Set<String>, dropped: Set<String>) {
            var headers = HTTPHeaders()
            for name in names { headers.add(name: name, value: name == "Range" ? "bytes=0-1" : "v") }
            headers.add(name: "cookie", value: "a=b")
            let answer = try await scene.relay.proxy(.GET, slug, "/hello", token: agent, headers: headers)
            #expect(answer.status == 200, "\(answer)")
            let seen = try #require(scene.origin.seen.last).headers.map { $0.name.lowercased() }
            let dropped = answer.headers.first(name: "penstock-dropped") ?? ""
            return (Set(seen), Set(dropped.split(separator: ",").map { $0.trimmingPrefix(" ").lowercased() }))
        }
        let unknown = ["X-Tenant", "X-Own", "X-Anything"]
        func lower(_ names: [String]) -> Set<String> { Set(names.map { $0.lowercased() }) }

        let first = try await sent("plain", Self.passed + unknown)
        #expect(first.kept.isSuperset(of: lower(Self.passed + ["X-Tenant"])), "\(first)")
        #expect(first.kept.isDisjoint(with: ["x-own", "x-anything", "cookie"]), "\(first)")
        #expect(first.dropped == ["x-own", "x-anything", "cookie"], "\(first)")
        let second = try await sent("plain", Self.identity)
        #expect(second.kept.isDisjoint(with: lower(Self.identity)), "\(second)")
        #expect(second.dropped == lower(Self.identity + ["cookie"]), "\(second)")
        let third = try await sent("some", unknown + ["Remote-User", "X-Client-Cert"])
        #expect(third.kept.isSuperset(of: ["x-own", "remote-user"]), "\(third)")
        #expect(third.dropped == ["x-tenant", "x-anything", "x-client-cert", "cookie"], "\(third)")
        let fourth = try await sent("all", unknown + Self.passed)
        #expect(fourth.kept.isSuperset(of: lower(unknown + Self.passed)) && fourth.dropped == ["cookie"], "\(fourth)")
        let fifth = try await sent("all", Self.identity)
        #expect(fifth.kept.isDisjoint(with: lower(Self.identity)), "\(fifth)")

        // What was dropped is told with a refusal too, and nothing is told where nothing was.
        let refused = try await scene.relay.proxy(
            .GET, "plain", "/hello/%2e%2e/x", token: agent, headers: ["x-own": "v"])
        #expect(refused.status == 400, "\(refused)")
        let missing = try await scene.relay.proxy(
            .GET, "plain", "/status/404", token: agent, headers: ["x-own": "v"])
        #expect(missing.headers.first(name: "penstock-dropped") == "x-own", "\(missing)")
        let whole = try await scene.relay.proxy(.GET, "plain", "/hello", token: agent)
        #expect(!whole.headers.contains(name: "penstock-dropped"), "\(whole)")

        for (value, pointer) in [
            (["Authorization"], "/custom_api/security/request_headers/0"),
            (["X-Ok", "Transfer_Encoding"], "/custom_api/security/request_headers/1"),
            (["a b"], "/custom_api/security/request_headers/0"), (["*"], "/custom_api/security/request_headers/0"),
        ] as [(JSON, String)] {
            let wrong = try await scene.relay.send(
                .POST, "/v1/apis", scene.account.user,
                scene.definition(route, "wrong", security: ["request_headers": value]))
            expectProblem(wrong, "INVALID_REQUEST", 400)
            #expect(pointers(wrong) == [pointer], "\(wrong)")
        }
        try await scene.end()
    }

    @Test("WebDAV's Destination is held against the allowlist as the target is")
    func destination() async throws {
        let scene = try await TwoRoutes.make(starts: false)
        let base = scene.origin.url
        try await scene.apply(.direct, "dav", security: ["url_allowlist": [.string(base + "/items/*")]])
        for (destination, passes) in [
            ("/items/2", true), (base + "/items/2", true), ("/admin/2", false), (base + "/admin/2", false),
            ("https://elsewhere.example/items/2", false), ("items/2", false), ("/items/../admin", false),
        ] {
            let answer = try await scene.relay.proxy(
                .GET, "dav", "/items/1", token: scene.account.agent, headers: ["destination": destination])
            #expect(answer.status == (passes ? 200 : 403), "\(destination) \(answer)")
        }
        try await scene.end()
    }
}
