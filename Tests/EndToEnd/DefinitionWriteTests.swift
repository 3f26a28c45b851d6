import AsyncHTTPClient
import NIOHTTP1
import Testing
import Value

@Suite("Definitions are written, patched and listed", .serialized, .timeLimit(.minutes(4)))
struct DefinitionWriteTests {
    @Test("a merge patch changes what it names, keeps the credential, and the next call uses it")
    func patch() async throws {
        let stage = try await Stage.make()
        #expect(try await stage.call("item", ["id": "x"]).status == 200)
        let path = stage.relay.url + "/v1/apis/crm"
        let before = try await TestClient.send(.GET, path, token: stage.account.user)
        let etag = try #require(before.headers.first(name: "etag"))
        let patched = try await TestClient.send(
            .PATCH, path, token: stage.account.user, headers: ["if-match": etag],
            body: .bytes(Array(#"{"connection": {"timeout_ms": 1234}, "description": "d"}"#.utf8)))
        #expect(patched.status == 200, "\(patched)")
        #expect(patched.json["connection"]?["timeout_ms"]?.int == 1234)
        #expect(patched.json["connection"]?["base_url"] == before.json["connection"]?["base_url"])
        #expect(patched.json["authentication"] == before.json["authentication"])
        #expect(try await stage.call("item", ["id": "x"]).status == 200)
        let stale = try await TestClient.send(
            .PATCH, path, token: stage.account.user, headers: ["if-match": etag],
            body: .bytes(Array(#"{"description": null}"#.utf8)))
        #expect(stale.status == 412, "\(stale)")
        let current = try #require(patched.headers.first(name: "etag"))
        for (list, status) in [
            ("\(etag), \(current)", 200), ("\"a,b\" ,\(etag)", 412), ("W/\(current)", 412), ("*", 200),
        ] {
            let answer = try await TestClient.send(
                .PATCH, path, token: stage.account.user, headers: ["if-match": list],
                body: .bytes(Array(#"{"connection": {"timeout_ms": 1234}}"#.utf8)))
            #expect(answer.status == status, "If-Match with a list matches any member: \(list) \(answer)")
        }
        let broken = try await TestClient.send(
            .PATCH, path, token: stage.account.user, body: .bytes(Array(#"{"connection": {"timeout": 1}}"#.utf8)))
        #expect(pointers(broken) == ["/connection/timeout"], "\(broken)")
        try await stage.end()
    }

    @Test("a dry run finds the same faults, and writes nothing")
    func dryRun() async throws {
        let stage = try await Stage.make()
        let url = stage.relay.url + "/v1/apis"
        let shown = try await TestClient.send(.GET, url + "/crm", token: stage.account.user)
        var definition = try #require(shown.json.object)
        definition["slug"] = "second"
        definition["authentication"] = ["type": "none"]
        let fine = try await TestClient.send(
            .POST, url + "?dry_run=true", token: stage.account.user, body: .bytes(JSON.object(definition).bytes()))
        #expect(fine.status == 200, "\(fine)")
        definition["connection"] = ["base_url": "ftp://x"]
        let faulty = try await TestClient.send(
            .POST, url + "?dry_run=true", token: stage.account.user, body: .bytes(JSON.object(definition).bytes()))
        expectProblem(faulty, "INVALID_REQUEST", 400)
        let list = try await TestClient.send(.GET, url, token: stage.account.user)
        #expect(list.json["items"]?.array?.count == 1)
        try await stage.end()
    }

    @Test("lists come in pages that leave nothing out and show nothing twice")
    func pages() async throws {
        let relay = try await TestRelay()
        let account = try await relay.newAccount()
        for index in 0..<7 {
            _ = try await relay.newTunnel(account, "office \(index)")
            let answer = try await TestClient.send(
                .POST, relay.url + "/v1/tokens", token: account.user,
                body: .bytes(Array(#"{"kind": "agent", "label": "\#(index)"}"#.utf8)))
            #expect(answer.status == 201)
        }
        for (path, expected) in [("tunnels", 7), ("tokens", 9)] {
            var seen: [String] = []
            var cursor: String?
            repeat {
                let page = try await TestClient.send(
                    .GET, relay.url + "/v1/\(path)?limit=3" + (cursor.map { "&cursor=\($0)" } ?? ""),
                    token: account.user)
                let items = try #require(page.json["items"]?.array)
                #expect(items.count <= 3)
                seen += items.compactMap { $0["id"]?.string }
                cursor = page.json["next_cursor"]?.string
            } while cursor != nil
            #expect(Set(seen).count == seen.count)
            #expect(seen.count >= expected, "\(path) \(seen.count)")
        }
        let wrong = try await TestClient.send(.GET, relay.url + "/v1/tunnels?limit=many", token: account.user)
        expectProblem(wrong, "INVALID_REQUEST", 400)
        try await relay.stop()
    }
}
