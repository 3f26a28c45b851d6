import Captures
import Drafts
import Registry
import Testing
import Value

@Suite struct PostmanReaderTests {
    /// As Postman exports one: folders in folders, variables, authorisation that is inherited and overridden.
    static let bookshop = #"""
        {
          "info": {
            "_postman_id": "6f1a4a58-0b7a-4d5e-9d53-1a2b3c4d5e6f", "name": "Bookshop API",
            "description": "Orders and books. Token for tests: CANARYbook8812token55",
            "schema": "https://schema.getpostman.com/json/collection/v2.1.0/collection.json", "_exporter_id": "123"
          },
          "item": [
            {
              "name": "Orders",
              "item": [
                {
                  "name": "Get order by ID",
                  "event": [{"listen": "test", "script": {"exec": ["pm.test('ok')"], "type": "text/javascript"}}],
                  "request": {
                    "method": "GET",
                    "header": [
                      {"key": "Accept", "value": "application/json"},
                      {"key": "X-Shop", "value": "CANARY-shop", "description": "Which shop", "type": "text"},
                      {"key": "X-Trace", "value": "1", "disabled": true},
                      {"key": "X-Api-Key", "value": "CANARYoff", "disabled": true}
                    ],
                    "url": {
                      "raw": "{{baseUrl}}/orders/:orderId?expand=lines&verbose=true",
                      "host": ["{{baseUrl}}"], "path": ["orders", ":orderId"],
                      "query": [
                        {"key": "expand", "value": "lines", "description": "(Required) What to include"},
                        {"key": "verbose", "value": "true", "disabled": true}
                      ],
                      "variable": [{"key": "orderId", "value": "8841", "description": "The order's number"}]
                    },
                    "description": "Returns one order."
                  },
                  "response": [
                    {
                      "name": "Found", "originalRequest": {}, "status": "OK", "code": 200,
                      "_postman_previewlanguage": "json", "header": [{"key": "Set-Cookie", "value": "sid=CANARY"}],
                      "body": "{\"id\": 8841, \"customer\": {\"email\": \"CANARY@example.com\"}, \"paid_at\": \"2026-03-01T10:00:00Z\"}"
                    },
                    {
                      "name": "Unpaid", "code": 200,
                      "body": "{\"id\": 8842, \"customer\": {\"email\": \"b@example.com\"}, \"paid_at\": null}"
                    },
                    {"name": "Gone", "code": 404, "body": "{\"error\": \"CANARY\"}"}
                  ]
                },
                {
                  "name": "Lines",
                  "item": [
                    {
                      "name": "Add line",
                      "request": {
                        "method": "POST", "header": [],
                        "body": {
                          "mode": "raw",
                          "raw": "{\n  // what and how many\n  \"book\": \"{{bookId}}\",\n  \"count\": {{count}},\n  \"gift\": false\n}",
                          "options": {"raw": {"language": "json"}}
                        },
                        "url": "{{baseUrl}}/orders/{{orderId}}/lines"
                      },
                      "response": []
                    }
                  ]
                }
              ]
            },
            {
              "name": "Public",
              "auth": {"type": "noauth"},
              "item": [
                {
                  "name": "https://shop.example.com/api/books",
                  "request": {"method": "GET", "url": {"raw": "{{baseUrl}}/books?q=sea", "query": [{"key": "q", "value": "sea"}]}}
                }
              ]
            },
            {
              "name": "Upload cover",
              "request": {
                "method": "PUT",
                "body": {
                  "mode": "formdata",
                  "formdata": [
                    {"key": "cover", "type": "file", "src": "/home/CANARY/cover.png"},
                    {"key": "caption", "value": "CANARY caption", "type": "text"}
                  ]
                },
                "url": {"raw": "https://shop.example.com/api/books/42/cover"}
              }
            },
            {
              "name": "Search",
              "request": {
                "auth": {"type": "apikey", "apikey": [
                  {"key": "key", "value": "X-Key", "type": "string"}, {"key": "value", "value": "CANARY-KEY", "type": "string"},
                  {"key": "in", "value": "header", "type": "string"}]},
                "method": "POST",
                "body": {"mode": "urlencoded", "urlencoded": [
                  {"key": "term", "value": "CANARY"}, {"key": "limit", "value": "10"}, {"key": "old", "value": "1", "disabled": true}]},
                "url": "{{baseUrl}}/search"
              }
            },
            {
              "name": "GraphQL",
              "request": {
                "method": "POST",
                "body": {"mode": "graphql", "graphql": {"query": "{ me(token: \"CANARY\") { id } }", "variables": "{\"first\": 5}"}},
                "url": "{{baseUrl}}/graphql"
              }
            },
            {"name": "Elsewhere", "request": {"method": "GET", "url": "https://status.example.org/health"}},
            {"name": "Nothing", "request": {"method": "GET", "url": ""}},
            {"name": "A note, no request"}
          ],
          "auth": {"type": "bearer", "bearer": [{"key": "token", "value": "CANARYbook8812token55", "type": "string"}]},
          "event": [{"listen": "prerequest", "script": {"exec": ["pm.environment.set('token', 'CANARY')"]}}],
          "variable": [
            {"key": "baseUrl", "value": "https://{{host}}/api"}, {"key": "host", "value": "shop.example.com"},
            {"key": "apiSecret", "value": "CANARY-variable"}
          ]
        }
        """#

    private static func shop() throws -> Draft { try Reading.read(bookshop, as: .postman) }

    @Test("A collection becomes a definition that is taken, with one endpoint a request")
    func whole() throws {
        let draft = try Self.shop()
        let definition = try Reading.accepted(draft)
        #expect(definition.name == "Bookshop API")
        #expect(draft.version == "2.1")
        #expect(draft.definition["connection"] == ["base_url": "https://shop.example.com/api"])
        #expect(draft.definition["authentication"] == ["type": "bearer_token", "config": [:]])
        #expect(
            draft.operations.map { "\($0.method) \($0.path) \($0.outcome.rawValue) \($0.tags.joined(separator: "/"))" }
                == [
                    "GET /orders/{orderId} imported Orders", "POST /orders/{orderId}/lines imported Orders/Lines",
                    "GET /books imported Public", "PUT /books/{book_id}/cover imported_with_changes ",
                    "POST /search imported ", "POST /graphql imported ", "GET /health left_out ", "GET … left_out ",
                ])
    }

    @Test("A request's parameters, what is switched off among them, and the shape of its saved answers")
    func request() throws {
        let endpoint = try #require(try Self.shop().endpoint("get_order_by_id"))
        #expect(endpoint["description"] == "Returns one order.")
        #expect(
            endpoint["parameters"] == [
                [
                    "name": "orderId", "in": "path", "required": true, "description": "The order's number",
                    "schema": ["type": "integer"],
                ],
                [
                    "name": "expand", "in": "query", "required": true, "description": "What to include",
                    "schema": ["type": "string"],
                ],
                ["name": "verbose", "in": "query", "schema": ["type": "boolean"]],
                ["name": "X-Shop", "in": "header", "description": "Which shop", "schema": ["type": "string"]],
                ["name": "X-Trace", "in": "header", "schema": ["type": "integer"]],
            ])
        #expect(
            endpoint["response_schema"] == [
                "type": "object",
                "properties": [
                    "id": ["type": "integer"],
                    "customer": [
                        "type": "object", "properties": ["email": ["type": "string", "format": "email"]],
                        "required": ["email"],
                    ], "paid_at": ["type": ["string", "null"], "format": "date-time"],
                ], "required": ["id", "customer", "paid_at"],
            ])
    }

    @Test("Bodies in each of Postman's modes")
    func bodies() throws {
        let draft = try Self.shop()
        #expect(
            draft.endpoint("add_line")?["request_body"] == [
                "type": "object",
                "properties": ["book": ["type": "string"], "count": [:], "gift": ["type": "boolean"]],
            ])
        #expect(
            draft.endpoint("upload_cover")?["request_body"] == [
                "type": "object",
                "properties": [
                    "cover": ["type": "string", "contentEncoding": "base64"], "caption": ["type": "string"],
                ], "encoding": ["cover": ["base64": true]], "content_type": "multipart/form-data",
            ])
        #expect(
            draft.endpoint("Search")?["request_body"] == [
                "type": "object",
                "properties": ["term": ["type": "string"], "limit": ["type": "integer"], "old": ["type": "integer"]],
                "content_type": "application/x-www-form-urlencoded",
            ])
        #expect(draft.endpoint("GraphQL")?["request_body"]?["properties"]?.object?.keys == ["query", "variables"])
    }

    @Test("What is public says so, and other credentials are told")
    func authentication() throws {
        let draft = try Self.shop()
        #expect(draft.endpoint("get_books")?["security"] == [])
        #expect(draft.endpoint("Search")?["security"] == nil)
        #expect(
            Set([
                "credential_not_kept", "other_credential", "scripts_ignored", "item_unreadable", "other_host",
                "url_missing",
            ])
            .isSubset(of: draft.codes))
        let credential = try #require(draft.findings.first { $0.code == "credential_not_kept" })
        #expect(credential.message.contains("penstock credentials set"))
        let other = try #require(draft.operations[6].findings.first)
        #expect(other.pointer.description == "/item/5")
        #expect(other.position != nil)
    }

    @Test("No value of a collection is in its draft: no token, no header, no answer, no script")
    func secrecy() throws {
        #expect(!(try Self.shop().json().text().contains("CANARY")))
    }

    @Test("OAuth 2.0 with a client's own credential keeps where tokens come from, and no more")
    func oauth() throws {
        func draft(_ grant: String, _ url: String) throws -> Draft {
            try Reading.read(
                """
                {"info": {"name": "Заказы"}, "item": [{"name": "a", "request": {"url": "https://api.example.com/a"}}],
                 "auth": {"type": "oauth2", "oauth2": [
                   {"key": "grant_type", "value": "\(grant)"}, {"key": "accessTokenUrl", "value": "\(url)"},
                   {"key": "clientId", "value": "CANARY-id"}, {"key": "clientSecret", "value": "CANARY"},
                   {"key": "scope", "value": "read write"}, {"key": "client_authentication", "value": "body"}]}}
                """, as: .postman)
        }
        let good = try draft("client_credentials", "https://login.example.com/token")
        #expect(
            good.definition["authentication"] == [
                "type": "oauth2",
                "config": [
                    "token_url": "https://login.example.com/token", "grant": "client_credentials",
                    "client_auth": "post", "scopes": "read write",
                ],
            ])
        #expect(try Reading.accepted(good).slug == "api_api_example_com")
        let code = try draft("authorization_code", "https://login.example.com/token")
        #expect(code.definition["authentication"]?["type"] == "bearer_token")
        #expect(code.codes.contains("authentication_changed"))
        let inside = try draft("client_credentials", "http://127.0.0.1/token")
        _ = try Reading.accepted(inside)
        #expect(!good.json().text().contains("CANARY"))
    }

    @Test("Format 2.0: objects for authorisation, text for headers, a URL in parts; wrapped as the API answers it")
    func older() throws {
        let draft = try Reading.read(
            #"""
            {"collection": {"info": {"name": "Old", "schema": "https://schema.getpostman.com/json/collection/v2.0.0/collection.json"},
             "auth": {"type": "basic", "basic": {"username": "me", "password": "CANARY-pw"}},
             "item": [{"name": "list", "request": {"method": "GET", "header": "X-One: CANARY\nAccept: */*",
               "url": {"protocol": "https", "host": ["api", "example", "com"], "path": ["v1", "users", "42"], "port": "8443"}}},
               {"name": "bare", "request": "https://api.example.com:8443/v1/ping"}]}}
            """#, as: .postman)
        _ = try Reading.accepted(draft)
        #expect(draft.version == "2.0")
        #expect(draft.definition["authentication"]?["type"] == "basic_auth")
        #expect(draft.definition["connection"] == ["base_url": "https://api.example.com:8443"])
        #expect(draft.operations.map(\.path) == ["/v1/users/{user_id}", "/v1/ping"])
        #expect(draft.operations[0].pointer?.description == "/collection/item/0")
        #expect(!draft.json().text().contains("CANARY"))
    }

    @Test("A host that only an environment knows is left for a person to write")
    func environment() throws {
        let draft = try Reading.read(
            """
            {"info": {"name": "Env"}, "item": [
              {"name": "a", "request": {"url": "{{url}}/a/{{id}}"}}, {"name": "b", "request": {"url": "{{url}}/b"}},
              {"name": "c", "request": {"url": "https://{{other}}.example.com/b"}}]}
            """, as: .postman)
        #expect(draft.definition["connection"] == nil)
        #expect(draft.codes.contains("base_url_unknown"))
        #expect(draft.operations.map(\.path) == ["/a/{id}", "/b", "/b"])
        #expect(draft.operations.map(\.outcome) == [.imported, .imported, .leftOut])
    }

    @Test("A webhook's secret in the path becomes a parameter, also where it stands in a variable")
    func secretPath() throws {
        let draft = try Reading.read(
            """
            {"info": {"name": "Hooks"}, "variable": [{"key": "hook", "value": "https://hooks.example.com/services/T0CANARY42X/9fCANARY8c7b6a5d4e"}],
             "item": [{"name": "send", "request": {"method": "POST", "url": "{{hook}}/messages"}}]}
            """, as: .postman)
        _ = try Reading.accepted(draft)
        #expect(draft.definition["connection"] == ["base_url": "https://hooks.example.com"])
        #expect(!draft.json().text().contains("CANARY8c"))
    }

    @Test("I: wrong types everywhere, deep folders, many requests: a draft or an error, in bounded work")
    func hostile() throws {
        for text in [
            "", "[]", "{}", #"{"item": 1}"#, #"{"requests": [], "info": 1}"#, "{\"item\": [", "\u{0}",
        ] {
            #expect(throws: CaptureError.self) { try Reading.read(text, as: .postman) }
        }
        let odd = #"""
            {"info": 7, "item": [null, 1, "x", [], {}, {"item": {}}, {"request": null}, {"request": []},
             {"name": {}, "request": {"method": 5, "url": 5, "header": 5, "body": 5, "auth": 5}, "response": 5, "event": 5},
             {"name": "a", "request": {"url": {"raw": 1, "host": 1, "path": 1, "query": 1, "variable": 1}}},
             {"name": "b", "request": {"url": {"host": [1], "path": [{"value": "p"}], "query": [1, {"key": null}, {"key": ""}]}}},
             {"name": "c", "request": {"url": "https://api.example.com/{{a}}/x", "header": [1, {"key": "a b", "value": []}],
               "body": {"mode": "raw", "raw": {}}, "auth": {"type": "apikey", "apikey": [{"key": "key"}, 1]}},
               "response": [1, {"code": "x", "body": 7}, {"body": "not json"}]},
             {"name": "d", "request": {"url": "https://api.example.com/d", "body": {"mode": "formdata", "formdata": [1]},
               "method": "GET", "auth": {"type": {}}}}],
             "variable": [1, {"key": "a", "value": "{{a}}{{a}}"}, {"key": "b", "value": {}}], "auth": [], "event": [1]}
            """#
        _ = try Reading.accepted(try Reading.read(odd, as: .postman))
        let deep =
            #"{"item": ["# + String(repeating: #"{"name":"f","item":["#, count: 55) + "{}"
            + String(repeating: "]}", count: 55) + "]}"
        #expect(try Reading.read(deep, as: .postman).codes.contains("nothing_imported"))
        let tooDeep = String(repeating: #"{"item":["#, count: 100_000)
        #expect(throws: CaptureError.self) { try Reading.read(tooDeep, as: .postman) }
        let same = Array(repeating: #"{"name": "same", "request": "https://api.example.com/a"}"#, count: 3000)
        let once = try Reading.read(#"{"item": [\#(same.joined(separator: ","))]}"#, as: .postman)
        #expect(once.operations.count == 1)
        #expect(once.codes.contains("requests_merged"))
        let requests = (0..<6000).map { #"{"name": "n\#($0)", "request": "https://api.example.com/a"}"# }
        let many = #"{"item": [\#(requests.joined(separator: ","))]}"#
        let draft = try Reading.read(many, as: .postman)
        #expect(draft.operations.count == 5000)
        #expect(draft.operations.count { $0.outcome == .leftOut } == 3000)
        _ = try Reading.accepted(draft)
        let variables = (0..<2000).map { #"{"key": "v\#($0)", "value": "{{v\#($0 + 1)}}{{v\#($0 + 1)}}"}"# }
        let bomb = #"{"variable": [\#(variables.joined(separator: ","))], "item": [{"request": "{{v0}}/x"}]}"#
        #expect(try Reading.read(bomb, as: .postman).operations.count == 1)
    }
}
