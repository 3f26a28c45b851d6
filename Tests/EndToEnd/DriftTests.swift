import Foundation
import NIOHTTP1
import Testing
import Value

@Suite("Drift: when live answers stop matching", .serialized, .timeLimit(.minutes(4)))
struct DriftTests {
    private static let endpoints: [JSON] = [
        [
            "name": "one", "method": "GET", "path": "/one",
            "response_schema": ["$ref": "#/$defs/Customer"],
        ],
        [
            "name": "all", "method": "GET", "path": "/all",
            "response_schema": ["type": "array", "items": ["$ref": "#/$defs/Customer"]],
        ],
    ]
    private static let shared: JSONObject = [
        "$defs": [
            "Customer": [
                "type": "object", "required": ["id", "name"], "additionalProperties": false,
                "properties": ["id": ["type": "string"], "name": ["type": "string"]],
            ]
        ]
    ]
    /// In values, in a name that is a value, and where nothing is asked of values.
    private static let canaries = ["canary-value-91af", "canary.name.55d0@example.com", "canary-deep-77e1"]

    private static func good(_: TestOrigin.Seen) -> TestOrigin.Reply { .json(["id": "c1", "name": "Ada"]) }

    private static func changed(_: TestOrigin.Seen) -> TestOrigin.Reply {
        .json([
            "id": 918_273_645_546, "name": nil, "tier": .string(canaries[0]),
            "contacts": [canaries[1]: ["note": .string(canaries[2])]],
        ])
    }

    private struct Scene {
        let two: TwoRoutes

        func drift(
            _ slug: String, _ rest: String = "", _ method: HTTPMethod = .GET, token: String? = nil,
            headers: HTTPHeaders = [:]
        ) async throws -> Answer {
            try await two.relay.send(
                method, "/v1/apis/\(slug)/drift\(rest)", token ?? two.account.user, headers: headers)
        }

        /// The open proposal of an endpoint, once it is there.
        func opened(_ slug: String, _ endpoint: String = "one", but known: [String] = []) async throws -> JSON {
            try await eventually("a proposal is open") {
                try await drift(slug, "?status=open").json["items"]?.array?.first {
                    $0["endpoint"]?.string == endpoint && !known.contains($0["id"]?.string ?? "")
                }
            }
        }

        /// Calls until the relay has looked at an answer beyond those it had.
        func call(_ slug: String, times: Int, _ endpoint: String = "one") async throws {
            for _ in 0..<times { _ = try await two.call(slug, endpoint) }
        }
    }

    private static func scene(_ slugs: String...) async throws -> Scene {
        let two = try await TwoRoutes.make(starts: false)
        for slug in slugs {
            try await two.apply(
                .direct, slug, endpoints: endpoints, security: ["validation": .string(slug)], more: shared)
        }
        return Scene(two: two)
    }

    @Test(
        "an answer that changes shape is proposed to be admitted; once accepted the next call is clean",
        arguments: ["warn", "strict"])
    func accepted(validation: String) async throws {
        let scene = try await Self.scene(validation)
        let relay = scene.two.relay
        scene.two.origin.script("/one", Self.good)
        #expect(try await scene.two.call(validation, "one").status == 200)
        #expect(try await scene.drift(validation).json["items"] == [])
        scene.two.origin.script("/one", Self.changed)
        for _ in 0..<3 {
            let answer = try await scene.two.call(validation, "one")
            if validation == "strict" {
                expectProblem(answer, "SCHEMA_MISMATCH", 502, stage: "validation", upstream: 200)
            } else {
                #expect(answer.status == 200 && answer.json["warnings"]?.array?.isEmpty == false, "\(answer)")
            }
        }
        let listed = try await scene.opened(validation)
        let id = try #require(listed["id"]?.string)
        #expect(listed["mismatches"] == 3 && listed["status"] == "open")
        #expect((listed["examined"]?.int ?? 0) >= 1)
        let shown = try await scene.drift(validation, "/\(id)")
        #expect(shown.json["proposed_schema"] == .null && shown.json["obstacle"] == .null, "\(shown)")
        let change = shown.json["changes"]?[0]
        #expect(change?["pointer"] == "/$defs/Customer" && change?["endpoints"] == ["one", "all"])
        let properties = change?["proposed_schema"]?["properties"]
        #expect(
            properties?["id"]?["type"] == ["string", "integer"] && properties?["name"]?["type"] == ["string", "null"])
        #expect(properties?["tier"]?["type"] == "string" && properties?["contacts"]?["type"] == "object")
        let before = try await relay.send(.GET, "/v1/apis/\(validation)", scene.two.account.user)
        #expect(before.json["metadata"]?["drift"] == ["open": 1], "\(before)")

        let accepted = try await scene.drift(
            validation, "/\(id):accept", .POST, headers: ["if-match": before.headers.first(name: "etag") ?? ""])
        #expect(accepted.status == 200 && accepted.json["status"] == "accepted", "\(accepted)")
        let after = try await relay.send(.GET, "/v1/apis/\(validation)", scene.two.account.user)
        #expect(after.headers.first(name: "etag") == accepted.headers.first(name: "etag"))
        #expect(after.json["metadata"]?["drift"] == ["open": 0])
        #expect(after.json["$defs"]?["Customer"] == change?["proposed_schema"])
        #expect(after.json["endpoints"] == before.json["endpoints"])
        let clean = try await scene.two.call(validation, "one")
        #expect(clean.status == 200 && clean.json["warnings"] == [], "\(clean)")
        #expect(clean.json["data"]?["id"] == 918_273_645_546)
        let again = try await scene.drift(validation, "/\(id):accept", .POST)
        #expect(again.status == 409 && again.code == "INVALID_REQUEST", "\(again)")
        try await scene.two.end()
        let records = try await relay.auditRecords().compactMap { $0["action"]?.string }
        #expect(records.contains("api.drift.accept"), "\(records)")
    }

    @Test("a proposal outlives the relay, a stranger sees none of it, and nothing of an answer's values is kept")
    func kept() async throws {
        let scene = try await Self.scene("warn")
        let relay = scene.two.relay
        let bob = try await relay.newAccount("bob")
        scene.two.origin.script("/one", Self.changed)
        try await scene.call("warn", times: 3)
        let id = try #require(try await scene.opened("warn")["id"]?.string)
        try await relay.stop()
        try await relay.start()
        let shown = try await scene.drift("warn", "/\(id)")
        #expect(shown.json["status"] == "open" && shown.json["mismatches"] == 3, "\(shown)")
        try await scene.call("warn", times: 2)
        try await eventually("it goes on counting") {
            try await scene.drift("warn", "/\(id)").json["mismatches"] == 5
        }
        // The same slug of his own has its own, which is none.
        try await relay.apply(
            scene.two.definition(.direct, "warn", endpoints: Self.endpoints, more: Self.shared), bob)
        let theirs = try await scene.drift("warn", token: bob.user)
        #expect(theirs.status == 200 && theirs.json["items"] == [], "\(theirs)")
        for (rest, method) in [("/\(id)", HTTPMethod.GET), ("/\(id):accept", .POST), ("/\(id):dismiss", .POST)] {
            let answer = try await scene.drift("warn", rest, method, token: bob.user)
            #expect(answer.status == 404 && answer.code == "UNKNOWN_API", "\(answer)")
        }
        #expect(try await scene.drift("warn", token: scene.two.account.agent).status == 403)
        let texts = [
            try await scene.drift("warn").text, try await scene.drift("warn", "/\(id)").text,
            try await relay.metrics(),
        ]
        try await scene.two.end()
        let files = try FileManager.default.contentsOfDirectory(atPath: relay.data).map {
            String(decoding: FileManager.default.contents(atPath: relay.data + "/" + $0) ?? Data(), as: UTF8.self)
        }
        #expect(files.contains { $0.contains(id) })
        for canary in Self.canaries + ["918273645546"] {
            for text in texts + files + [text(of: relay.log)] { #expect(!text.contains(canary), "\(canary)") }
        }
    }

    @Test("what is dismissed does not come again; what deviates otherwise does")
    func dismissed() async throws {
        let scene = try await Self.scene("warn")
        scene.two.origin.script("/one") { _ in .json(["id": 1, "name": "Ada"]) }
        try await scene.call("warn", times: 3)
        let first = try #require(try await scene.opened("warn")["id"]?.string)
        let dismissed = try await scene.drift("warn", "/\(first):dismiss", .POST)
        #expect(dismissed.status == 200 && dismissed.json["status"] == "dismissed", "\(dismissed)")
        #expect(try await scene.drift("warn", "/\(first):dismiss", .POST).status == 409)
        // One endpoint deviates as before, the other anew: where that one is proposed, this one was looked at too.
        scene.two.origin.script("/all") { _ in .json([["id": 1, "name": "Ada"]]) }
        try await scene.call("warn", times: 3)
        try await scene.call("warn", times: 3, "all")
        _ = try await scene.opened("warn", "all")
        let open = try await scene.drift("warn", "?status=open").json["items"]?.array ?? []
        #expect(open.compactMap { $0["endpoint"]?.string } == ["all"])
        scene.two.origin.script("/one") { _ in .json(["id": 1, "name": true]) }
        let again = try await eventually("a new one is open") { () -> JSON? in
            try await scene.call("warn", times: 1)
            return try await scene.drift("warn", "?status=open").json["items"]?.array?.first {
                $0["endpoint"]?.string == "one"
            }
        }
        #expect(again["id"]?.string != first)
        #expect(again["deviations"]?.array?.contains { $0["found"] == "boolean" } == true, "\(again.text())")
        let all = try await scene.drift("warn", "?limit=2")
        #expect(all.json["items"]?.array?.count == 2 && all.json["next_cursor"]?.string != nil)
        let rest = try await scene.drift("warn", "?limit=2&cursor=\(all.json["next_cursor"]?.string ?? "")")
        #expect(
            rest.json["items"]?.array?.compactMap { $0["id"]?.string } == [first] && rest.json["next_cursor"] == .null)
        expectProblem(try await scene.drift("warn", "?status=odd"), "INVALID_REQUEST", 400)
        try await scene.two.end()
    }

    @Test("where the schema has changed since, nothing is accepted; where only the rest has, it is")
    func stale() async throws {
        let scene = try await Self.scene("warn")
        let (relay, user) = (scene.two.relay, scene.two.account.user)
        scene.two.origin.script("/one", Self.changed)
        try await scene.call("warn", times: 3)
        let id = try #require(try await scene.opened("warn")["id"]?.string)
        let old = try await relay.send(.GET, "/v1/apis/warn", user).headers.first(name: "etag") ?? ""
        #expect(try await relay.send(.PATCH, "/v1/apis/warn", user, ["description": "other"]).status == 200)
        let changed = try await scene.drift("warn", "/\(id):accept", .POST, headers: ["if-match": old])
        #expect(changed.status == 412, "\(changed)")
        #expect(try await scene.drift("warn", "/\(id)").json["status"] == "open")
        let mended: JSON = ["$defs": ["Customer": ["properties": ["id": ["type": "integer"]]]]]
        #expect(try await relay.send(.PATCH, "/v1/apis/warn", user, mended).status == 200)
        #expect(try await scene.drift("warn", "/\(id)").json["status"] == "stale")
        let refused = try await scene.drift("warn", "/\(id):accept", .POST)
        #expect(refused.status == 409 && refused.code == "INVALID_REQUEST", "\(refused)")
        let next = try await eventually("another is open") { () -> JSON? in
            try await scene.call("warn", times: 1)
            return try await scene.drift("warn", "?status=open").json["items"]?.array?.first
        }
        #expect(next["id"]?.string != id)
        #expect(try await relay.send(.PATCH, "/v1/apis/warn", user, ["description": "more"]).status == 200)
        let accepted = try await scene.drift("warn", "/\(next["id"]?.string ?? ""):accept", .POST)
        #expect(accepted.status == 200, "\(accepted)")
        #expect(try await scene.two.call("warn", "one").json["warnings"] == [])
        expectProblem(try await scene.drift("warn", "/\(id):other", .POST), "ENDPOINT_NOT_FOUND", 404)
        #expect(try await relay.send(.DELETE, "/v1/apis/warn", user).status == 204)
        #expect(try await scene.drift("warn").status == 404)
        try await scene.two.end()
    }

    @Test("the command lists, shows and accepts")
    func command() async throws {
        let scene = try await Self.scene("warn")
        scene.two.origin.script("/one", Self.changed)
        try await scene.call("warn", times: 3)
        let id = try #require(try await scene.opened("warn")["id"]?.string)
        func penstock(_ words: String...) async throws -> String {
            let ran = try await ChildProcess.run(
                Binaries.penstock, ["apis", "drift", "warn"] + words + ["--url", scene.two.relay.url],
                environment: [
                    "PENSTOCK_TOKEN": scene.two.account.user,
                    "PENSTOCK_CA_FILE": try Certificates.shared.get().root,
                ])
            #expect(ran.end == .exit(0), "\(ran.errors)")
            return ran.output + ran.errors
        }
        #expect(try await penstock().contains(id))
        let shown = try await penstock(id)
        #expect(shown.contains(#"/$defs/Customer/properties/id/type: "string" → ["string","integer"]"#), "\(shown)")
        #expect(try await penstock("--accept", id, "--output", "json").contains(#""status": "accepted""#))
        #expect(try await penstock().contains("There are no such proposals"))
        #expect(try await penstock("--status", "accepted", "--output", "yaml").contains(id))
        try await scene.two.end()
    }
}
