import NIOHTTP1
import Testing
import Value

@Suite("An operator acts on what belongs to users", .serialized, .timeLimit(.minutes(4)))
struct OperatorActsTests {
    @Test("tunnels, tokens and APIs of all users are listed, without secrets and without definitions")
    func lists() async throws {
        let stage = try await Stage.make(authentication: Definitions.apiKey("canary-1"))
        let relay = stage.relay
        let bob = try await relay.newAccount("bob")
        let tunnel = try await relay.newTunnel(bob, "plant")
        for (path, own, other) in [
            ("/v1/tokens", stage.account.agentID, bob.agentID), ("/v1/tunnels", stage.tunnel.id, tunnel.id),
        ] {
            let all = try await relay.send(.GET, path, relay.operatorToken)
            #expect(all.status == 200 && all.text.contains(own) && all.text.contains(other), "\(all)")
            let some = try await relay.send(.GET, path + "?user_id=\(bob.id)", relay.operatorToken)
            #expect(!some.text.contains(own) && some.text.contains(other), "\(some)")
            // A user's own list is no wider for asking.
            let users = try await relay.send(.GET, path + "?user_id=\(stage.account.id)", bob.user)
            #expect(!users.text.contains(own) && users.text.contains(other), "\(users)")
        }
        let apis = try await relay.send(.GET, "/v1/apis", relay.operatorToken)
        let api = try #require(apis.json["items"]?.array?.first, "\(apis)")
        #expect(api["slug"] == "crm" && api["user_id"]?.string == stage.account.id)
        #expect(!apis.text.contains("canary") && !apis.text.contains("vault://"))
        var seen: [String] = []
        var path: String? = "/v1/tokens?limit=2"
        while let next = path {
            let page = try await relay.send(.GET, next, relay.operatorToken)
            seen += page.json["items"]?.array?.compactMap { $0["id"]?.string } ?? []
            path = page.json["next_cursor"]?.string.map { "/v1/tokens?limit=2&cursor=\($0)" }
        }
        #expect(seen.count == Set(seen).count && seen.count == 7, "\(seen)")
        for forbidden in ["/v1/apis/crm", "/v1/apis/crm/logs", "/v1/apis/crm/credentials"] {
            expectProblem(try await relay.send(.GET, forbidden, relay.operatorToken), "FORBIDDEN", 403)
        }
        expectProblem(try await relay.send(.GET, "/v1/apis", stage.account.agent), "FORBIDDEN", 403)
        try await stage.end()
    }

    @Test(
        "C7: an operator revokes a leaked agent token and a tunnel; the next call sees it, and the audit says who did it"
    )
    func revoke() async throws {
        let stage = try await Stage.make()
        let relay = stage.relay
        #expect(try await stage.call("hello").status == 200)
        let revoked = try await relay.send(.DELETE, "/v1/tokens/\(stage.account.agentID)", relay.operatorToken)
        #expect(revoked.status == 204, "\(revoked)")
        expectProblem(try await stage.call("hello"), "UNAUTHORIZED", 401)
        let gone = try await relay.send(.DELETE, "/v1/tunnels/\(stage.tunnel.id)", relay.operatorToken)
        #expect(gone.status == 204, "\(gone)")
        expectProblem(
            try await relay.call("crm", "hello", token: stage.account.user), "TUNNEL_OFFLINE", 503, stage: "tunnel")
        #expect(try await relay.send(.DELETE, "/v1/tokens/nothing", relay.operatorToken).status == 404)
        // Neither comes back: a tunnel of the same name is another one, and the old connector's token stays refused.
        let again = try await relay.newTunnel(stage.account, "office")
        #expect(again.id != stage.tunnel.id)
        expectProblem(
            try await relay.call("crm", "hello", token: stage.account.user), "TUNNEL_OFFLINE", 503, stage: "tunnel")
        expectProblem(try await relay.send(.GET, "/v1/tunnel", stage.tunnel.token), "UNAUTHORIZED", 401)
        expectProblem(try await stage.call("hello"), "UNAUTHORIZED", 401)
        try await stage.end()
        let actions = try await relay.auditRecords().filter { ($0["user_id"] ?? .null).isNull }
        let done = actions.compactMap { record in
            record["action"]?.string.map { "\($0) \(record["target"]?.string ?? "")" }
        }
        #expect(done.contains("token.revoke \(stage.account.agentID)"), "\(done)")
        #expect(done.contains("tunnel.delete \(stage.tunnel.id)"), "\(done)")
    }

    @Test(
        "a suspended user's tokens and connectors are refused at once and after a restart, and work again when resumed")
    func suspendUser() async throws {
        let stage = try await Stage.make()
        let relay = stage.relay
        let bob = try await relay.newAccount("bob")
        #expect(try await stage.call("hello").status == 200)
        func decide(_ verb: String, _ token: String) async throws -> Answer {
            try await relay.send(.POST, "/v1/users/\(stage.account.id):\(verb)", token)
        }
        expectProblem(try await decide("suspend", bob.user), "FORBIDDEN", 403)
        let suspended = try await decide("suspend", relay.operatorToken)
        #expect(suspended.status == 200 && suspended.json["suspended_at"]?.string != nil, "\(suspended)")
        for round in 0..<2 {
            expectProblem(try await stage.call("hello"), "FORBIDDEN", 403)
            expectProblem(try await relay.send(.GET, "/v1/apis", stage.account.user), "FORBIDDEN", 403)
            #expect(try await relay.send(.GET, "/v1/apis", bob.user).status == 200)
            let tunnel = try await relay.send(.GET, "/v1/tunnels/\(stage.tunnel.id)", relay.operatorToken)
            #expect(tunnel.json["online"] == false, "\(tunnel)")
            if round == 0 {
                try await relay.stop()
                try await relay.start()
                // The client's connections to the process that is gone.
                _ = try? await relay.send(.GET, "/v1/apis", bob.user)
            }
        }
        #expect(try await decide("resume", relay.operatorToken).json["suspended_at"] == .null)
        // Its API was there all the time.
        #expect(try await relay.send(.GET, "/v1/apis/crm", stage.account.user).status == 200)
        #expect(try await relay.send(.POST, "/v1/users/usr_nothing:suspend", relay.operatorToken).status == 404)
        try await stage.end()
    }

    @Test("a suspended API refuses tool calls, raw calls and tests, also after its owner writes it again")
    func suspendAPI() async throws {
        let stage = try await Stage.make()
        let relay = stage.relay
        let shown = try await relay.send(.GET, "/v1/apis/crm", stage.account.user)
        let id = try #require(shown.json["id"]?.string)
        expectProblem(try await relay.send(.POST, "/v1/apis/\(id):suspend", stage.account.user), "FORBIDDEN", 403)
        let suspended = try await relay.send(.POST, "/v1/apis/\(id):suspend", relay.operatorToken)
        #expect(suspended.status == 200 && suspended.json["status"] == "suspended", "\(suspended)")
        let patched = try await relay.send(.PATCH, "/v1/apis/crm", stage.account.user, ["description": "changed"])
        #expect(patched.json["metadata"]?["status"] == "suspended", "\(patched)")
        for round in 0..<2 {
            expectProblem(try await stage.call("hello"), "FORBIDDEN", 403)
            expectProblem(try await relay.proxy(.GET, "crm", "/hello", token: stage.account.agent), "FORBIDDEN", 403)
            expectProblem(
                try await relay.send(.POST, "/v1/apis/crm:test", stage.account.user, [:]), "FORBIDDEN", 403)
            if round == 0 {
                try await relay.stop()
                try await relay.start()
            }
        }
        #expect(stage.origin.seen.isEmpty)
        #expect(try await relay.send(.POST, "/v1/apis/\(id):resume", relay.operatorToken).json["status"] == "active")
        try await eventually("calls go through again") { try await stage.call("hello").status == 200 }
        try await stage.end()
    }

    @Test("a suspended API can neither be deleted nor renamed by its owner, who could put a working one in its place")
    func suspensionSurvives() async throws {
        let stage = try await Stage.make()
        let (relay, user) = (stage.relay, stage.account.user)
        let shown = try await relay.send(.GET, "/v1/apis/crm", user)
        let id = try #require(shown.json["id"]?.string)
        let definition = Definitions.api("crm", stage.origin.url, tunnel: stage.tunnel.id)
        #expect(try await relay.send(.POST, "/v1/apis/\(id):suspend", relay.operatorToken).status == 200)
        func expectSuspended(_ answer: Answer, _ what: String) {
            expectProblem(answer, "FORBIDDEN", 403)
            let detail = answer.json["detail"]?.string ?? ""
            for part in ["operator", what, "penstock apis resume \(id)"] { #expect(detail.contains(part), "\(answer)") }
        }
        expectSuspended(try await relay.send(.DELETE, "/v1/apis/crm", user), "deleted")
        expectSuspended(try await relay.send(.PATCH, "/v1/apis/crm", user, ["slug": "crm2"]), "another slug")
        #expect(try await relay.send(.POST, "/v1/apis", user, definition).status == 409)
        let put = try await relay.send(.PUT, "/v1/apis/crm", user, definition)
        #expect(put.json["metadata"]?["status"] == "suspended", "\(put)")
        expectProblem(try await stage.call("hello"), "FORBIDDEN", 403)
        #expect(stage.origin.seen.isEmpty)
        // Resumed, it is its owner's again.
        #expect(try await relay.send(.POST, "/v1/apis/\(id):resume", relay.operatorToken).status == 200)
        #expect(try await relay.send(.DELETE, "/v1/apis/crm", user).status == 204)
        // An operator who wants it gone deletes its user.
        let made = try await relay.send(.POST, "/v1/apis", user, definition)
        let other = try #require(made.json["id"]?.string, "\(made)")
        #expect(try await relay.send(.POST, "/v1/apis/\(other):suspend", relay.operatorToken).status == 200)
        #expect(try await relay.send(.DELETE, "/v1/users/\(stage.account.id)", relay.operatorToken).status == 204)
        #expect(try await relay.send(.GET, "/v1/apis", relay.operatorToken).json["items"] == [])
        try await stage.end()
    }

    @Test("C7: a token that expires is refused from then on, and its connector's session ends")
    func expiry() async throws {
        let stage = try await Stage.make()
        let relay = stage.relay
        let agent = try await relay.send(
            .POST, "/v1/tokens", stage.account.user, ["kind": "agent", "expires_in_s": 2])
        let text = try #require(agent.json["token"]?.string, "\(agent)")
        #expect(agent.json["expires_at"]?.string != nil)
        try await eventually("the agent's token is refused") {
            try await relay.call("crm", "hello", token: text).status == 401
        }
        for wrong: JSON in [0, -1, "30d", 1e12] {
            expectProblem(
                try await relay.send(
                    .POST, "/v1/tokens", stage.account.user, ["kind": "agent", "expires_in_s": wrong]),
                "INVALID_REQUEST", 400)
        }
        // The connector that is there goes; another one comes with a token for a while.
        try await stage.connector.stop()
        let made = try await relay.send(
            .POST, "/v1/tunnels/\(stage.tunnel.id)/tokens", stage.account.user, ["expires_in_s": 8])
        let token = try #require(made.json["token"]?.string, "\(made)")
        let other = try await TestConnector(relay, token: token, allow: [TestConnector.allow(stage.origin.url)])
        #expect(try await relay.isOnline(stage.tunnel, stage.account))
        try await eventually("its session ends with its token") {
            try await !relay.isOnline(stage.tunnel, stage.account)
        }
        try await other.stop()
        try await stage.relay.stop()
        try await stage.origin.close()
    }

    @Test("names of users and tunnels are taken once, and a token for an API that is not there is refused")
    func names() async throws {
        let relay = try await TestRelay()
        let account = try await relay.newAccount("ada")
        #expect(try await relay.send(.POST, "/v1/users", relay.operatorToken, ["name": "ada"]).status == 409)
        _ = try await relay.newTunnel(account, "office")
        #expect(try await relay.send(.POST, "/v1/tunnels", account.user, ["name": "office"]).status == 409)
        // Another user's tunnel may have the name.
        let bob = try await relay.newAccount("bob")
        #expect(try await relay.send(.POST, "/v1/tunnels", bob.user, ["name": "office"]).status == 201)
        let refused = try await relay.send(
            .POST, "/v1/tokens", account.user, ["kind": "agent", "apis": ["nope"]])
        expectProblem(refused, "INVALID_REQUEST", 400)
        #expect(refused.json["violations"]?.array?.first?["pointer"] == "/apis/0", "\(refused)")
        try await relay.stop()
    }

    @Test("the penstock command acts: users by name, revoking and deleting ask and need --yes without a terminal")
    func command() async throws {
        let stage = try await Stage.make()
        let relay = stage.relay
        let bob = try await relay.newAccount("bob")
        func run(_ token: String, _ words: String..., code: Int32 = 0) async throws -> (out: String, err: String) {
            let ran = try await relay.penstock(words, token: token)
            #expect(ran.end == .exit(code), "\(words) \(ran)")
            return (ran.output, ran.errors)
        }
        let chief = relay.operatorToken
        #expect(try await run(chief, "users", "suspend", "bob", "--yes").out.contains(bob.id))
        expectProblem(try await relay.send(.GET, "/v1/apis", bob.user), "FORBIDDEN", 403)
        _ = try await run(chief, "users", "resume", "bob")
        #expect(try await relay.send(.GET, "/v1/apis", bob.user).status == 200)
        #expect(try await run(chief, "users", "delete", "bob", code: 2).err.contains("--confirm"))
        #expect(try await run(chief, "users", "delete", "bob", "--confirm", "bobby", code: 1).err.contains("nothing"))
        _ = try await run(chief, "users", "delete", "bob", "--confirm", "bob")
        expectProblem(try await relay.send(.GET, "/v1/apis", bob.user), "UNAUTHORIZED", 401)
        #expect(try await run(chief, "apis", "list").out.contains(stage.account.id))
        #expect(try await run(chief, "tokens", "list").out.contains(stage.account.agentID))

        let user = stage.account.user
        #expect(try await run(user, "tunnels", "show", "office").out.contains(stage.tunnel.id))
        let asked = try await run(user, "tunnels", "revoke", "office", code: 2)
        #expect(asked.err.contains("crm") && asked.err.contains("--yes"), "\(asked)")
        let file = relay.folder / "second-token"
        _ = try await run(user, "tunnels", "token", "office", "--token-out", file, "--expires", "30d")
        #expect(text(of: file).hasPrefix("pst_"))
        #expect(try await run(user, "tunnels", "show", "offcie", code: 3).err.contains("office"))
        let made = try await run(
            user, "tokens", "create", "--label", "helpdesk", "--expires", "30d", "--per-minute", "5")
        let id = try #require(made.out.split(separator: "\n").first?.split(separator: " ").last.map(String.init))
        let list = try await run(user, "tokens", "list").out
        #expect(list.contains("5/min") && list.contains("EXPIRES") && list.contains("LAST USED"), "\(list)")
        #expect(try await run(user, "tokens", "revoke", id, code: 2).err.contains("--yes"))
        _ = try await run(user, "tokens", "revoke", id, "--yes")
        #expect(try await run(user, "tokens", "create", "--api", "nope", code: 3).err.contains("/apis/0"))
        let before = try await relay.send(.GET, "/v1/tokens", user).json["items"]?.array?.count ?? 0
        let lost = try await relay.penstock(["tokens", "create"], token: user, output: "/dev/full")
        #expect(lost.end == .exit(1) && lost.errors.contains("revoked"), "\(lost)")
        let tokens = try await relay.send(.GET, "/v1/tokens", user).json["items"]?.array ?? []
        #expect(tokens.count == before + 1 && tokens.count { $0["revoked_at"]?.string != nil } == 2, "\(tokens)")
        for words in [["apis", "list"], ["--version"], ["completion", "bash"], ["apis", "get", "crm"]] {
            let full = try await relay.penstock(words, token: user, output: "/dev/full")
            #expect(full.end == .exit(1) && full.errors.contains("could not be written"), "\(words) \(full)")
        }
        try await stage.end()
    }
}
