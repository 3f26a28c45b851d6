import Discovery
import Drafts
import EgressPolicy
import Testing
import Value

@Suite struct SampleDiscoveryTests {
    private let base = "https://crm.example.com/api/v1"

    @Test func `A HAL API is walked from its root, and its ids are templated`() async throws {
        let site = ScriptedSite([
            "/api/v1": .json(
                #"{"_links":{"self":{"href":"/api/v1"},"customers":{"href":"/api/v1/customers{?page,size}","templated":true},"orders":{"href":"/api/v1/orders?page=1"}}}"#
            ),
            "/api/v1/orders": .json(
                #"""
                {"_links":{"self":{"href":"/api/v1/orders?page=1"},"next":{"href":"/api/v1/orders?page=2&size=20"}},"total":2,
                 "_embedded":{"orders":[
                  {"id":7001,"state":"canary-open","_links":{"self":{"href":"/api/v1/orders/7001"},"customer":{"href":"/api/v1/customers/cust_88412"}}},
                  {"id":7002,"state":"canary-closed","_links":{"self":{"href":"/api/v1/orders/7002"},"customer":{"href":"/api/v1/customers/cust_88413"}}},
                  {"id":7003,"state":"x","_links":{"self":{"href":"/api/v1/orders/7003"}}}]}}
                """#),
            "/api/v1/orders/7001": .json(#"{"id":7001,"state":"canary-open","paid":true}"#),
            "/api/v1/orders/7002": .json(#"{"id":7002,"state":"canary-closed","paid":false,"note":null}"#),
            "/api/v1/customers/cust_88412": .json(#"{"id":"cust_88412","email":"canary@example.org"}"#),
        ])
        let result = try await discover(site, base: base)
        let draft = try #require(result.candidates.first?.draft)
        #expect(
            draft.signatures == [
                "GET /customers", "GET /customers/{customer_id}", "GET /orders", "GET /orders/{order_id}",
            ])
        #expect(draft.definition["connection"]?["base_url"] == .string(base))
        let order = try #require(draft.endpoint("get_order"))
        #expect(order["parameters"] == [["name": "order_id", "in": "path", "required": true, "type": "integer"]])
        #expect(order["response_schema"]?["properties"]?["paid"]?["type"] == "boolean")
        #expect(order["response_schema"]?["required"] == ["id", "state", "paid"])
        let orders = try #require(draft.endpoint("list_orders"))
        let names = orders["parameters"]?.array?.compactMap { $0["name"]?.string }
        #expect(names == ["page", "size"])
        #expect(site.askedPaths.filter { $0.hasPrefix("/api/v1/orders/") }.count == 2)
        #expect(result.candidates[0].confidence == .low)
        for canary in ["canary", "7001", "7002", "88412", "example.org"] {
            #expect(!result.text.contains(canary), "\(canary)")
        }
        #expect(result.requests.contains { $0.path == "/api/v1/orders/{order_id}" && $0.status == 200 })
        _ = try accepted(draft)
    }

    @Test func `A JSON:API is followed from a sample path, names that are values are not kept`() async throws {
        let site = ScriptedSite([
            "/api/v1/articles": .json(
                #"""
                {"links":{"self":"https://crm.example.com/api/v1/articles","next":"https://crm.example.com/api/v1/articles?page%5Bnumber%5D=2"},
                 "data":[{"type":"articles","id":"how-canaries-sing","attributes":{"title":"T"},
                  "links":{"self":"https://crm.example.com/api/v1/articles/how-canaries-sing"},
                  "relationships":{"author":{"links":{"related":"https://crm.example.com/api/v1/articles/how-canaries-sing/author"}}}}]}
                """#),
            "/api/v1/articles/how-canaries-sing": .json(#"{"data":{"type":"articles","id":"how-canaries-sing"}}"#),
            "/api/v1/articles/how-canaries-sing/author": .json(
                #"{"data":{"type":"people","id":"9","attributes":{"name":"N"}}}"#),
        ])
        let result = try await discover(site, base: base) { $0.samples = ["/articles"] }
        let draft = try #require(result.candidates.first?.draft)
        #expect(
            draft.signatures == ["GET /articles", "GET /articles/{article_id}", "GET /articles/{article_id}/author"])
        #expect(
            draft.endpoints.compactMap { $0["name"]?.string } == ["list_articles", "get_article", "get_article_author"])
        #expect(!result.text.contains("canar"))
    }

    @Test func `A root document of URI templates gives endpoints without a request`() async throws {
        let root = #"""
            {"current_user_url":"https://crm.example.com/user","repository_url":"https://crm.example.com/repos/{owner}/{repo}",
             "search_url":"https://crm.example.com/search{?q,page,per_page}","elsewhere_url":"https://other.example.net/x/{y}"}
            """#
        let site = ScriptedSite(["/": .json(root), "/user": .json(#"{"login":"canary","id":1}"#)])
        let result = try await discover(site)
        let draft = try #require(result.candidates.first?.draft)
        #expect(draft.signatures == ["GET /repos/{owner}/{repo}", "GET /search", "GET /user"])
        let search = try #require(draft.endpoint("get_search"))
        #expect(search["parameters"]?.array?.count == 3)
        _ = try accepted(draft)
    }

    @Test func `A sample with Link paging has the names of its query as parameters`() async throws {
        let page = ScriptedSite.Page(
            headers: [
                ("Content-Type", "application/json"),
                ("Link", #"<https://crm.example.com/users?page=2&per_page=30>; rel="next""#),
            ], body: #"[{"id":1,"login":"ann"},{"id":2,"login":"bea","url":"https://crm.example.com/users/bea"}]"#)
        let site = ScriptedSite(["/users": page, "/users/bea": .json(#"{"id":2,"login":"bea"}"#)])
        let result = try await discover(site) { $0.samples = ["/users?page=1"] }
        let draft = try #require(result.candidates.first?.draft)
        #expect(draft.signatures == ["GET /users", "GET /users/{user_id}"])
        let list = try #require(draft.endpoint("list_users"))
        #expect(list["parameters"]?.array?.compactMap { $0["name"]?.string } == ["page", "per_page"])
        #expect(list["response_schema"]?["items"]?["required"] == ["id", "login"])
        #expect(!result.text.contains("bea"))
    }

    @Test func `Links that tell of an action or a file are not followed`() async throws {
        let root = #"""
            {"logout_url":"/session/logout","delete_url":"/users/1/delete","cancel":{"href":"/orders/5/cancel-now"},
             "avatar_url":"/a/b.png","me_url":"/me"}
            """#
        let site = ScriptedSite(["/": .json(root), "/me": .json(#"{"a":1}"#)])
        let result = try await discover(site)
        #expect(result.kinds.contains("links_left_out"))
        #expect(site.askedPaths.contains("/me"))
        #expect(!site.askedPaths.contains { $0.contains("logout") || $0.contains("delete") || $0.contains("cancel") })
    }

    @Test func `Nothing is inferred where a description is found`() async throws {
        let site = ScriptedSite([
            "/": .json(#"{"users_url":"/users"}"#), "/openapi.json": .json(petDocument), "/users": .json("[]"),
        ])
        let result = try await discover(site)
        #expect(result.candidates.map(\.draft.source) == [.openapi])
        #expect(!site.askedPaths.contains("/users"))
    }

    @Test func `Lines of methods and paths on a page are endpoints of little confidence`() async throws {
        let page = "<h1>API</h1><pre>GET /users/:id\nPOST /users\nGET /orders/12345/lines?canary=1 HTTP/1.1</pre>"
        let result = try await discover(ScriptedSite(["/docs": .html(page)]))
        let draft = try #require(result.candidates.first?.draft)
        #expect(draft.signatures == ["GET /orders/{order_id}/lines", "POST /users", "GET /users/{id}"])
        #expect(result.candidates.first?.confidence == .low)
        #expect(!result.text.contains("canary"))
        _ = try accepted(draft)
    }

    @Test func `Commands of curl on a page go to their reader`() async throws {
        var importers = plainImporter
        importers.commands = { commands, base in
            #expect(commands == ["curl -X POST https://crm.example.com/users"] && base == ScriptedSite.origin)
            return Draft(
                source: .curl, definition: [:],
                operations: [DraftOperation(method: "POST", path: "/users", endpoint: ["name": "u"])])
        }
        let page = "<pre><code class=bash>curl -X POST <span>https://crm.example.com/users</span></code></pre>"
        let result = try await discover(ScriptedSite(["/docs": .html(page)]), importers: importers)
        #expect(result.candidates.map(\.draft.source) == [.curl])
        #expect(result.candidates.first?.evidence.first?.place == .element("code"))
    }
}
