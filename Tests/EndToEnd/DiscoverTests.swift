import Foundation
import NIOCore
import NIOHTTP1
import Testing
import Value

@Suite("What an API shows becomes a draft for a person to accept", .serialized, .timeLimit(.minutes(4)))
struct DiscoverTests {
    private static let document = """
        openapi: 3.0.3
        info: {title: Back office, version: "1"}
        paths:
          /customers/{id}:
            get:
              operationId: getCustomer
              parameters: [{name: id, in: path, required: true, schema: {type: string}}]
              responses: {"200": {description: ok}}
        """

    private static func penstock(
        _ scene: TwoRoutes, _ folder: Scratch, _ arguments: [String], token: String? = nil
    ) async throws -> (end: ChildProcess.End, output: String, errors: String) {
        try await ChildProcess.run(
            Binaries.penstock, arguments,
            environment: [
                "PENSTOCK_URL": scene.relay.url, "PENSTOCK_TOKEN": token ?? scene.account.user,
                "PENSTOCK_CA_FILE": try Certificates.shared.get().root, "HOME": folder.path,
            ])
    }

    /// A page of documentation that names a document which lies at no usual place.
    private static func scriptDocuments(_ origin: TestOrigin) {
        origin.script("/") { _ in
            .bytes(
                Array("<html><head><link rel=\"service-desc\" href=\"/papers/office.yaml\"></head></html>".utf8),
                headers: ["content-type": "text/html"])
        }
        origin.script("/papers/office.yaml") { _ in
            .bytes(Array(document.utf8), headers: ["content-type": "application/yaml"])
        }
        origin.script("/customers/7") { _ in .json(["id": "7", "name": "Ann"]) }
    }

    @Test("an internal API is found through its tunnel, looked at, written, applied and called; both audits tell of it")
    func tunnel() async throws {
        let scene = try await TwoRoutes.make()
        Self.scriptDocuments(scene.origin)
        let folder = try Scratch("discover")
        let file = folder / "office.yaml"
        let found = try await Self.penstock(
            scene, folder, ["apis", "discover", scene.origin.url, "--tunnel", scene.tunnel.id, "--write", file])
        #expect(found.end == .exit(0), "\(found)")
        #expect(found.output.contains("getCustomer") && found.output.contains("/papers/office.yaml"), "\(found)")
        #expect(scene.origin.seen.allSatisfy { $0.method == "GET" })
        let listed = try await scene.relay.send(.GET, "/v1/apis", scene.account.user)
        #expect(listed.json["items"]?.array?.isEmpty == true, "\(listed)")
        let applied = try await Self.penstock(scene, folder, ["apis", "apply", "-f", file])
        #expect(applied.end == .exit(0), "\(applied)")
        let called = try await scene.call("back_office", "getCustomer", ["id": "7"])
        #expect(called.status == 200 && called.json["data"]?["name"] == "Ann", "\(called)")
        try await scene.end()
        let agreed = try await scene.relay.command("audit", "reconcile", scene.connector.auditFile)
        #expect(agreed.end == .exit(0), "\(agreed)")
        #expect(agreed.output.contains("connector: \(scene.origin.seen.count)"), "\(agreed)")
    }

    @Test("directly, where no description is found, samples teach what there is; no value of an answer is kept")
    func samples() async throws {
        let scene = try await TwoRoutes.make(starts: false)
        scene.origin.script("/v2/customers/cust_8841") { _ in
            .json(["id": "cust_8841", "name": "Zebulon Quick", "orders": ["href": "/v2/customers/cust_8841/orders"]])
        }
        scene.origin.script("/v2/customers/cust_8841/orders") { _ in .json([["id": 91, "total": 12.5]]) }
        let answer = try await scene.relay.send(
            .POST, "/v1/apis:discover", scene.account.user,
            ["url": .string(scene.origin.url + "/v2"), "samples": ["/customers/cust_8841"], "requests": 60])
        #expect(answer.status == 200 && answer.json["experimental"] == true, "\(answer)")
        let definition = answer.json["drafts"]?[0]?["draft"]?["definition"]
        #expect(definition?["connection"]?["base_url"] == .string(scene.origin.url + "/v2"))
        #expect(
            Set((definition?["endpoints"]?.array ?? []).compactMap { $0["path"]?.string })
                == ["/customers/{customer_id}", "/customers/{customer_id}/orders"], "\(answer)")
        #expect(!answer.text.contains("Zebulon") && !answer.text.contains("cust_8841"), "\(answer)")
        #expect(answer.json["requests"]?.array?.count == scene.origin.seen.count)
        #expect(scene.origin.seen.allSatisfy { $0.method == "GET" })
        let asked = try await scene.relay.auditRecords().filter { $0["kind"] == "call" }
        #expect(asked.count == scene.origin.seen.count, "\(asked)")
        try await scene.end()
    }

    @Test("calls that the connector's audit shows become endpoints; of the file only templates leave the machine")
    func observed() async throws {
        let scene = try await TwoRoutes.make()
        try await scene.apply(.tunnel, "office")
        for item in 1...3 {
            let called = try await scene.relay.send(
                .GET, "/v1/proxy/office/items/\(item)000\(item)?secret=x", scene.account.agent)
            #expect(called.status == 200, "\(called)")
        }
        let folder = try Scratch("discover")
        // What it says itself is seen by the origin: none of the values.
        scene.origin.script("/items") { _ in .json([:], status: 404) }
        let found = try await Self.penstock(
            scene, folder,
            [
                "apis", "discover", scene.origin.url, "--tunnel", scene.tunnel.id, "--observed",
                scene.connector.auditFile, "--requests", "5", "--output", "json",
            ])
        #expect(found.end == .exit(0), "\(found)")
        let answer = try JSON.parse(Array(found.output.utf8))
        let drafts = answer["drafts"]?.array ?? []
        let draft = drafts.first { $0["draft"]?["source"]?["kind"] == "observed" }
        #expect(draft?["draft"]?["operations"]?[0]?["path"] == "/items/{item_id}", "\(answer)")
        #expect(draft?["evidence"]?.array?.contains { $0["audit"] == true } == true, "\(answer)")
        #expect(draft?["draft"]?["definition"]?["tunnel"]?["tunnel_id"] == .string(scene.tunnel.id), "\(answer)")
        #expect(!found.output.contains("20002") && !found.output.contains("secret"), "\(found)")
        let nothing = try folder.write("other.jsonl", "no record\n")
        let refused = try await Self.penstock(
            scene, folder, ["apis", "discover", scene.origin.url, "--observed", nothing])
        #expect(refused.end == .exit(2) && refused.errors.contains("shows no call"), "\(refused)")
        let missing = try await Self.penstock(
            scene, folder, ["apis", "discover", scene.origin.url, "--observed", folder / "nowhere"])
        #expect(missing.end == .exit(2) && missing.errors.contains("cannot read"), "\(missing)")
        try await scene.end()
    }

    @Test("S1, T9: it reaches nothing that a call of its user would not reach")
    func reach() async throws {
        let scene = try await TwoRoutes.make()
        Self.scriptDocuments(scene.origin)
        let plain = try await TestOrigin()
        let stranger = try await scene.relay.newAccount()
        func discover(_ body: JSON, _ token: String) async throws -> Answer {
            try await scene.relay.send(.POST, "/v1/apis:discover", token, body)
        }
        let url = JSON.string(scene.origin.url)
        expectProblem(
            try await discover(["url": url, "tunnel": .string(scene.tunnel.id)], stranger.user), "UNKNOWN_TUNNEL", 404
        )
        expectProblem(try await discover(["url": url], scene.account.agent), "FORBIDDEN", 403)
        expectProblem(try await discover(["url": .string(plain.url)], scene.account.user), "INVALID_REQUEST", 400)
        expectProblem(try await discover(["url": "no URL"], scene.account.user), "INVALID_REQUEST", 400)
        expectProblem(try await discover(["url": url, "deadline": 5], scene.account.user), "INVALID_REQUEST", 400)
        #expect(scene.origin.seen.isEmpty && plain.opened == 0)
        // What the connector's own list does not name.
        let denied = try await discover(
            ["url": .string(plain.url), "tunnel": .string(scene.tunnel.id)], scene.account.user)
        #expect(denied.status == 200 && denied.json["drafts"] == [], "\(denied)")
        #expect(denied.json["requests"]?[0]?["error"] != nil, "\(denied)")
        // What the relay's own guard does not let out.
        let metadata = try await discover(["url": "https://169.254.169.254/latest"], scene.account.user)
        #expect(metadata.status == 200 && metadata.json["drafts"] == [], "\(metadata)")
        #expect(plain.opened == 0)
        try await scene.end()
        try await plain.close()
    }

    @Test("the operator's model names what was inferred, sees no value, and spoils nothing when it fails")
    func naming() async throws {
        let model = try await TestOrigin()
        let folder = try Scratch("discover")
        let settings: JSONObject = [
            "llm": [
                "base_url": .string(model.url + "/v1"), "model": "names",
                "api_key_file": .string(try folder.write("key", "the-model-key\n")),
            ]
        ]
        let scene = try await TwoRoutes.make(settings, starts: false)
        scene.origin.script("/customers/cust_8841") { _ in .json(["id": "cust_8841", "name": "Zebulon Quick"]) }
        func discover() async throws -> Answer {
            try await scene.relay.send(
                .POST, "/v1/apis:discover", scene.account.user,
                ["url": .string(scene.origin.url), "samples": ["/customers/cust_8841"]])
        }
        model.script("/v1/chat/completions") { _ in
            let names: JSON = [
                "endpoints": [["id": 0, "name": "look_up_customer", "description": "Finds one\ncustomer."]]
            ]
            return .json(["choices": [["message": ["content": .string(names.text())]]]])
        }
        let named = try await discover()
        let operation = named.json["drafts"]?[0]?["draft"]?["operations"]?[0]
        #expect(operation?["name"] == "look_up_customer", "\(named)")
        let asked = try #require(model.seen.first)
        #expect(asked.headers["authorization"] == ["Bearer the-model-key"])
        let question = String(buffer: asked.body)
        #expect(question.contains("/customers/{customer_id}"))
        #expect(!question.contains("Zebulon") && !question.contains("8841"), "\(question)")
        model.script("/v1/chat/completions") { _ in .json(["error": "busy"], status: 503) }
        let unnamed = try await discover()
        #expect(unnamed.json["drafts"]?[0]?["draft"]?["operations"]?[0]?["name"] == "get_customer", "\(unnamed)")
        #expect(unnamed.json["findings"]?.array?.contains { $0["message"]?.string?.contains("503") == true } == true)
        try await model.close()
        #expect(try await discover().status == 200)
        try await scene.end()
    }
}
