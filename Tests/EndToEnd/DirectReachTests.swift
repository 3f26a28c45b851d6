import NIOHTTP1
import Testing
import Value

@Suite("Where a direct call may go", .serialized, .timeLimit(.minutes(4)))
struct DirectReachTests {
    @Test("security.ip_allowlist narrows where a direct call may go")
    func addressList() async throws {
        let scene = try await TwoRoutes.make(starts: false)
        try await scene.apply(.direct, "narrow", security: ["ip_allowlist": ["127.0.0.2", "203.0.113.0/24"]])
        try await scene.apply(.direct, "wide", security: ["ip_allowlist": ["127.0.0.0/8", "::1"]])
        let refused = try await scene.call("narrow")
        expectProblem(refused, "URL_NOT_ALLOWED", 403, stage: "policy")
        #expect(refused.json["sent"] == false)
        expectProblem(
            try await scene.relay.proxy(.GET, "narrow", "/hello", token: scene.account.agent), "URL_NOT_ALLOWED", 403,
            stage: "policy")
        #expect(scene.origin.opened == 0)
        #expect(try await scene.call("wide").status == 200)
        // A connection that one API may use is not lent to another.
        expectProblem(try await scene.call("narrow"), "URL_NOT_ALLOWED", 403, stage: "policy")
        try await scene.end()
    }

    @Test("S2, S4: without egress.allow_private no spelling of a private address is called, and metadata never is")
    func privateAddresses() async throws {
        let origin = try await TestOrigin(tls: Certificates.shared.get())
        for ranges: JSON in [[], ["10.0.0.0/8"]] {
            let scene = try await TwoRoutes.make(egress: ["allow_private": ranges], starts: false)
            try await scene.apply(.direct, "named", origin.url)
            let answer = try await scene.call("named")
            expectProblem(answer, "URL_NOT_ALLOWED", 403, stage: "policy")
            #expect(answer.json["sent"] == false)
            expectProblem(
                try await scene.relay.proxy(.GET, "named", "/hello", token: scene.account.agent), "URL_NOT_ALLOWED",
                403, stage: "policy")
            for host in [
                "127.0.0.1", "2130706433", "0x7f.1", "0177.0.0.1", "127.1", "[::1]", "[::ffff:127.0.0.1]",
                "[64:ff9b::7f00:1]", "192.168.1.1", "169.254.169.254", "[fd00:ec2::254]", "0.0.0.0", "localhost.",
            ] {
                let slug = "refused"
                let saved = try await scene.relay.send(
                    .POST, "/v1/apis", scene.account.user,
                    scene.definition(.direct, slug, "https://\(host):\(origin.port)"))
                if saved.status == 201 {
                    expectProblem(try await scene.call(slug), "URL_NOT_ALLOWED", 403, stage: "policy")
                    _ = try await scene.relay.send(.DELETE, "/v1/apis/\(slug)", scene.account.user)
                } else {
                    #expect([400, 403].contains(saved.status), "\(host) \(saved)")
                }
            }
            try await scene.end()
        }
        #expect(origin.opened == 0)
        let open = try await TwoRoutes.make(egress: ["allow_private": ["0.0.0.0/0", "::/0"]], starts: false)
        for host in ["169.254.169.254", "100.100.100.200", "[fd00:ec2::254]", "0.0.0.0", "224.0.0.1"] {
            let saved = try await open.relay.send(
                .POST, "/v1/apis", open.account.user, open.definition(.direct, "metadata", "https://\(host)"))
            expectProblem(saved, "URL_NOT_ALLOWED", 403)
        }
        let plain = try await open.relay.send(
            .POST, "/v1/apis", open.account.user, open.definition(.direct, "plain", "http://localhost:1"))
        #expect(plain.code == "URL_NOT_ALLOWED" && plain.status == 403, "\(plain)")
        try await open.end()
        try await origin.close()
    }

    @Test("S2, S3: token endpoints and webhooks are held to the same addresses as APIs, behind a tunnel too")
    func otherAddresses() async throws {
        let issuer = try await TestOrigin(tls: Certificates.shared.get())
        let scene = try await TwoRoutes.make(egress: ["allow_private": []])
        func authentication(_ port: Int) -> JSON {
            [
                "type": "oauth2",
                "config": [
                    "client_id": "c", "client_secret": "s3cret", "via": "direct",
                    "token_url": .string("https://localhost:\(port)/token"),
                ],
            ]
        }
        for (slug, port) in [("issuer", issuer.port), ("own", scene.relay.port)] {
            try await scene.apply(
                .tunnel, slug, authentication: authentication(port),
                more: ["alerts": ["webhook_url": .string(issuer.url + "/hook"), "secret": "the-signing-secret"]])
            for _ in 0..<4 {
                let answer = try await scene.call(slug)
                #expect(answer.code == "URL_NOT_ALLOWED" && answer.json["sent"] == false, "\(answer)")
                #expect(!answer.text.contains("localhost") && !answer.text.contains("127.0.0.1"), "\(answer)")
            }
        }
        let nobody = try FreePort.next()
        try await scene.apply(
            .direct, "nobody", "https://localhost:\(nobody)",
            more: ["alerts": ["webhook_url": .string(issuer.url + "/hook"), "secret": "the-signing-secret"]])
        for _ in 0..<4 { _ = try await scene.call("nobody") }
        for literal in ["https://127.0.0.1:\(issuer.port)/token", "http://localhost/token", "https://169.254.169.254/"]
        {
            var definition = scene.definition(.tunnel, "literal", authentication: authentication(1)).object ?? [:]
            var api = definition["custom_api"]?.object ?? [:]
            api["authentication"] = [
                "type": "oauth2",
                "config": [
                    "client_id": "c", "client_secret": "s3cret", "via": "direct", "token_url": .string(literal),
                ],
            ]
            definition["custom_api"] = .object(api)
            let saved = try await scene.relay.send(.POST, "/v1/apis", scene.account.user, .object(definition))
            #expect(saved.code == "URL_NOT_ALLOWED" && saved.status == 403, "\(literal) \(saved)")
        }
        #expect(scene.origin.seen.isEmpty)
        try await scene.end()
        #expect(issuer.opened == 0)
        try await issuer.close()
    }

    @Test("S3: the relay never calls one of its own listeners")
    func ownListeners() async throws {
        let scene = try await TwoRoutes.make(starts: false)
        for (slug, port) in [("own", scene.relay.port), ("admin", scene.relay.adminPort)] {
            for host in ["localhost", "127.0.0.1"] {
                let name = slug + host.filter(\.isLetter)
                try await scene.apply(.direct, name, "https://\(host):\(port)")
                let answer = try await scene.call(name)
                expectProblem(answer, "URL_NOT_ALLOWED", 403, stage: "policy")
                #expect(answer.json["sent"] == false)
            }
        }
        try await scene.end()
    }

    @Test(
        "S5: a redirect is not followed unless asked, and then only within its origin, without what was injected",
        arguments: TestRoute.allCases)
    func redirects(route: TestRoute) async throws {
        let scene = try await TwoRoutes.make(starts: route == .tunnel)
        let other = try await TestOrigin(tls: Certificates.shared.get())
        let key = Definitions.apiKey("a-key-of-sorts")
        try await scene.apply(route, "still", authentication: key)
        try await scene.apply(route, "follows", authentication: key, connection: ["follow_redirects": true])
        let origin = scene.origin
        let targets = [
            "/items/1", origin.url + "/items/1", other.url + "/items/1", "https://127.0.0.1:\(origin.port)/items/1",
            "//localhost:\(other.port)/items/1", "http://localhost:\(origin.port)/items/1",
        ]
        for (index, target) in targets.enumerated() {
            origin.script("/hello") { _ in .json([:], status: 302, headers: ["location": target]) }
            let before = origin.seen.count
            expectProblem(try await scene.call("still"), "UPSTREAM_ERROR", 502, stage: "origin", upstream: 302)
            #expect(origin.seen.count == before + 1)
            let raw = try await scene.relay.proxy(.GET, "still", "/hello", token: scene.account.agent)
            #expect(raw.status == 302)
            // What stays with the API is led into the proxy's own path; nothing else is passed.
            #expect(raw.headers["location"] == (index < 2 ? ["/v1/proxy/still/items/1"] : []), "\(raw)")
            let followed = try await scene.call("follows")
            if index < 2 {
                #expect(followed.status == 200, "\(target) \(followed)")
                #expect(origin.seen.last?.path == "/items/1")
                #expect(origin.seen.last?.headers["x-api-key"] == ["a-key-of-sorts"])
            } else {
                #expect(followed.status == 502 || followed.status == 403, "\(target) \(followed)")
                #expect(origin.seen.last?.path == "/hello")
            }
        }
        #expect(other.seen.isEmpty)
        #expect(other.opened == 0)
        try await scene.end()
        try await other.close()
    }
}
