import Captures
import Drafts
import Testing
import Value

@Suite struct HARReaderTests {
    /// One entry as Chromium writes it.
    static func entry(
        _ method: String = "GET", _ url: String, headers: [(String, String)] = [],
        body: (type: String, text: String)? = nil,
        status: Int = 200, type: String = "application/json; charset=utf-8", answer: String = "",
        encoding: String? = nil,
        resource: String = "xhr"
    ) -> JSON {
        var content: JSONObject = ["size": 10, "mimeType": .string(type), "text": .string(answer)]
        if let encoding { content["encoding"] = .string(encoding) }
        var request: JSONObject = [
            "method": .string(method), "url": .string(url), "httpVersion": "http/2.0",
            "headers": .array(
                ([
                    (":authority", "x"), (":method", method), ("cookie", "sid=CANARYcookie; theme=dark"),
                    ("user-agent", "Mozilla/5.0"), ("sec-fetch-mode", "cors"),
                ] + headers).map {
                    ["name": .string($0.0), "value": .string($0.1)]
                }), "queryString": [], "cookies": [["name": "sid", "value": "CANARYcookie"]], "headersSize": -1,
            "bodySize": 0,
        ]
        if let body { request["postData"] = ["mimeType": .string(body.type), "text": .string(body.text)] }
        return [
            "_initiator": ["type": "script"], "_priority": "High", "_resourceType": .string(resource), "cache": [:],
            "connection": "443", "pageref": "page_2", "request": .object(request),
            "response": [
                "status": .number(JSONNumber(status)), "statusText": "",
                "headers": [["name": "set-cookie", "value": "sid=CANARY"]],
                "cookies": [], "content": .object(content), "redirectURL": "", "headersSize": -1, "bodySize": -1,
            ], "serverIPAddress": "203.0.113.7", "startedDateTime": "2026-03-01T10:00:00.000Z", "time": 12.5,
            "timings": ["send": 0.1, "wait": 10, "receive": 2],
        ]
    }

    static func archive(_ entries: [JSON]) -> String {
        let log: JSON = [
            "log": [
                "version": "1.2", "creator": ["name": "WebInspector", "version": "537.36"],
                "pages": [["id": "page_2", "title": "https://app.example.com/CANARY"]], "entries": .array(entries),
            ]
        ]
        return log.text(pretty: true)
    }

    private static let api = "https://api.example.com"
    private static let bearer = [("Authorization", "Bearer eyJCANARY.x.y"), ("X-Workspace", "CANARY-ws")]

    private static func session() -> String {
        archive([
            entry("GET", "https://app.example.com/", type: "text/html", answer: "<html>", resource: "document"),
            entry("GET", "https://app.example.com/app.js", type: "application/javascript", resource: "script"),
            entry("GET", "https://cdn.example.com/logo.png", type: "image/png", encoding: "base64", resource: "image"),
            entry("OPTIONS", "\(api)/v1/users/42", status: 204, type: "x-unknown", resource: "preflight"),
            entry(
                "GET", "\(api)/v1/users/42?expand=team&page=1", headers: bearer,
                answer: #"{"id":42,"name":"CANARY","team":{"id":"0b7a0d5e-6f1a-4a58-9d53-1a2b3c4d5e6f"}}"#),
            entry(
                "GET", "\(api)/v1/users/43?expand=team", headers: bearer,
                answer: #"{"id":43,"name":null,"team":{"id":"1b7a0d5e-6f1a-4a58-9d53-1a2b3c4d5e6f"},"admin":true}"#),
            entry("GET", "\(api)/v1/users/999", headers: bearer, status: 404, answer: #"{"error":"CANARY"}"#),
            entry(
                "POST", "\(api)/v1/users/42/notes", headers: bearer,
                body: ("application/json", #"{"text":"CANARY","pinned":false}"#), status: 201,
                answer: "eyJpZCI6IjdmM2E5YjJjMWQ0ZThmNjAiLCJhdCI6IjIwMjYtMDMtMDEifQ==", encoding: "base64"),
            entry(
                "POST", "\(api)/v1/users/42/notes", headers: bearer,
                body: ("application/json", #"{"text":"b","pinned":true,"color":"red"}"#), status: 201),
            entry("DELETE", "\(api)/v1/notes/7f3a9b2c1d4e8f60", headers: bearer, status: 204, type: "x-unknown"),
            entry("GET", "\(api)/v1/reports/2026-03-01.csv", headers: bearer, type: "text/csv", resource: "fetch"),
            entry(
                "POST", "https://telemetry.example.net/v1/collect", body: ("text/plain", "CANARY"), status: 204,
                type: "", resource: "ping"),
            entry("POST", "https://metrics.example.org/i", body: ("application/json", "{}"), answer: "{}"),
            entry("GET", "data:image/png;base64,CANARY", type: "image/png", resource: "image"),
        ])
    }

    @Test("A browser's archive becomes the endpoints of its API, and nothing else")
    func session() throws {
        let draft = try Reading.read(Self.session(), as: .har)
        _ = try Reading.accepted(draft)
        #expect(draft.definition["connection"] == ["base_url": "https://api.example.com"])
        #expect(draft.definition["name"] == "API at api.example.com")
        #expect(draft.definition["authentication"] == ["type": "bearer_token", "config": [:]])
        #expect(draft.version == "1.2")
        #expect(
            draft.operations.map { "\($0.method) \($0.path)" } == [
                "GET /v1/users/{user_id}", "POST /v1/users/{user_id}/notes", "DELETE /v1/notes/{note_id}",
                "GET /v1/reports/{report_id}.csv",
            ])
        #expect(Set(["other_host", "no_api_call", "entry_unreadable", "inferred"]).isSubset(of: draft.codes))
        #expect(draft.findings.first { $0.code == "no_api_call" }?.message.hasPrefix("6 requests") == true)
        #expect(draft.operations[0].pointer?.description == "/log/entries/4")
    }

    @Test("Calls of one path are samples of its parameters, bodies and answers")
    func samples() throws {
        let draft = try Reading.read(Self.session(), as: .har)
        let user = try #require(draft.endpoint("get_v1_users_user_id"))
        #expect(
            user["parameters"] == [
                ["name": "user_id", "in": "path", "required": true, "schema": ["type": "integer"]],
                ["name": "expand", "in": "query", "required": true, "schema": ["type": "string"]],
                ["name": "page", "in": "query", "schema": ["type": "integer"]],
                ["name": "X-Workspace", "in": "header", "required": true, "schema": ["type": "string"]],
            ])
        #expect(user["response_schema"]?["required"] == ["id", "name", "team"])
        #expect(user["response_schema"]?["properties"]?["name"] == ["type": ["string", "null"]])
        let note = try #require(draft.endpoint("post_v1_users_user_id_notes"))
        #expect(
            note["request_body"] == [
                "type": "object",
                "properties": [
                    "text": ["type": "string"], "pinned": ["type": "boolean"], "color": ["type": "string"],
                ], "required": ["text", "pinned"],
            ])
        #expect(note["response_schema"]?["properties"]?["at"] == ["type": "string", "format": "date"])
    }

    @Test("No cookie, token, answer or address of an archive is in its draft")
    func secrecy() throws {
        let text = try Reading.read(Self.session(), as: .har).json().text()
        for secret in ["CANARY", "eyJ", "203.0.113.7", "7f3a9b", "Mozilla"] { #expect(!text.contains(secret)) }
    }

    @Test("A browser session without a header is told to be one")
    func cookies() throws {
        let draft = try Reading.read(Self.archive([Self.entry("GET", "\(Self.api)/me", answer: "{}")]), as: .har)
        #expect(draft.definition["authentication"] == ["type": "api_key", "config": ["cookie_name": "sid"]])
        #expect(draft.codes.contains("session_cookie"))
        _ = try Reading.accepted(draft)
    }

    @Test("Requests that were recorded without answers are calls, pictures and scripts aside")
    func requestsAlone() throws {
        let draft = try Reading.read(
            #"""
            {"log": {"version": "1.2", "creator": {}, "entries": [
              {"request": {"method": "get", "url": "https://api.example.com/a?x=1"}},
              {"request": {"method": "POST", "url": "https://api.example.com/b", "postData": {"mimeType": "application/x-www-form-urlencoded", "params": [{"name": "f", "value": "CANARY"}]}}},
              {"request": {"method": "GET", "url": "https://api.example.com/logo.PNG"}}]}}
            """#, as: .har)
        _ = try Reading.accepted(draft)
        #expect(draft.operations.map { "\($0.method) \($0.path)" } == ["GET /a", "POST /b"])
        #expect(draft.endpoint("post_b")?["request_body"]?["properties"] == ["f": ["type": "string"]])
    }

    @Test("Words that vary in one segment are a parameter where the answers are alike, and not where they differ")
    func varying() throws {
        let repository = #"{"id": 1, "name": "x", "owner": {"login": "y"}}"#
        let other = ["users", "teams", "plans"].map {
            Self.entry("GET", "\(Self.api)/\($0)", answer: #"{"\#($0)": [{"id": 1, "a_\#($0)": 2, "b": 3}]}"#)
        }
        let draft = try Reading.read(
            Self.archive(
                ["apple/swift", "vapor/vapor", "hummingbird-project/hummingbird", "apple/swift-nio"].map {
                    Self.entry("GET", "\(Self.api)/repos/\($0)", answer: repository)
                } + other), as: .har)
        _ = try Reading.accepted(draft)
        #expect(draft.operations.map(\.path).contains("/users"))
        #expect(draft.operations.map(\.path) == ["/repos/{repo_id}/{id}", "/users", "/teams", "/plans"])
    }

    @Test("Kinds of things behind a version are not one thing, be their answers alike")
    func kinds() throws {
        let draft = try Reading.read(
            Self.archive(
                ["v1/users", "v1/admins", "v1/guests", "v1/staff/7"].map {
                    Self.entry("GET", "\(Self.api)/\($0)", answer: #"{"id": 1, "name": "x", "mail": "y"}"#)
                }), as: .har)
        #expect(draft.operations.map(\.path) == ["/v1/users", "/v1/admins", "/v1/guests", "/v1/staff/{staff_id}"])
    }

    @Test("One owner's repositories are one endpoint")
    func varyingLast() throws {
        let repository = #"{"id": 1, "name": "x", "owner": {"login": "y"}}"#
        let draft = try Reading.read(
            Self.archive(
                ["swift", "vapor", "nio"].map {
                    Self.entry("GET", "\(Self.api)/repos/\($0)?full=1", answer: repository)
                }), as: .har)
        _ = try Reading.accepted(draft)
        #expect(draft.operations.map(\.path) == ["/repos/{repo_id}"])
        #expect(draft.endpoint("get_repos_repo_id")?.parameter("full")?["required"] == true)
    }

    @Test("I: wrong types everywhere, broken bodies, huge archives: a draft or an error, in bounded work")
    func hostile() throws {
        for text in ["", "{}", #"{"log": {}}"#, #"{"log": {"entries": 1}}"#, #"{"log": {"entries": ["#] {
            #expect(throws: CaptureError.self) { try Reading.read(text, as: .har) }
        }
        let odd: [JSON] = [
            nil, 1, "x", [], [:], ["request": 1], ["request": ["method": 1, "url": 1]],
            ["request": ["method": "GET", "url": "not a url"], "response": 1],
            [
                "request": ["method": "GET", "url": "https://api.example.com/a", "headers": 1, "postData": 1],
                "response": ["status": "200", "content": 1],
            ],
            Self.entry("BREW", "\(Self.api)/pot", answer: "{}"),
            Self.entry("GET", "\(Self.api)/a//b", answer: "{}"),
            Self.entry("GET", "\(Self.api)/%2e%2e/b", answer: "{}"),
            Self.entry("GET", "\(Self.api)/good", answer: "{broken", encoding: "base64"),
            Self.entry(
                "POST", "\(Self.api)/form",
                body: (
                    "multipart/form-data; boundary=x",
                    "--x\r\nContent-Disposition: form-data; name=\"a\"; filename=\"CANARY\"\r\n\r\nCANARY\r\n--x--"
                ), answer: "{}"),
            Self.entry(
                "POST", "\(Self.api)/deep", body: ("application/json", String(repeating: "[", count: 100_000)),
                answer: String(repeating: "{\"a\":", count: 100_000)),
            Self.entry(
                "GET", "\(Self.api)/q?" + (0..<2000).map { "p\($0)=CANARY" }.joined(separator: "&"), answer: "[]"),
        ]
        let draft = try Reading.read(Self.archive(odd), as: .har)
        _ = try Reading.accepted(draft)
        #expect(!draft.json().text().contains("CANARY"))
        #expect(draft.codes.contains("parameters_cut"))
        let many = (0..<5000).map { Self.entry("GET", "\(Self.api)/w\(String($0, radix: 36))z", answer: "{}") }
        let large = try Reading.read(Self.archive(many), as: .har)
        _ = try Reading.accepted(large)
        #expect(large.operations.count { $0.outcome != .leftOut } == 2000)
    }
}
