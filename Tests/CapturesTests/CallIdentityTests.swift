import Captures
import Drafts
import Testing
import Value

@Suite struct CallIdentityTests {
    @Test("A literal query value that tells two requests apart stays, and each is an endpoint of its own")
    func actions() throws {
        let draft = try Reading.read(
            """
            curl 'https://api.example.com/w/api.php?action=query&list=users&limit=5'
            curl 'https://api.example.com/w/api.php?action=query&list=pages&limit=9'
            curl 'https://api.example.com/w/api.php?action=parse&page=CANARY'
            """, as: .curl)
        _ = try Reading.accepted(draft)
        #expect(draft.operations.count == 2)
        let query = try #require(draft.endpoint("get_w_api_php_query"))
        #expect(query.parameter("action")?["schema"] == ["type": "string", "enum": ["query"], "default": "query"])
        #expect(query.parameter("list")?["schema"] == ["type": "string"])
        let parse = try #require(draft.endpoint("get_w_api_php_parse"))
        #expect(parse.parameter("action")?["schema"]?["default"] == "parse")
        #expect(!draft.json().text().contains("CANARY"))
    }

    @Test("SOAPAction stays, and tells the operations of one path apart")
    func soap() throws {
        let entry = { (action: String) in
            HARReaderTests.entry(
                "POST", "https://api.example.com/Service.svc",
                headers: [("SOAPAction", "\"http://example.com/\(action)\"")],
                body: ("text/xml; charset=utf-8", "<Envelope>CANARY</Envelope>"), type: "text/xml", resource: "fetch")
        }
        let draft = try Reading.read(
            HARReaderTests.archive([entry("GetUser"), entry("GetUser"), entry("AddUser")]), as: .har)
        _ = try Reading.accepted(draft)
        #expect(draft.operations.count == 2)
        let get = try #require(draft.endpoint("post_Service_svc_GetUser"))
        #expect(get.parameter("SOAPAction")?["schema"]?["default"] == "\"http://example.com/GetUser\"")
        #expect(draft.endpoint("post_Service_svc_AddUser") != nil)
        #expect(!draft.json().text().contains("CANARY"))
    }

    @Test("GraphQL's text is a constant of its own endpoint; a text with values in it is not kept")
    func graphQL() throws {
        let draft = try Reading.read(
            #"""
            curl https://api.example.com/graphql --json '{"operationName": "Me", "query": "query Me {\n  me { id } # CANARY\n}"}'
            curl https://api.example.com/graphql --json '{"query": "query Order($id: ID!) { order(id: $id) { id total } }", "variables": {"id": "CANARY"}}'
            curl https://api.example.com/graphql --json '{"query": "{ user(name: \"CANARY\") { id } }"}'
            """#, as: .curl)
        _ = try Reading.accepted(draft)
        #expect(draft.operations.count == 3)
        let me = try #require(draft.endpoint("post_graphql_Me"))
        #expect(me["request_body"]?["properties"]?["query"] == ["type": "string", "const": "query Me { me { id } }"])
        #expect(me["request_body"]?["properties"]?["operationName"]?["const"] == "Me")
        #expect(me["request_body"]?["required"]?.array?.contains("query") == true)
        let order = try #require(draft.endpoint("post_graphql_Order"))
        #expect(order["request_body"]?["properties"]?["variables"] != nil)
        let other = try #require(draft.endpoint("post_graphql"))
        #expect(other["request_body"]?["properties"]?["query"] == ["type": "string"])
        #expect(draft.codes.contains("graphql_values"))
        #expect(!draft.json().text().contains("CANARY"))
    }

    @Test("The method of a remote procedure call is a constant; a member of that name elsewhere is not")
    func procedures() throws {
        let draft = try Reading.read(
            #"""
            curl https://api.example.com/rpc --json '{"jsonrpc": "2.0", "method": "user.get", "params": {"id": 7}, "id": 1}'
            curl https://api.example.com/rpc --json '{"jsonrpc": "2.0", "method": "user.delete", "params": {"id": 7}, "id": 2}'
            curl https://api.example.com/payments --json '{"method": "CANARY", "amount": 3}'
            """#, as: .curl)
        _ = try Reading.accepted(draft)
        let get = try #require(draft.endpoint("post_rpc_user_get") ?? draft.endpoint("post_rpc_user.get"))
        #expect(get["request_body"]?["properties"]?["method"] == ["type": "string", "const": "user.get"])
        #expect(get["request_body"]?["properties"]?["jsonrpc"]?["const"] == "2.0")
        #expect(draft.operations.count == 3)
        #expect(!draft.json().text().contains("CANARY"))
    }

    @Test("Requests that their author named keep what tells them apart, and nobody's data")
    func named() throws {
        let draft = try Reading.read(
            #"""
            {"info": {"name": "Bills"}, "item": [
              {"name": "Open bills", "request": {"method": "GET", "url": "https://api.example.com/bills?status=open&customer=CANARYa"}},
              {"name": "Paid bills", "request": {"method": "GET", "url": "https://api.example.com/bills?status=paid&customer=CANARYb"}},
              {"name": "All bills", "request": {"method": "GET", "url": {"raw": "https://api.example.com/bills",
                "query": [{"key": "status", "value": "none", "disabled": true}, {"key": "action", "value": "list", "disabled": true}]}}},
              {"name": "Invoice", "request": {"method": "POST", "url": "https://api.example.com/bills",
                "body": {"mode": "raw", "raw": "{\"type\": \"invoice\", \"name\": \"CANARYc\"}"}}},
              {"name": "Credit", "request": {"method": "POST", "url": "https://api.example.com/bills",
                "body": {"mode": "raw", "raw": "{\"type\": \"credit\", \"name\": \"CANARYd\"}"}}}]}
            """#, as: .postman)
        _ = try Reading.accepted(draft)
        let open = try #require(draft.endpoint("open_bills"))
        #expect(open.parameter("status")?["schema"] == ["type": "string", "default": "open"])
        #expect(open.parameter("customer")?["schema"] == ["type": "string"])
        #expect(draft.endpoint("paid_bills")?.parameter("status")?["schema"]?["default"] == "paid")
        #expect(draft.endpoint("all_bills")?.parameter("status")?["schema"] == ["type": "string"])
        #expect(draft.endpoint("all_bills")?.parameter("action")?["schema"] == ["type": "string"])
        let credit = try #require(draft.endpoint("Credit"))
        #expect(credit["request_body"]?["properties"]?["type"] == ["type": "string", "const": "credit"])
        #expect(!draft.json().text().contains("CANARY"))
    }

    @Test("A value that is a credential elsewhere is no constant")
    func secret() throws {
        let draft = try Reading.read(
            "curl 'https://api.example.com/x?action=CANARYsecretword' -u 'CANARYsecretword:y'", as: .curl)
        #expect(!draft.json().text().contains("CANARY"))
    }

    @Test(
        "An anti-CSRF header is no credential",
        arguments: [
            "X-CSRF-Token", "RequestVerificationToken", "X-Anti-Forgery-Token", "X-Atlassian-Token", "X-WP-Nonce",
        ])
    func antiForgery(name: String) throws {
        let (draft, endpoint) = try Reading.curl("curl https://api.example.com/x -X POST -H '\(name): no-check'")
        #expect(draft.definition["authentication"] == nil)
        let value = endpoint.parameter(name)?["schema"]?["default"]
        #expect(value == (name == "X-Atlassian-Token" ? "no-check" : nil))
    }

    @Test("Older Chrome's curl for the command prompt, with carets inside of quotes")
    func carets() throws {
        let (draft, endpoint) = try Reading.curl(
            #"""
            curl "https://api.example.com/rest/things/9911?a=1^&fields=a^%^2Cb" ^
              -H "content-type: application/json" ^
              -H "x-api-key: CANARY" ^
              --data-raw "^{^\^"name^\^":^\^"CANARY^\^",^\^"tags^\^":^[1^]^}" ^
              --compressed
            """#)
        #expect(endpoint["path"] == "/rest/things/{thing_id}")
        #expect(endpoint.parameter("fields") != nil && endpoint.parameter("a") != nil)
        #expect(endpoint["request_body"]?["properties"]?.object?.keys == ["name", "tags"])
        #expect(draft.definition["authentication"]?["config"] == ["header_name": "x-api-key"])
        let doubled = try Reading.curl(
            #"curl "https://api.example.com/x" -H "Content-Type: application/json" --data-raw "{""a"":""b"",""c"":1}""#)
        #expect(doubled.endpoint["request_body"]?["properties"]?.object?.keys == ["a", "c"])
    }

    @Test("PowerShell's continuation and its quotes")
    func powerShell() throws {
        let (_, endpoint) = try Reading.curl(
            "curl.exe -X POST `\n  https://api.example.com/things `\r\n  -H 'Content-Type: application/json' `\n"
                + "  -d \"{`\"name`\": `\"x`\"}\"\n")
        #expect(endpoint["method"] == "POST" && endpoint["path"] == "/things")
        #expect(endpoint["request_body"]?["properties"]?.object?.keys == ["name"])
    }

    @Test("Files in forms are files: bytes in base64")
    func files() throws {
        let (draft, endpoint) = try Reading.curl(
            "curl https://api.example.com/upload -F title=x -F photo=@CANARY.png -F more=@a.png -F more=@b.png")
        let body = try #require(endpoint["request_body"])
        #expect(body["properties"]?["photo"] == ["type": "string", "contentEncoding": "base64"])
        #expect(body["properties"]?["more"]?["items"] == ["type": "string", "contentEncoding": "base64"])
        #expect(body["encoding"] == ["photo": ["base64": true], "more": ["base64": true]])
        #expect(draft.codes.contains("file_field"))
    }

    @Test("The HAR reader takes no tracker for the API, however much it is called")
    func tracker() throws {
        let trackers = (0..<12).map {
            HARReaderTests.entry(
                "POST", "https://stats.segment.io/v1/a\(UnicodeScalar(97 + UInt8($0)))",
                body: ("application/json", "{}"),
                answer: #"{"success": true, "id": "x", "more": [1]}"#)
        }
        let unknown = ["b", "c", "d", "e"].map {
            HARReaderTests.entry(
                "POST", "https://events.vendor.example.net/\($0)", body: ("application/json", "{}"),
                answer: #"{"status": "ok"}"#)
        }
        let api = ["orders", "users"].map {
            HARReaderTests.entry("GET", "https://api.shop.example.com/v1/\($0)", answer: #"{"items": [{"id": 1}]}"#)
        }
        let page = HARReaderTests.entry(
            "GET", "https://www.example.com/", type: "text/html", answer: "<html>", resource: "document")
        let draft = try Reading.read(HARReaderTests.archive([page] + trackers + unknown + api), as: .har)
        #expect(draft.definition["connection"] == ["base_url": "https://api.shop.example.com"])
        let alone = try Reading.read(HARReaderTests.archive(trackers), as: .har)
        #expect(alone.definition["connection"] == ["base_url": "https://stats.segment.io"])
    }

    @Test("Hosts that cannot be determined are named in the finding")
    func unknownHosts() throws {
        let curl = try Reading.read("curl \"https://me:CANARY@$API_HOST/y\"", as: .curl)
        #expect(curl.findings.contains { $0.code == "url_unreadable" && $0.message.contains("$API_HOST") })
        #expect(!curl.json().text().contains("CANARY"))
        let postman = try Reading.read(
            #"{"info": {"name": "E"}, "item": [{"name": "a", "request": {"url": "{{crm_host}}/a"}}]}"#, as: .postman)
        #expect(postman.findings.contains { $0.code == "base_url_unknown" && $0.message.contains("{{crm_host}}") })
    }

    @Test("A Postman environment beside its collection gives the variables their values, and keeps its secrets")
    func environment() throws {
        let collection = #"""
            {"info": {"name": "E"}, "variable": [{"key": "host", "value": "https://old.example.com"}], "item": [
              {"name": "a", "request": {"url": "{{host}}/{{version}}/a?x={{key}}", "header": [{"key": "X-Api-Key", "value": "{{key}}"}]}}]}
            """#
        let environment = #"""
            {"id": "1", "name": "Live", "_postman_variable_scope": "environment", "values": [
              {"key": "host", "value": "https://crm.example.com/api", "enabled": true},
              {"key": "version", "value": "v2", "enabled": true}, {"key": "off", "value": "CANARYoff", "enabled": false},
              {"key": "key", "value": "CANARYkey99", "type": "secret", "enabled": true}]}
            """#
        #expect(CaptureKind.isPostmanEnvironment(Array(environment.utf8)))
        #expect(!CaptureKind.isPostmanEnvironment(Array(collection.utf8)))
        let draft = try Captures.read(
            Array(collection.utf8), as: .postman, environments: [Array(environment.utf8)])
        _ = try Reading.accepted(draft)
        #expect(draft.definition["connection"] == ["base_url": "https://crm.example.com/api"])
        #expect(draft.operations.map(\.path) == ["/v2/a"])
        #expect(!draft.codes.contains("base_url_unknown"))
        #expect(!draft.json().text().contains("CANARY"))
    }
}
