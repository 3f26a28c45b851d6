import Foundation
import NIOHTTP1
import Synchronization
import Testing
import Value

@Suite("What describes an API becomes a definition that serves calls", .serialized, .timeLimit(.minutes(4)))
struct ImportTests {
    static func document(_ origin: TestOrigin, extra: String = "", title: String = "Shop") -> String {
        """
        openapi: 3.0.3
        info: {title: \(title), version: "1"}
        servers: [{url: "\(origin.url)/v1"}]
        security: [{key: []}]
        paths:
          /orders/{id}:
            get:
              operationId: getOrder
              tags: [orders]
              summary: One order
              parameters:
                - {name: id, in: path, required: true, schema: {type: string}}
                - {name: fields, in: query, style: form, explode: false, schema: {type: array, items: {type: string}}}
              responses:
                "200": {description: ok, content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}}
          /orders:
            post:
              operationId: createOrder
              tags: [orders]
              requestBody:
                required: true
                content: {application/json: {schema: {$ref: "#/components/schemas/Order"}}}
              responses: {"201": {description: made}}
        \(extra)
        components:
          securitySchemes: {key: {type: apiKey, in: header, name: X-API-Key}}
          schemas:
            Order:
              type: object
              required: [id]
              properties: {id: {type: string}, parent: {$ref: "#/components/schemas/Order"}}

        """
    }

    static func penstock(
        _ scene: TwoRoutes, _ folder: Scratch, _ arguments: [String], executable: String = Binaries.penstock
    ) async throws -> (end: ChildProcess.End, output: String, errors: String) {
        try await ChildProcess.run(
            executable, arguments,
            environment: [
                "PENSTOCK_URL": scene.relay.url, "PENSTOCK_TOKEN": scene.account.user,
                "PENSTOCK_CA_FILE": try Certificates.shared.get().root, "HOME": folder.path,
            ])
    }

    @Test("I: an OpenAPI file is imported, saved, given its key, and called as a tool")
    func openAPI() async throws {
        let scene = try await TwoRoutes.make(starts: false)
        scene.origin.script("/v1/orders/o%201") { seen in
            guard seen.headers["x-api-key"] == ["the-shops-key"] else { return .json([:], status: 401) }
            return .json(["id": "o 1", "target": .string(seen.target)])
        }
        let folder = try Scratch("import")
        let file = try folder.write("shop.yaml", Self.document(scene.origin))
        let shown = try await Self.penstock(scene, folder, ["apis", "import", file])
        #expect(shown.end == .exit(0), "\(shown)")
        #expect(shown.output.contains("getOrder") && shown.output.contains("createOrder"), "\(shown)")
        #expect(shown.errors.contains("2 of 2 operations") && shown.errors.contains("Nothing was saved"), "\(shown)")
        #expect(try await scene.relay.send(.GET, "/v1/apis/shop", scene.account.user).status == 404)
        let saved = try await Self.penstock(scene, folder, ["apis", "import", file, "--save"])
        #expect(saved.end == .exit(0), "\(saved)")
        expectProblem(try await scene.call("shop", "getOrder", ["id": "o 1"]), "CREDENTIAL_MISSING", 424)
        let set = try await scene.relay.send(
            .PUT, "/v1/apis/shop/credentials", scene.account.user, ["key": "the-shops-key"])
        #expect((200..<300).contains(set.status), "\(set)")
        let called = try await scene.call("shop", "getOrder", ["id": "o 1", "fields": ["a", "b c"]])
        #expect(called.status == 200, "\(called)")
        #expect(called.json["data"]?["target"] == "/v1/orders/o%201?fields=a,b%20c", "\(called)")
        let wrong = try await scene.call("shop", "createOrder", ["parent": ["id": 7]])
        expectProblem(wrong, "INVALID_REQUEST", 400)
        #expect(Set(pointers(wrong)).isSuperset(of: ["/parent/id"]), "\(wrong)")
        let tool = try await scene.relay.send(.GET, "/v1/tools/shop/getOrder", scene.account.agent)
        #expect(!tool.text.contains("localhost") && !tool.text.contains("X-API-Key"), "\(tool)")
        #expect(try await scene.relay.auditRecords().contains { $0["action"] == "api.import" })
        try await scene.end()
    }

    @Test("I: one command makes an API behind a tunnel, over plain HTTP, and says what is missing and what comes next")
    func behindTunnel() async throws {
        let scene = try await TwoRoutes.make(starts: false)
        let tunnel = try await scene.relay.newTunnel(scene.account, "plant")
        let folder = try Scratch("import")
        let text = Self.document(scene.origin).replacing("url: \"\(scene.origin.url)/v1\"", with: "url: /v1")
        let file = try folder.write("shop.yaml", text)
        let base = "http://crm.corp.example:8080"
        let arguments = ["apis", "import", file, "--base-url", base, "--save"]
        let refused = try await Self.penstock(scene, folder, arguments)
        #expect(refused.end == .exit(3), "\(refused)")
        let unknown = try await Self.penstock(scene, folder, arguments + ["--tunnel", "nowhere"])
        #expect(unknown.end == .exit(3) && unknown.errors.contains("no tunnel with this id or name"), "\(unknown)")
        let list = try await scene.relay.send(.GET, "/v1/tunnels", scene.account.user)
        let name = try #require(
            list.json["items"]?.array?.first { $0["id"]?.string == tunnel.id }?["name"]?.string)
        let saved = try await Self.penstock(scene, folder, arguments + ["--tunnel", name])
        #expect(saved.end == .exit(0), "\(saved)")
        #expect(saved.errors.contains("penstock credentials set shop --from-file FILE"), "\(saved)")
        #expect(saved.errors.contains("No connector holds the tunnel \(name) open"), "\(saved)")
        #expect(saved.errors.contains("penstock apis test shop"), "\(saved)")
        let stored = try await scene.relay.send(.GET, "/v1/apis/shop", scene.account.user).json
        #expect(stored["tunnel"]?["tunnel_id"]?.string == tunnel.id, "\(stored)")
        #expect(stored["connection"]?["base_url"]?.string == base + "/v1", "\(stored)")
        #expect(stored["metadata"]?["missing_credentials"] == ["key"], "\(stored)")
        // A document says nothing of tunnels: importing it again moves the API nowhere.
        let again = try await Self.penstock(
            scene, folder, ["apis", "import", file, "--base-url", base, "--slug", "shop", "--save"])
        #expect(again.end == .exit(0), "\(again)")
        let after = try await scene.relay.send(.GET, "/v1/apis/shop", scene.account.user).json
        #expect(after["tunnel"] == stored["tunnel"], "\(after)")
        // The same over HTTP; another user's tunnel is as unknown as none.
        let body: JSONObject = ["document": .string(text), "base_url": .string(base), "tunnel": .string(tunnel.id)]
        let made = try await scene.relay.send(.POST, "/v1/apis:import", scene.account.user, .object(body))
        #expect(made.json["definition"]?["tunnel"]?["tunnel_id"]?.string == tunnel.id, "\(made)")
        let stranger = try await scene.relay.newAccount("stranger")
        let taken = try await scene.relay.send(.POST, "/v1/apis:import", stranger.user, .object(body))
        #expect(pointers(taken) == ["/tunnel"], "\(taken)")
        try await scene.end()
    }

    @Test("I: --split-servers makes one definition for each server, and what imports nothing fails")
    func splitServers() async throws {
        let scene = try await TwoRoutes.make(starts: false)
        let folder = try Scratch("import")
        let text = """
            openapi: 3.0.0
            info: {title: Boats, version: '1'}
            servers: [{url: 'https://a.example.com/v1'}]
            paths:
              /one: {get: {operationId: one}}
              /two: {get: {operationId: two, servers: [{url: 'https://b.example.com'}]}}
            """
        let file = try folder.write("boats.yaml", text)
        let whole = try await Self.penstock(scene, folder, ["apis", "import", file])
        #expect(whole.errors.contains("https://b.example.com") && whole.errors.contains("--split-servers"), "\(whole)")
        let saved = try await Self.penstock(scene, folder, ["apis", "import", file, "--split-servers", "--save"])
        #expect(saved.end == .exit(0), "\(saved)")
        for (slug, base) in [("boats", "https://a.example.com/v1"), ("boats_b_example_com", "https://b.example.com")] {
            let stored = try await scene.relay.send(.GET, "/v1/apis/\(slug)", scene.account.user).json
            #expect(stored["connection"]?["base_url"]?.string == base, "\(stored)")
            #expect(stored["endpoints"]?.array?.count == 1, "\(stored)")
        }
        let same = try await Self.penstock(
            scene, folder, ["apis", "import", file, "--slug", "boats_b_example_com", "--save"])
        #expect(same.end == .exit(0) && same.errors.contains("Nothing differs"), "\(same)")
        let body: JSON = ["document": .string(text), "server": "https://c.example.com"]
        let none = try await scene.relay.send(.POST, "/v1/apis:import", scene.account.user, body)
        expectProblem(none, "INVALID_REQUEST", 400)
        let again = try await Self.penstock(scene, folder, ["apis", "import", file, "--split-servers", "--save"])
        #expect(again.end == .exit(2) && again.errors.contains("exists already"), "\(again)")
        let empty = try folder.write("empty.yaml", "openapi: 3.0.0\ninfo: {title: E, version: '1'}\npaths: {}\n")
        #expect(try await Self.penstock(scene, folder, ["apis", "import", empty]).end == .exit(1))
        let broken = try folder.write("broken.yaml", "openapi: 3.0.0\ninfo: {title: A\n")
        let wrong = try await Self.penstock(scene, folder, ["apis", "import", broken])
        #expect(wrong.errors.components(separatedBy: "neither JSON nor YAML").count == 2, "\(wrong)")
        try await scene.end()
    }

    @Test("I: importing again keeps the owner's changes, brings the document's, and shows both first")
    func again() async throws {
        let scene = try await TwoRoutes.make(starts: false)
        let folder = try Scratch("import")
        let old = try folder.write("old.yaml", Self.document(scene.origin))
        #expect(try await Self.penstock(scene, folder, ["apis", "import", old, "--save"]).end == .exit(0))
        let mine = try await scene.relay.send(.GET, "/v1/apis/shop", scene.account.user)
        var definition = try #require(mine.json.object)
        var endpoints = (definition["endpoints"]?.array ?? []).compactMap(\.object)
        let index = try #require(endpoints.firstIndex { $0["name"] == "getOrder" })
        endpoints[index]["name"] = "look_up_order"
        endpoints[index]["description"] = "What the shop knows of an order"
        definition["endpoints"] = .array(endpoints.map(JSON.object))
        definition["security"] = ["rate_limit": ["requests_per_minute": 5]]
        let changed = try await scene.relay.send(.PUT, "/v1/apis/shop", scene.account.user, .object(definition))
        #expect(changed.status == 200, "\(changed)")
        let new = try folder.write(
            "new.yaml",
            Self.document(
                scene.origin,
                extra: """
                      /orders/{id}/lines:
                        get:
                          operationId: getLines
                          parameters: [{name: id, in: path, required: true, schema: {type: string}}]
                          responses: {"200": {description: ok}}
                    """))
        let shown = try await Self.penstock(scene, folder, ["apis", "import", new, "--slug", "shop"])
        #expect(shown.end == .exit(0) && shown.errors.contains("getLines"), "\(shown)")
        let untouched = try await scene.relay.send(.GET, "/v1/apis/shop", scene.account.user)
        #expect(untouched.headers.first(name: "etag") == changed.headers.first(name: "etag"))
        #expect(untouched.json["endpoints"] == changed.json["endpoints"])
        // Without the slug, what is there stays.
        let unnamed = try await Self.penstock(scene, folder, ["apis", "import", new, "--save"])
        #expect(unnamed.end == .exit(2) && unnamed.errors.contains("shop exists already"), "\(unnamed)")
        let saved = try await Self.penstock(scene, folder, ["apis", "import", new, "--slug", "shop", "--save"])
        #expect(saved.end == .exit(0), "\(saved)")
        let merged = try await scene.relay.send(.GET, "/v1/apis/shop", scene.account.user)
        let names = merged.json["endpoints"]?.array?.compactMap { $0["name"]?.string } ?? []
        #expect(Set(names) == ["look_up_order", "createOrder", "getLines"], "\(merged)")
        let kept = merged.json["endpoints"]?.array?.first { $0["name"] == "look_up_order" }
        #expect(kept?["description"] == "What the shop knows of an order")
        #expect(merged.json["security"]?["rate_limit"]?["requests_per_minute"]?.int == 5)
        // Another user sees nothing of it, and what was imported outlives the relay.
        let stranger = try await scene.relay.newAccount()
        let theirs = try await scene.relay.send(
            .POST, "/v1/apis/shop:import", stranger.user, ["document": .string(Self.document(scene.origin))])
        #expect(theirs.status == 200 && theirs.json["difference"] == nil, "\(theirs)")
        #expect(!theirs.text.contains("look_up_order"), "\(theirs)")
        try await scene.relay.kill()
        try await scene.relay.start()
        let after = try await Self.penstock(scene, folder, ["apis", "import", new, "--slug", "shop"])
        #expect(after.end == .exit(0) && !after.errors.contains("(source)"), "\(after)")
        // A slug that is not of the document's name stays the API's.
        for _ in 0..<2 {
            let named = try await Self.penstock(scene, folder, ["apis", "import", new, "--slug", "mine", "--save"])
            #expect(named.end == .exit(0), "\(named)")
            #expect(try await scene.relay.send(.GET, "/v1/apis/mine", scene.account.user).status == 200)
        }
        // C5: no document moves an API, and with it its credential, to another host.
        let elsewhere = try folder.write(
            "elsewhere.yaml", Self.document(scene.origin).replacing(scene.origin.url, with: "https://evil.example.net"))
        let moved = try await Self.penstock(
            scene, folder, ["apis", "import", elsewhere, "--slug", "shop", "--save"])
        #expect(moved.end == .exit(3) && moved.errors.contains("evil.example.net"), "\(moved)")
        let wrong = try await Self.penstock(
            scene, folder, ["apis", "import", new, "--slug", "shop", "--base-url", "nonsense", "--save"])
        #expect(wrong.end == .exit(3) && wrong.errors.contains("/base_url"), "\(wrong)")
        // Somebody else's change in between is not lost.
        let stale = try await scene.relay.send(
            .POST, "/v1/apis/shop:import", scene.account.user,
            ["document": .string(Self.document(scene.origin)), "save": true],
            headers: ["if-match": mine.headers.first(name: "etag") ?? ""])
        #expect(stale.status == 412, "\(stale)")
        try await scene.end()
    }

    @Test("I: an import that takes any version loses no change that is made meanwhile")
    func anyVersion() async throws {
        let scene = try await TwoRoutes.make(starts: false)
        let paths = (0..<400).map { "  /p\($0): {get: {responses: {'200': {description: ok}}}}\n" }
        let document = Self.document(scene.origin, extra: paths.joined())
        let first = try await scene.relay.send(
            .POST, "/v1/apis/shop:import", scene.account.user, ["document": .string(document), "save": true])
        #expect(first.status == 201, "\(first)")
        func version(_ answer: Answer) -> Int {
            Int(answer.headers.first(name: "etag")?.split(separator: "-").last?.dropLast() ?? "") ?? 0
        }
        let isDone = Atomic(false)
        async let imported = {
            defer { isDone.store(true, ordering: .releasing) }
            return try await scene.relay.send(
                .POST, "/v1/apis/shop:import", scene.account.user, ["document": .string(document), "save": true],
                headers: ["if-match": "*"])
        }()
        var edits: [(version: Int, text: String)] = []
        while !isDone.load(ordering: .acquiring) {
            let text = "edit \(edits.count)"
            let edited = try await scene.relay.send(
                .PATCH, "/v1/apis/shop", scene.account.user, ["description": .string(text)])
            #expect(edited.status == 200, "\(edited)")
            edits.append((version(edited), text))
        }
        let answer = try await imported
        if answer.status == 200 {
            let last = edits.last { $0.version < version(answer) }
            #expect(answer.json["definition"]?["description"]?.string == last?.text)
        } else {
            #expect(answer.status == 412, "\(answer)")
        }
        try await scene.end()
    }
}
