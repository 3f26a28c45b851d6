import Testing
import NIOHTTP1
import Value

@Suite("Tools are listed in pages of bounded size", .serialized, .timeLimit(.minutes(4)))
struct ToolListTests {
    private static func definition(_ slug: String, endpoints: [JSON], defs: JSON) -> JSON {
        [
            "name": .string("API \(slug)"), "slug": .string(slug),
            "connection": ["base_url": "https://crm.example.com/api"], "endpoints": .array(endpoints), "$defs": defs,
        ]
    }

    private static func endpoint(_ index: Int, of count: Int) -> JSON {
        [
            "name": .string("tool_\(index)"), "description": .string("Tool \(index)"), "method": "POST",
            "path": .string("/tools/\(index)"), "response_schema": ["$ref": "#/$defs/Shared"],
            "request_body": [
                "type": "object",
                "properties": ["one": ["$ref": "#/$defs/Shared"], "two": ["$ref": "#/$defs/Named_\(index % count)"]],
            ],
        ]
    }

    /// Reads all pages of a list of tools.
    private func pages(
        _ relay: TestRelay, _ path: String, _ token: String
    ) async throws -> (pages: [JSON], mostBytes: Int) {
        var pages: [JSON] = []
        var cursor: String?
        var most = 0
        repeat {
            let answer = try await relay.send(
                .GET, path + (cursor.map { "\(path.contains("?") ? "&" : "?")cursor=\($0)" } ?? ""), token)
            #expect(answer.status == 200, "\(answer.text.prefix(500))")
            pages.append(answer.json)
            most = max(most, answer.text.utf8.count)
            cursor = answer.json["next_cursor"]?.string
        } while cursor != nil && pages.count < 200
        return (pages, most)
    }

    private func names(_ pages: [JSON]) -> [String] {
        pages.flatMap { page in
            (page["items"]?.array ?? [page]).flatMap {
                ($0["endpoints"]?.array ?? []).compactMap { $0["name"]?.string }
            }
        }
    }

    @Test("a definition whose endpoints share a large schema answers with it once, not once an endpoint")
    func amplification() async throws {
        let relay = try await TestRelay()
        let account = try await relay.newAccount()
        let large: JSON = ["type": "string", "enum": .array((0..<40_000).map { .string("value_\($0)") })]
        let definition = Self.definition(
            "amp", endpoints: (0..<2000).map { Self.endpoint($0, of: 1) },
            defs: ["Shared": large, "Named_0": ["type": "integer"]])
        let written = try await relay.send(.POST, "/v1/apis", account.user, definition)
        #expect(written.status == 201, "\(written.text.prefix(500))")
        let size = definition.bytes().count
        for path in ["/v1/tools/amp", "/v1/tools?schemas=true&limit=1000"] {
            let (pages, most) = try await pages(relay, path, account.user)
            let found = names(pages)
            #expect(found.count == 2000 && Set(found).count == 2000, "\(path)")
            #expect(most < 2 * size, "\(path): \(most) bytes of a definition of \(size)")
        }
        let one = try await relay.send(.GET, "/v1/tools/amp/tool_7", account.user)
        #expect(one.json["input_schema"]?["$defs"]?["Shared"] != nil && one.text.utf8.count < 3 * size)
        _ = try await relay.stop()
    }

    @Test("schemas that would be written many times over are refused with the remedy", arguments: [true, false])
    func refused(isNested: Bool) async throws {
        let relay = try await TestRelay()
        let account = try await relay.newAccount()
        let text = JSON.string(String(repeating: "x", count: 400_000))
        var endpoints: [JSON] = []
        var defs: JSON = [:]
        if isNested {
            // Each level is referred to, and would be written again with all below it.
            var schema: JSON = ["type": "string", "default": text]
            var pointer = "#/$defs/Deep"
            for level in 0..<55 {
                schema = ["properties": ["a": schema]]
                endpoints.append([
                    "name": .string("tool_\(level)"), "method": "GET", "path": .string("/\(level)"),
                    "response_schema": ["$ref": .string(pointer)],
                ])
                pointer += "/properties/a"
            }
            defs = ["Deep": schema]
        } else {
            // The properties of a body stand beside the parameters, in each endpoint anew.
            defs = ["Body": ["type": "object", "properties": ["a": ["type": "string", "description": text]]]]
            endpoints = (0..<200).map {
                [
                    "name": .string("tool_\($0)"), "method": "POST", "path": .string("/\($0)"),
                    "request_body": ["$ref": "#/$defs/Body"],
                ]
            }
        }
        let answer = try await relay.send(
            .POST, "/v1/apis", account.user, Self.definition("amp", endpoints: endpoints, defs: defs))
        expectProblem(answer, "INVALID_REQUEST", 400)
        #expect(answer.text.contains("$defs"), "\(answer.text.prefix(500))")
        _ = try await relay.stop()
    }

    @Test("GET /v1/tools names tools, shows schemas on demand with one $defs an API, and leaves nothing out")
    func pagesOfTools() async throws {
        let relay = try await TestRelay()
        let account = try await relay.newAccount()
        let defs = JSON.object(
            JSONObject(
                [("Shared", ["type": "string"] as JSON), ("Unused", ["type": "null"])]
                    + (0..<5).map { ("Named_\($0)", ["type": "array", "items": ["$ref": "#/$defs/Shared"]]) }))
        for slug in ["first", "second"] {
            let definition = Self.definition(slug, endpoints: (0..<23).map { Self.endpoint($0, of: 5) }, defs: defs)
            #expect(try await relay.send(.POST, "/v1/apis", account.user, definition).status == 201)
        }
        let (plain, _) = try await pages(relay, "/v1/tools?limit=10", account.user)
        #expect(plain.count == 5 && names(plain).count == 46)
        #expect(!plain.contains { $0.text().contains("schema") || $0.text().contains("example.com") })
        #expect(plain[0]["items"]?[0]?["endpoints"]?[0]?["description"] == "Tool 0")
        let (full, _) = try await pages(relay, "/v1/tools?limit=10&schemas=true", account.user)
        #expect(names(full) == names(plain))
        for api in full.flatMap({ $0["items"]?.array ?? [] }) {
            let shared = try #require(api["$defs"]?.object)
            #expect(shared["Unused"] == nil)
            for endpoint in api["endpoints"]?.array ?? [] {
                let reference = endpoint["input_schema"]?["properties"]?["two"]?["$ref"]?.string ?? ""
                #expect(shared[reference.replacing("#/$defs/", with: "")] != nil, "\(reference)")
            }
        }
        let (one, _) = try await pages(relay, "/v1/tools/first?limit=9", account.user)
        #expect(one.count == 3 && names(one).count == 23 && one.allSatisfy { $0["slug"] == "first" })
        for query in ["schemas=yes", "limit=0", "limit=1001", "cursor=nonsense"] {
            expectProblem(try await relay.send(.GET, "/v1/tools?\(query)", account.user), "INVALID_REQUEST", 400)
        }
        _ = try await relay.stop()
    }

    @Test("penstock tools list and schema join the pages of thousands of tools")
    func commandLine() async throws {
        let relay = try await TestRelay()
        let account = try await relay.newAccount()
        for slug in ["one", "three", "two"] {
            let definition = Self.definition(
                slug, endpoints: (0..<1700).map { Self.endpoint($0, of: 50) },
                defs: .object(
                    JSONObject(
                        [("Shared", ["type": "string"])] + (0..<50).map { ("Named_\($0)", ["type": "integer"]) })))
            let written = try await relay.send(.POST, "/v1/apis", account.user, definition)
            #expect(written.status == 201, "\(written.text.prefix(500))")
        }
        let environment = [
            "PENSTOCK_URL": relay.url, "PENSTOCK_TOKEN": account.user,
            "PENSTOCK_CA_FILE": try Certificates.shared.get().root,
        ]
        let list = try await ChildProcess.run(
            Binaries.penstock, ["tools", "list", "--output", "json"], environment: environment)
        #expect(list.end == .exit(0), "\(list.errors)")
        let items = try JSON.parse(list.output)["items"]
        #expect(items?.array?.compactMap { $0["slug"]?.string } == ["one", "three", "two"])
        #expect(items?.array?.allSatisfy { $0["endpoints"]?.array?.count == 1700 } ?? false)
        let schema = try await ChildProcess.run(
            Binaries.penstock, ["tools", "schema", "two", "--output", "json"], environment: environment)
        let whole = try JSON.parse(schema.output)
        #expect(whole["endpoints"]?.array?.count == 1700 && whole["$defs"]?.object?.count == 51)
        #expect(whole["next_cursor"] == nil)
        _ = try await relay.stop()
    }
}
