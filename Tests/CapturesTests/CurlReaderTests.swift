import Captures
import Drafts
import Testing
import Value

@Suite struct CurlReaderTests {
    @Test("A command that a browser copied becomes an endpoint, and keeps none of what the browser sent by itself")
    func browser() throws {
        let (draft, endpoint) = try Reading.curl(
            #"""
            curl 'https://shop.example.com/api/v2/orders/84112?expand=lines&page=2&limit=50' \
              -H 'accept: application/json, text/plain, */*' \
              -H 'accept-language: en-GB,en;q=0.9' \
              -H 'authorization: Bearer eyJCANARY.eyJCANARY.sigCANARY' \
              -b '_ga=GA1.2.CANARY; session_id=CANARYcookie' \
              -H 'x-shop-region: eu-CANARY' \
              -H 'sec-ch-ua: "Chromium";v="131"' -H 'user-agent: Mozilla/5.0 CANARY' \
              --compressed
            """#)
        #expect(endpoint["method"] == "GET")
        #expect(endpoint["path"] == "/api/v2/orders/{order_id}")
        #expect(endpoint["name"] == "get_api_v2_orders_order_id")
        #expect(
            endpoint["parameters"] == [
                ["name": "order_id", "in": "path", "required": true, "schema": ["type": "integer"]],
                ["name": "expand", "in": "query", "schema": ["type": "string"]],
                ["name": "page", "in": "query", "schema": ["type": "integer"]],
                ["name": "limit", "in": "query", "schema": ["type": "integer"]],
                ["name": "x-shop-region", "in": "header", "schema": ["type": "string"]],
            ])
        #expect(draft.definition["connection"] == ["base_url": "https://shop.example.com"])
        #expect(draft.definition["authentication"] == ["type": "bearer_token", "config": [:]])
        #expect(draft.codes.contains("credential_not_kept"))
        #expect(draft.codes.contains("other_credential"))
        #expect(!draft.json().text().contains("CANARY"))
    }

    @Test("JSON with quotes in every style is read for its types")
    func json() throws {
        let (_, endpoint) = try Reading.curl(
            #"""
            curl -X POST "https://api.example.com/v1/customers" \
              -H "Content-Type: application/json" \
              --data-raw $'{"name":"O\'CANARY \\u00e9","age":41,"tags":["CANARY"],"address":{"zip":null}}'
            """#)
        #expect(
            endpoint["request_body"] == [
                "type": "object",
                "properties": [
                    "name": ["type": "string"], "age": ["type": "integer"],
                    "tags": ["type": "array", "items": ["type": "string"]],
                    "address": ["type": "object", "properties": ["zip": [:]]],
                ],
            ])
    }

    @Test("Stripe's own example: a key as the user's name, a form of nested names")
    func stripe() throws {
        let (draft, endpoint) = try Reading.curl(
            """
            curl https://api.stripe.com/v1/charges \\
              -u "sk_test_CANARY4eC39HqLyjWDarjtT1zdp7dc:" \\
              -d amount=999 -d currency=usd -d "metadata[order_id]"=6735 -d capture=true
            """)
        #expect(draft.definition["authentication"] == ["type": "basic_auth", "config": [:]])
        #expect(endpoint["method"] == "POST")
        #expect(
            endpoint["request_body"] == [
                "type": "object",
                "properties": [
                    "amount": ["type": "integer"], "currency": ["type": "string"],
                    "metadata[order_id]": ["type": "integer"], "capture": ["type": "boolean"],
                ], "content_type": "application/x-www-form-urlencoded",
            ])
        #expect(!draft.json().text().contains("CANARY"))
    }

    @Test("Options in short, joined and long forms mean the same")
    func options() throws {
        let short = try Reading.curl("curl -sSLXPATCH -Hapi-key:CANARY -d@body.json https://api.example.com/things/7")
        #expect(short.endpoint["method"] == "PATCH")
        #expect(short.draft.definition["authentication"]?["config"] == ["header_name": "api-key"])
        #expect(short.draft.codes.contains("file_not_read"))
        let get = try Reading.curl("curl -G https://api.example.com/search --data-urlencode 'q=a b&c' -d limit=5")
        #expect(get.endpoint["method"] == "GET")
        #expect(get.endpoint.parameter("q")?["schema"] == ["type": "string"])
        #expect(get.endpoint.parameter("limit")?["schema"] == ["type": "integer"])
        #expect(get.endpoint["request_body"] == nil)
        let json = try Reading.curl(#"curl --json '{"a":1}' --url api.example.com/x --frobnicate -k"#)
        #expect(json.endpoint["method"] == "POST")
        #expect(json.endpoint["request_body"]?["properties"] == ["a": ["type": "integer"]])
        #expect(Set(["option_unknown", "scheme_assumed", "certificate_unverified"]).isSubset(of: json.draft.codes))
        #expect(try Reading.curl("curl -I https://api.example.com/x").endpoint["method"] == "HEAD")
        let put = try Reading.curl("curl -T /tmp/CANARY.bin https://api.example.com/files/report")
        #expect(put.endpoint["method"] == "PUT")
        #expect(!put.draft.json().text().contains("CANARY"))
    }

    @Test("Fields of a form and files in it")
    func form() throws {
        let (draft, endpoint) = try Reading.curl(
            "curl https://api.example.com/upload -F 'title=CANARY' -F file=@/home/CANARY/a.png -F 'n=3;type=text/plain'"
        )
        #expect(endpoint["request_body"]?["content_type"] == "multipart/form-data")
        #expect(endpoint["request_body"]?["properties"]?.object?.keys == ["title", "file", "n"])
        #expect(draft.codes.contains("file_field"))
        #expect(!draft.json().text().contains("CANARY"))
    }

    @Test("A key in the query is the API's credential and no parameter")
    func queryKey() throws {
        let (draft, endpoint) = try Reading.curl(
            "curl 'https://maps.example.com/geocode/json?address=CANARY+Street&key=AIzaSyCANARY&page_token=x'")
        #expect(draft.definition["authentication"] == ["type": "api_key", "config": ["query_name": "key"]])
        #expect(endpoint.parameter("key") == nil)
        #expect(endpoint.parameter("page_token") != nil)
        #expect(!draft.json().text().contains("CANARY"))
    }

    @Test("Several credentials that all calls carry are all sent; -u is basic auth beside another")
    func severalHeaders() throws {
        let (draft, _) = try Reading.curl(
            "curl https://api.example.com/x -H 'X-App-Secret: CANARY' -H 'X-Api-Key: CANARY'")
        #expect(
            draft.definition["authentication"]
                == [
                    "type": "all",
                    "of": [
                        ["type": "api_key", "config": ["header_name": "X-Api-Key"]],
                        ["type": "api_key", "config": ["header_name": "X-App-Secret"]],
                    ],
                ])
        let basic = try Reading.curl("curl https://api.example.com/x -u me:CANARY -H 'X-Api-Key: CANARY'")
        #expect(
            basic.draft.definition["authentication"]?["of"] == [
                ["type": "basic_auth", "config": [:]], ["type": "api_key", "config": ["header_name": "X-Api-Key"]],
            ])
        #expect(!basic.draft.json().text().contains("CANARY"))
        let token = try Reading.curl("curl https://api.example.com/x -H 'Authorization: token ghp_CANARY'")
        #expect(
            token.draft.definition["authentication"]
                == ["type": "api_key", "config": ["header_name": "Authorization", "prefix": "token "]])
    }

    @Test("Several commands: placeholders are parameters, calls of one path are one endpoint, other hosts are left out")
    func several() throws {
        let draft = try Reading.read(
            """
            #!/bin/sh
            API=https://elsewhere.example.com
            # Fetch one repository; use CANARY12345678 for tests
            $ curl -u me:CANARY12345678 https://api.example.com/repos/{owner}/{repo}
            # List users
            curl https://api.example.com/users?since=1; curl "https://api.example.com/users?since=2&per_page=9" | jq .
            curl https://api.example.com/users/$USER_ID/keys/:key_id && curl https://other.example.org/x
            curl "$API/y" > /tmp/out 2>&1
            curl -X POST https://api.example.com/notes -H 'content-type: application/json' -d @- <<'EOF'
            {"text": "CANARY"}
            EOF
            curl -X TRACE https://api.example.com/x
            curl
            """, as: .curl)
        _ = try Reading.accepted(draft)
        #expect(
            draft.operations.map { "\($0.method) \($0.path) \($0.outcome.rawValue)" } == [
                "GET /repos/{owner}/{repo} imported", "GET /users imported",
                "GET /users/{user_id}/keys/{key_id} imported", "GET /x left_out", "POST /notes imported",
                "TRACE /x left_out",
            ])
        let users = try #require(draft.endpoint("get_users"))
        #expect(users.parameter("since")?["required"] == true)
        #expect(users.parameter("per_page")?["required"] == nil)
        #expect(users["description"] == "List users")
        #expect(draft.endpoint("post_notes")?["request_body"]?["properties"] == ["text": ["type": "string"]])
        #expect(Set(["url_unreadable", "url_missing", "other_host", "method_not_supported"]).isSubset(of: draft.codes))
        #expect(draft.operations[1].findings.isEmpty)
        #expect(draft.operations[3].findings.first?.position?.line == 7)
        #expect(!draft.json().text().contains("CANARY"))
    }

    @Test("An address at home and plain http say that a tunnel is needed")
    func tunnel() throws {
        let (draft, _) = try Reading.curl("curl http://10.0.0.7:8080/status -H 'Cookie: JSESSIONID=CANARY'")
        #expect(draft.codes.contains("tunnel_needed"))
        #expect(draft.codes.contains("session_cookie"))
        #expect(draft.definition["authentication"] == ["type": "api_key", "config": ["cookie_name": "JSESSIONID"]])
    }

    @Test("A command copied for the command prompt of Windows is read as well")
    func commandPrompt() throws {
        let (draft, endpoint) = try Reading.curl(
            #"""
            curl ^"https://api.example.com/rest/api/3/issue/9911?fields=a^%^2Cb^" ^
              -H ^"content-type: application/json^" ^
              -H ^"x-api-key: CANARY^" ^
              --data-raw ^"^{^\^"name^\^":^\^"CANARY^\^"^}^"
            """#)
        #expect(endpoint["path"] == "/rest/api/3/issue/{issue_id}")
        #expect(endpoint["request_body"]?["properties"] == ["name": ["type": "string"]])
        #expect(draft.definition["authentication"]?["config"] == ["header_name": "x-api-key"])
        #expect(!draft.json().text().contains("CANARY"))
    }

    @Test("A user's name and password in a URL are a credential, and are gone")
    func userInfo() throws {
        let (draft, _) = try Reading.curl("curl https://me:CANARY@api.example.com/x")
        #expect(draft.definition["authentication"]?["type"] == "basic_auth")
        #expect(!draft.json().text().contains("CANARY"))
    }

    @Test("I: what is no command, or broken, or hostile ends in a finding or an error")
    func hostile() throws {
        #expect(throws: CaptureError.self) { try Reading.read("wget x", as: .curl) }
        #expect(throws: CaptureError.self) { try Captures.read([0x63, 0x75, 0x72, 0x6C, 0x20, 0xFF], as: .curl) }
        #expect(throws: CaptureError.self) {
            try Reading.read("curl " + String(repeating: "x", count: 5 << 20), as: .curl)
        }
        let open = try Reading.read("curl 'https://api.example.com/x -H \"a", as: .curl)
        #expect(open.codes.contains("quote_open"))
        let nested = "curl https://api.example.com/$(" + String(repeating: "$(", count: 10_000)
        #expect(try Reading.read(nested, as: .curl).codes.contains("quote_open"))
        for text in [
            "curl https://api.example.com/a//b", "curl https://api.example.com/../etc",
            "curl https://api.example.com/%2e%2e/x",
            "curl https://api.example.com/a%00b", "curl https://0x7f.1/x", "curl ftp://api.example.com/x",
            "curl https://[::1/x", "curl https://api.example.com:99999/", "curl 'https://api.example.com/a b/\u{E9}{x'",
            "curl https://api.example.com/x -d 'body=1' -H 'X-Forwarded-For: 1.1.1.1' -H 'Host: x' -H 'a b: c'",
            "curl https://api.example.com/x?body=1 -d '[1]'", "curl 'https://api.example.com/x?a=1&a=2&=3&%ff=4'",
            "curl https://api.example.com/x -H 'a' -H ':' -d", "curl https://api.example.com/{id}/{id}/:id?id=1",
            "curl -X GET https://api.example.com/x -d '{\"a\":1}'", "curl https://api.example.com/x -d '{a: <CANARY>}'",
            "curl https://api.example.com/" + String(repeating: "a/", count: 100),
            "curl 'https://api.example.com/x?" + (0..<400).map { "p\($0)=1" }.joined(separator: "&") + "'",
        ] {
            let draft = try Reading.read(text, as: .curl)
            if draft.operations.contains(where: { $0.endpoint != nil }) { _ = try Reading.accepted(draft) }
            #expect(!draft.findings.isEmpty)
            #expect(!draft.json().text().contains("CANARY"))
        }
        let many = String(repeating: "curl https://api.example.com/x\n", count: 20_000)
        #expect(try Reading.read(many, as: .curl).operations.count == 1)
        let distinct = (0..<4000).map { "curl https://api.example.com/w\(String($0, radix: 36))x" }.joined(
            separator: "\n")
        _ = try Reading.accepted(try Reading.read(distinct, as: .curl))
    }
}
