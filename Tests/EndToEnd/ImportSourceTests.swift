import AsyncHTTPClient
import Foundation
import NIOHTTP1
import Testing
import Value

@Suite("Where an import reads from, and what it does not take", .serialized, .timeLimit(.minutes(4)))
struct ImportSourceTests {
    @Test("S13: a document is fetched by its URL past the guard, and what it refers to is not")
    func url() async throws {
        let scene = try await TwoRoutes.make(starts: false)
        let other = try await TestOrigin(tls: Certificates.shared.get())
        let plain = try await TestOrigin()
        let document = ImportTests.document(
            scene.origin,
            extra: """
                  /remote:
                    get:
                      operationId: remote
                      responses:
                        "200":
                          description: ok
                          content:
                            application/json:
                              schema:
                                anyOf:
                                  - {$ref: "\(other.url)/schema.json"}
                                  - {$ref: "\(plain.url)/schema.json"}
                                  - {$ref: "file:///etc/passwd"}
                                  - {$ref: "other.yaml#/Thing"}
                """)
        scene.origin.script("/spec/openapi.yaml") { _ in
            .bytes(Array(document.utf8), headers: ["content-type": "application/yaml"])
        }
        func fetch(_ url: String) async throws -> Answer {
            try await scene.relay.send(.POST, "/v1/apis:import", scene.account.user, ["url": .string(url)])
        }
        let fetched = try await fetch(scene.origin.url + "/spec/openapi.yaml")
        #expect(fetched.status == 200, "\(fetched)")
        let remote = fetched.json["operations"]?.array?.first { $0["operation_id"] == "remote" }
        #expect(remote?["outcome"] == "imported_with_changes", "\(remote ?? .null)")
        #expect((remote?["findings"]?.array ?? []).allSatisfy { $0["line"]?.int != nil }, "\(remote ?? .null)")
        #expect(other.opened == 0 && plain.opened == 0)
        #expect(scene.origin.seen.map(\.path) == ["/spec/openapi.yaml"])
        #expect(!fetched.text.contains("root:"))
        expectProblem(try await fetch(plain.url + "/spec"), "INVALID_REQUEST", 400)
        expectProblem(try await fetch("https://169.254.169.254/latest"), "URL_NOT_ALLOWED", 403)
        expectProblem(try await fetch("https://10.0.0.1/openapi.json"), "URL_NOT_ALLOWED", 403)
        expectProblem(try await fetch("file:///etc/passwd"), "INVALID_REQUEST", 400)
        scene.origin.script("/moved") { _ in
            .json([:], status: 302, headers: ["location": other.url + "/spec"])
        }
        let moved = try await fetch(scene.origin.url + "/moved")
        expectProblem(moved, "UPSTREAM_ERROR", 502, upstream: 302)
        #expect(other.opened == 0)
        scene.origin.script("/large") { _ in .download(49 << 20) }
        expectProblem(try await fetch(scene.origin.url + "/large"), "RESPONSE_TOO_LARGE", 502)
        let fetches = try await scene.relay.auditRecords().filter { $0["kind"] == "call" }
        #expect(fetches.contains { $0["outcome"] == "OK" } && fetches.contains { $0["upstream_status"]?.int == 302 })
        #expect(fetches.last?["outcome"] == "RESPONSE_TOO_LARGE", "\(fetches)")
        try await other.close()
        try await plain.close()
        try await scene.end()
    }

    @Test("I: a folder of files is one document, an upload a form, and a curl command an endpoint")
    func sources() async throws {
        let scene = try await TwoRoutes.make(starts: false)
        let folder = try Scratch("import")
        let root = """
            openapi: 3.1.0
            info: {title: Parts, version: "1"}
            servers: [{url: "https://parts.example.com"}]
            paths:
              /things/{id}: {$ref: "./paths/thing.yaml"}
            """
        let path = """
            get:
              operationId: getThing
              parameters: [{name: id, in: path, required: true, schema: {$ref: "../schemas.yaml#/Id"}}]
              responses: {"200": {description: ok}}
            """
        let files = try Scratch("parts")
        _ = try files.write("openapi.yaml", root)
        _ = try files.write("schemas.yaml", "Id: {type: string, pattern: '^t-[0-9]+$'}\n")
        try FileManager.default.createDirectory(atPath: files.path + "/paths", withIntermediateDirectories: true)
        _ = try files.write("paths/thing.yaml", path)
        let taken = try await ImportTests.penstock(scene, folder, ["apis", "import", files.path, "--output", "json"])
        #expect(taken.end == .exit(0) && taken.output.contains("^t-[0-9]+$"), "\(taken)")
        let curl = """
            curl 'https://hooks.example.com/v2/users/42?verbose=true' -H 'Authorization: Bearer canary-0123456789' \\
              --data-raw '{"name": "Ann", "age": 7}'
            """
        let called = try await ImportTests.penstock(
            scene, folder,
            [
                "-c", #"exec "$0" apis import - --output json < "$1""#, Binaries.penstock,
                folder.write("curl.txt", curl),
            ],
            executable: "/bin/sh")
        #expect(called.end == .exit(0) && called.output.contains("bearer_token"), "\(called)")
        #expect(!called.output.contains("canary") && !called.output.contains("Ann"), "\(called)")
        let written = folder.path + "/parts.yaml"
        let wrote = try await ImportTests.penstock(scene, folder, ["apis", "import", files.path, "--write", written])
        #expect(wrote.end == .exit(0), "\(wrote)")
        let applied = try await ImportTests.penstock(scene, folder, ["apis", "apply", "-f", written])
        #expect(applied.end == .exit(0), "\(applied)")
        try await scene.end()
    }

    @Test("I: what cannot be imported is said with its place, and nothing is saved")
    func bad() async throws {
        let scene = try await TwoRoutes.make(starts: false)
        func send(_ body: String, type: String = "application/yaml", path: String = "/v1/apis:import") async throws
            -> Answer
        {
            try await TestClient.send(
                .POST, scene.relay.url + path, token: scene.account.user, headers: ["content-type": type],
                body: .bytes(Array(body.utf8)))
        }
        let broken = try await send("openapi: 3.0.0\ninfo: {title: A\npaths: {}\n")
        expectProblem(broken, "INVALID_REQUEST", 400)
        #expect(broken.text.contains("line"), "\(broken)")
        expectProblem(try await send("just a text"), "INVALID_REQUEST", 400)
        expectProblem(try await send(""), "INVALID_REQUEST", 400)
        expectProblem(
            try await send(#"{"document": {}, "url": "https://a.test"}"#, type: "application/json"), "INVALID_REQUEST",
            400)
        let unknown = try await send(#"{"document": {"openapi": "3.0.0"}, "tag": "x"}"#, type: "application/json")
        #expect(pointers(unknown) == ["/tag"], "\(unknown)")
        expectProblem(try await send("--x--", type: "multipart/form-data; boundary=x"), "INVALID_REQUEST", 400)
        expectProblem(try await send("garbage", type: "multipart/form-data; boundary=x"), "INVALID_REQUEST", 400)
        let agent = try await scene.relay.send(
            .POST, "/v1/apis:import", scene.account.agent, ["document": ["openapi": "3.0.0"]])
        expectProblem(agent, "FORBIDDEN", 403)
        let deep = String(repeating: "[", count: 100_000)
        expectProblem(try await send(deep, type: "application/json"), "INVALID_REQUEST", 400)
        let list = try await scene.relay.send(.GET, "/v1/apis", scene.account.user)
        #expect(list.json["items"]?.array?.isEmpty == true)
        try await scene.end()
    }

    @Test("A definition of another user is neither seen nor merged with")
    func tenants() async throws {
        let scene = try await TwoRoutes.make(starts: false)
        let bob = try await scene.relay.newAccount("bob")
        let body: JSON = ["document": .string(ImportTests.document(scene.origin)), "save": true]
        let first = try await scene.relay.send(.POST, "/v1/apis/shop:import", scene.account.user, body)
        #expect(first.status == 201, "\(first)")
        let second = try await scene.relay.send(.POST, "/v1/apis/shop:import", bob.user, body)
        #expect(second.status == 201, "\(second)")
        #expect(second.json["difference"] == nil && second.json["definition"]?["id"] != first.json["definition"]?["id"])
        try await scene.end()
    }
}
