import Audit
import Failure
import Foundation
import NIOCore
import NIOHTTP1
import Testing
import Value

@testable import Pipeline

@Suite("Credentials on their way", .timeLimit(.minutes(10)))
struct CredentialTests {
    private static func scratch() -> String {
        FileManager.default.temporaryDirectory.appending(path: "penstock-credential-\(UUID()).db").path
    }

    private func definition(_ authentication: JSON, base: String = "https://api.example.com/v1") -> JSON {
        [
            "name": "API", "slug": "api", "connection": ["base_url": .string(base)],
            "authentication": authentication,
            "endpoints": [["name": "one", "method": "GET", "path": "/one"]],
        ]
    }

    private func call(_ definition: JSON, _ respond: @escaping Bench.Answer) async throws -> (Bench, ToolAnswer) {
        let bench = try Bench(path: Self.scratch(), answer: respond)
        try bench.define(definition)
        var result: ToolAnswer?
        try await bench.run {
            result = try await bench.pipeline.callTool("api", "one", arguments: [:], bench.context())
        }
        return (bench, try #require(result))
    }

    @Test("two credentials are sent at once, and both are scrubbed from the answer")
    func all() async throws {
        let oauth: JSON = [
            "type": "oauth2",
            "config": [
                "client_id": "the-client", "client_secret": "client-secret", "client_auth": "json",
                "token_url": "https://id.example.com/token",
                "token_params": ["audience": "https://api.example.com", "pin": ["value": "hidden-pin"]],
                "token_headers": ["X-Tenant": "t1"],
            ],
        ]
        let key: JSON = ["type": "api_key", "config": ["header_name": "X-Sub-Key", "key": "subscription-key"]]
        let cookie: JSON = ["type": "api_key", "config": ["cookie_name": "sid", "key": "cookie-value"]]
        let (bench, result) = try await call(definition(["type": "all", "of": [oauth, key, cookie]])) { request in
            if request.target == "/token" {
                return answer(200, #"{"access_token":"access-token","token_type":"BearerToken","expires_in":"3600"}"#)
            }
            return answer(200, #"["access-token","subscription-key","cookie-value"]"#)
        }
        #expect(String(decoding: result.data, as: UTF8.self) == #"["[redacted]","[redacted]","[redacted]"]"#)
        let token = try #require(bench.seen.all.first)
        #expect(token.headers["content-type"] == ["application/json"] && token.headers["x-tenant"] == ["t1"])
        guard case .whole(let body) = token.body else {
            Issue.record("no body")
            return
        }
        #expect(
            try JSON.parse(body.readableBytesView) == [
                "grant_type": "client_credentials", "client_id": "the-client", "client_secret": "client-secret",
                "audience": "https://api.example.com", "pin": "hidden-pin",
            ])
        let sent = try #require(bench.seen.all.last)
        #expect(sent.headers["authorization"] == ["Bearer access-token"])
        #expect(sent.headers["x-sub-key"] == ["subscription-key"] && sent.headers["cookie"] == ["sid=cookie-value"])
        #expect(Set(sent.sensitive) == ["authorization", "x-sub-key", "cookie"])
    }

    @Test("Basic with an empty password is the user name and a colon")
    func emptyPassword() async throws {
        let (bench, result) = try await call(
            definition(["type": "basic_auth", "config": ["username": "sk_live_key", "password": ""]])
        ) { _ in answer(200, #"["sk_live_key","c2tfbGl2ZV9rZXk6"]"#) }
        #expect(bench.seen.all.last?.headers["authorization"] == ["Basic c2tfbGl2ZV9rZXk6"])
        #expect(String(decoding: result.data, as: UTF8.self) == #"["[redacted]","[redacted]"]"#)
    }

    private let bearer: JSON = ["type": "bearer_token", "config": ["token": "canary-7f3a-secret"]]

    @Test("C5: a header whose name holds the secret does not reach the agent, in whatever case")
    func headerNames() async throws {
        let bench = try Bench(path: Self.scratch()) { _ in
            answer(
                200, ["ratelimit-CANARY-7f3a-secret": "1", "ratelimit-limit": "2", "content-type": "text/plain"], "x")
        }
        var api = definition(bearer)
        api = .object(JSONObject((api.object ?? [:]).map { ($0.key, $0.value) } + [("security", ["proxy": "open"])]))
        try bench.define(api)
        try await bench.run {
            let request = RawRequest(slug: "api", method: "GET", target: "/one", headers: [:], body: .none)
            try await bench.pipeline.proxy(request, bench.context()) { answer in
                #expect(answer.headers.map { $0.name }.contains("ratelimit-limit"))
                #expect(!answer.headers.contains { $0.name.lowercased().contains("canary") })
            }
        }
    }

    @Test("C5: a secret compressed without a label is withheld, and other archives pass")
    func unlabelled() async throws {
        // gzip of "the key is canary-7f3a-secret" and of "nothing to see".
        let hidden = try #require(
            Base64.decode(
                "H4sIAAAAAAAC/yvJSFXITq1UyCxWSE7MSyyq1DVPM07ULU5NLkotAQCizB0kHQAAAA==".utf8))
        let plain = try #require(Base64.decode("H4sIAAAAAAAC/8vLL8nIzEtXKMlXKE5NBQAIWOOGDgAAAA==".utf8))
        for (body, isHidden) in [(hidden, true), (plain, false)] {
            let bench = try Bench(path: Self.scratch()) { _ in
                InboundResponse(
                    status: 200, headers: ["content-type": "application/octet-stream"],
                    body: .whole(ByteBuffer(bytes: body)), route: .direct)
            }
            try bench.define(definition(bearer))
            try await bench.run {
                do throws(CallFailure) {
                    let result = try await bench.pipeline.callTool("api", "one", arguments: [:], bench.context())
                    #expect(!isHidden)
                    #expect(String(decoding: result.data, as: UTF8.self).contains("H4sI"))
                } catch {
                    #expect(isHidden && error.code == .upstreamError && error.detail.contains("compressed"), "\(error)")
                }
            }
        }
    }

    @Test(
        "Webhooks as documented: with an empty path no slash is added to a URL that has a path or a query",
        arguments: [
            ("https://h.example/catch/{secret}", "", "/catch/s3cr3t"),
            ("https://h.example/catch/{secret}/", "", "/catch/s3cr3t/"),
            ("https://h.example/hook?key={secret}", "", "/hook?key=s3cr3t"),
            ("https://h.example?key={secret}", "", "/?key=s3cr3t"),
            ("https://h.example/catch/{secret}", "?wait=true", "/catch/s3cr3t?wait=true"),
            ("https://h.example/catch/{secret}", "/sub", "/catch/s3cr3t/sub"),
        ])
    func webhooks(base: String, path: String, target: String) async throws {
        let bench = try Bench(path: Self.scratch()) { _ in answer(200, "{}") }
        try bench.define([
            "name": "Hook", "slug": "hook", "connection": ["base_url": .string(base)],
            "authentication": ["type": "url_secret", "config": ["secret": "s3cr3t"]],
            "endpoints": [["name": "post", "method": "POST", "path": .string(path)]],
        ])
        try await bench.run {
            _ = try await bench.pipeline.callTool("hook", "post", arguments: ["body": ["a": 1]], bench.context())
            #expect(bench.seen.all.last?.target == target)
            guard path.isEmpty else { return }
            let raw = RawRequest(slug: "hook", method: "POST", target: "", headers: [:], body: .none)
            try await bench.pipeline.proxy(raw, bench.context()) { _ in }
            #expect(bench.seen.all.last?.target == target)
        }
    }

    @Test("an empty path is the base URL itself, for every kind of credential")
    func emptyPath() async throws {
        let bench = try Bench(path: Self.scratch()) { _ in answer(200, "{}") }
        try bench.define([
            "name": "API", "slug": "api", "connection": ["base_url": "https://h.example/graphql"],
            "authentication": bearer, "endpoints": [["name": "query", "method": "POST", "path": ""]],
        ])
        try await bench.run {
            _ = try await bench.pipeline.callTool("api", "query", arguments: ["body": [:]], bench.context())
            #expect(bench.seen.all.last?.target == "/graphql")
        }
    }

    @Test("Multipart files carry the caller's file name and type")
    func files() async throws {
        let bench = try Bench(path: Self.scratch()) { _ in answer(200, "{}") }
        try bench.define([
            "name": "API", "slug": "api", "connection": ["base_url": "https://h.example"],
            "authentication": bearer,
            "endpoints": [
                [
                    "name": "upload", "method": "POST", "path": "/files",
                    "request_body": [
                        "content_type": "multipart/form-data", "type": "object", "required": ["file"],
                        "properties": [
                            "file": ["type": "string"], "more": ["type": "array", "items": ["type": "string"]],
                            "note": ["type": "string"],
                        ], "additionalProperties": false,
                        "encoding": ["file": ["base64": true], "more": ["base64": true]],
                    ],
                ]
            ],
        ])
        func body(_ arguments: JSON) async throws -> String {
            _ = try await bench.pipeline.callTool("api", "upload", arguments: arguments, bench.context())
            guard case .whole(let bytes) = bench.seen.all.last?.body else { return "" }
            return String(buffer: bytes)
        }
        try await bench.run {
            let named = try await body([
                "file": "aGk=", "file_filename": "r\"1\".pdf", "file_content_type": "application/pdf", "note": "n",
                "more": ["aQ==", "aQ=="], "more_filename": ["a.txt", "b.txt"],
            ])
            #expect(
                named.contains(
                    "name=\"file\"; filename=\"r%221%22.pdf\"\r\nContent-Type: application/pdf\r\n\r\nhi\r\n"))
            #expect(named.contains("name=\"more\"; filename=\"b.txt\"\r\nContent-Type: application/octet-stream"))
            #expect(!named.contains("file_filename") && !named.contains("more_filename"))
            let plain = try await body(["file": "aGk="])
            #expect(plain.contains("name=\"file\"; filename=\"file\"\r\n"))
            for wrong in ["a/b", "..\\x", "a\r\nb", ""] {
                let failure = await #expect(throws: CallFailure.self) {
                    try await body(["file": "aGk=", "file_filename": .string(wrong)])
                }
                #expect(failure?.code == .invalidRequest && failure?.violations.first?.pointer == "/file_filename")
            }
            let failure = await #expect(throws: CallFailure.self) {
                try await body(["file": "aGk=", "file_content_type": "x\r\nX-Evil: 1"])
            }
            #expect(failure?.code == .invalidRequest)
        }
    }

    @Test("A CSRF round trip is possible where a definition asks for it")
    func csrf() async throws {
        let bench = try Bench(path: Self.scratch()) { request in
            guard request.method == "GET" else { return answer(201, "{}") }
            return answer(
                200, ["x-csrf-token": "t-17", "set-cookie": "SAP=1; path=/", "content-type": "text/plain"], "")
        }
        try bench.define([
            "name": "SAP", "slug": "sap", "connection": ["base_url": "https://h.example"],
            "authentication": bearer,
            "endpoints": [
                [
                    "name": "fetch", "method": "GET", "path": "/token",
                    "parameters": [
                        ["name": "x-csrf-token", "in": "header", "schema": ["type": "string", "default": "fetch"]]
                    ],
                    "response_headers": ["x-csrf-token", "set-cookie"],
                ],
                [
                    "name": "create", "method": "POST", "path": "/orders",
                    "parameters": [
                        ["name": "x-csrf-token", "in": "header", "type": "string"],
                        ["name": "SAP", "in": "cookie", "type": "string"],
                    ],
                ],
            ],
        ])
        try await bench.run {
            let fetched = try await bench.pipeline.callTool(
                "sap", "fetch", arguments: ["x-csrf-token": "fetch"], bench.context())
            #expect(bench.seen.all.last?.headers["x-csrf-token"] == ["fetch"])
            #expect(JSON.object(fetched.headers) == ["x-csrf-token": "t-17", "set-cookie": ["SAP=1; path=/"]])
            _ = try await bench.pipeline.callTool(
                "sap", "create", arguments: ["x-csrf-token": "t-17", "SAP": "1", "body": [:]], bench.context())
            #expect(bench.seen.all.last?.headers["x-csrf-token"] == ["t-17"])
            #expect(bench.seen.all.last?.headers["cookie"] == ["SAP=1"])
        }
    }
}
