import NIOHTTP1
import Testing
import Value

@Suite("What belongs to one user is not there for another", .serialized, .timeLimit(.minutes(4)))
struct TenantTests {
    /// What may differ between two answers that are to look alike.
    private static func shape(_ answer: Answer) -> JSON {
        var object = answer.json.object ?? [:]
        object["request_id"] = nil
        return .object(object)
    }

    @Test("Another user's APIs, credentials, logs, alerts, tunnels and tokens answer like ones that never were")
    func strangers() async throws {
        let scene = try await TwoRoutes.make()
        let relay = scene.relay
        let (alice, bob) = (scene.account, try await relay.newAccount("bob"))
        try await scene.apply(.direct, "crm", authentication: Definitions.apiKey("alices-own-key"))
        #expect(try await scene.call("crm").status == 200)
        let tokenID = alice.agentID
        let token = bob.user
        /// A request for something of alice's and for nothing at all.
        func alike(
            _ method: HTTPMethod, _ path: (String) -> String, theirs: String, none: String, _ body: JSON? = nil,
            _ code: String?, token: String, sourceLocation: SourceLocation = #_sourceLocation
        ) async throws {
            let other = try await relay.send(method, path(theirs), token, body)
            let nothing = try await relay.send(method, path(none), token, body)
            #expect(other.status == 404, "\(path(theirs)) \(other)", sourceLocation: sourceLocation)
            if let code { #expect(other.code == code, "\(path(theirs)) \(other)", sourceLocation: sourceLocation) }
            #expect(Self.shape(other) == Self.shape(nothing), "\(other) \(nothing)", sourceLocation: sourceLocation)
            // Whether the connection is closed depends on how much of the request had arrived.
            func names(_ answer: Answer) -> [String] { answer.headers.map(\.name).filter { $0 != "connection" } }
            #expect(names(other) == names(nothing), "\(path(theirs))", sourceLocation: sourceLocation)
        }
        let own: [(HTTPMethod, String, JSON?)] = [
            (.GET, "", nil), (.PATCH, "", ["name": "mine"]), (.DELETE, "", nil), (.GET, "/credentials", nil),
            (.PUT, "/credentials", ["key": "bobs"]), (.POST, "/credentials:rotate", ["key": "bobs"]),
            (.GET, "/logs", nil), (.GET, "/summary", nil), (.GET, "/alerts", nil), (.POST, ":test", [:]),
            (.GET, "/drift", nil), (.GET, "/drift/drf_x", nil), (.POST, "/drift/drf_x:accept", nil),
            (.POST, "/drift/drf_x:dismiss", nil),
        ]
        for (method, suffix, body) in own {
            try await alike(
                method, { "/v1/apis/\($0)\(suffix)" }, theirs: "crm", none: "nothing", body, "UNKNOWN_API",
                token: token)
        }
        for token in [bob.agent, bob.user] {
            for path in ["/v1/tools/", "/v1/proxy/"] {
                try await alike(
                    .POST, { "\(path)\($0)/hello" }, theirs: "crm", none: "nothing", [:], "UNKNOWN_API", token: token)
            }
            try await alike(
                .GET, { "/v1/tools/\($0)" }, theirs: "crm", none: "nothing", nil, "UNKNOWN_API", token: token)
            try await alike(
                .GET, { "/v1/tools/\($0)/hello" }, theirs: "crm", none: "nothing", nil, "UNKNOWN_API", token: token)
        }
        try await alike(
            .GET, { "/v1/tunnels/\($0)" }, theirs: scene.tunnel.id, none: "tun_nothing", nil, nil, token: token)
        try await alike(
            .POST, { "/v1/tunnels/\($0)/tokens" }, theirs: scene.tunnel.id, none: "tun_nothing", [:], nil, token: token)
        try await alike(
            .DELETE, { "/v1/tunnels/\($0)" }, theirs: scene.tunnel.id, none: "tun_nothing", nil, nil, token: token)
        try await alike(.DELETE, { "/v1/tokens/\($0)" }, theirs: tokenID, none: "tok_nothing", nil, nil, token: token)
        // Lists hold one's own alone.
        for path in ["/v1/apis", "/v1/tunnels", "/v1/tools"] {
            let list = try await relay.send(.GET, path, token)
            #expect(list.json["items"] == [], "\(path) \(list)")
        }
        let tokens = try await relay.send(.GET, "/v1/tokens", token)
        #expect(!tokens.text.contains(tokenID) && !tokens.text.contains(alice.id), "\(tokens)")
        expectProblem(try await relay.send(.GET, "/v1/users", token), "FORBIDDEN", 403)
        #expect(try await relay.send(.DELETE, "/v1/users/\(alice.id)", token).status == 403)

        // A definition cannot name what is another's: its tunnel, its secrets, its id.
        let theft = Definitions.api("mine", scene.origin.url, tunnel: scene.tunnel.id)
        expectProblem(try await relay.send(.POST, "/v1/apis", token, theft), "INVALID_REQUEST", 400)
        expectProblem(
            try await relay.send(.POST, "/v1/apis:test", token, ["definition": theft]), "INVALID_REQUEST", 400)
        let shown = try await relay.send(.GET, "/v1/apis/crm", alice.user)
        let reference = try #require(shown.json["authentication"]?["config"]?["key"]?.string)
        let apiID = try #require(shown.json["id"]?.string)
        for more: JSONObject in [[:], ["id": .string(apiID), "user_id": .string(alice.id)]] {
            let stolen = scene.definition(
                .direct, "stolen",
                authentication: [
                    "type": "api_key", "config": ["header_name": "X-API-Key", "key": .string(reference)],
                ],
                more: more)
            let before = scene.origin.seen.count
            let saved = try await relay.send(.POST, "/v1/apis", token, stolen)
            if saved.status == 201 {
                #expect(saved.json["id"]?.string != apiID && saved.json["user_id"]?.string == bob.id, "\(saved)")
                let called = try await relay.call("stolen", "hello", token: bob.agent)
                expectProblem(called, "CREDENTIAL_MISSING", 424)
                _ = try await relay.send(.DELETE, "/v1/apis/stolen", token)
            } else {
                expectProblem(saved, "INVALID_REQUEST", 400)
            }
            #expect(scene.origin.seen.dropFirst(before).allSatisfy { $0.headers["x-api-key"].isEmpty })
        }

        // Both may have an API of the same slug, and neither sees the other's.
        let own2 = scene.definition(.direct, "crm", authentication: Definitions.apiKey("bobs-own-key"))
        #expect(try await relay.send(.POST, "/v1/apis", token, own2).status == 201)
        #expect(try await relay.call("crm", "hello", token: bob.agent).status == 200)
        #expect(scene.origin.seen.last?.headers["x-api-key"] == ["bobs-own-key"])
        #expect(try await scene.call("crm").status == 200)
        #expect(scene.origin.seen.last?.headers["x-api-key"] == ["alices-own-key"])
        let logs = try await relay.send(.GET, "/v1/apis/crm/logs", token)
        #expect(logs.json["items"]?.array?.count == 1, "\(logs)")
        #expect(!logs.text.contains(alice.id) && !logs.text.contains(alice.agentID))
        #expect(try await relay.send(.DELETE, "/v1/apis/crm", token).status == 204)
        #expect(try await scene.call("crm").status == 200)
        try await scene.end()
    }

    @Test("An agent's token that is limited to some APIs sees and calls those alone")
    func limitedAgents() async throws {
        let scene = try await TwoRoutes.make(starts: false)
        for slug in ["open", "shut"] { try await scene.apply(.direct, slug) }
        let made = try await scene.relay.send(
            .POST, "/v1/tokens", scene.account.user, ["kind": "agent", "label": "one", "apis": ["open"]])
        let token = try #require(made.json["token"]?.string, "\(made)")
        #expect(try await scene.relay.call("open", "hello", token: token).status == 200)
        expectProblem(try await scene.relay.call("shut", "hello", token: token), "UNKNOWN_API", 404)
        expectProblem(try await scene.relay.proxy(.GET, "shut", "/hello", token: token), "UNKNOWN_API", 404)
        expectProblem(try await scene.relay.send(.GET, "/v1/tools/shut", token), "UNKNOWN_API", 404)
        let tools = try await scene.relay.send(.GET, "/v1/tools", token)
        #expect(tools.text.contains("open") && !tools.text.contains("shut"), "\(tools)")
        try await scene.end()
    }
}
