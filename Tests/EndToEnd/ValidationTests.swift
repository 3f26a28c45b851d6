import NIOCore
import NIOHTTP1
import Testing
import Value

@Suite("Arguments and answers are held against their schemas", .serialized, .timeLimit(.minutes(4)))
struct ValidationTests {
    @Test("Every violation of a request is told by its pointer, without its value, and nothing is sent")
    func violations() async throws {
        let scene = try await TwoRoutes.make(starts: false)
        let endpoint: JSON = [
            "name": "order", "method": "POST", "path": "/orders/{id}",
            "parameters": [
                ["name": "id", "in": "path", "schema": ["type": "string", "pattern": "^o[0-9]+$"]],
                ["name": "limit", "in": "query", "schema": ["type": "integer", "minimum": 1, "maximum": 5]],
                ["name": "day", "in": "query", "schema": ["type": "string", "format": "date"]],
            ],
            "request_body": [
                "type": "object", "required": ["lines"], "additionalProperties": false,
                "properties": [
                    "lines": [
                        "type": "array", "minItems": 1,
                        "items": [
                            "type": "object", "required": ["sku"],
                            "properties": ["sku": ["type": "string"], "count": ["type": "integer"]],
                        ],
                    ], "note": ["type": "string", "maxLength": 5],
                ],
            ],
        ]
        try await scene.apply(.direct, "orders", endpoints: [endpoint])
        func bad(_ arguments: JSON, _ expected: Set<String>) async throws {
            let answer = try await scene.call("orders", "order", arguments)
            expectProblem(answer, "INVALID_REQUEST", 400)
            #expect(Set(pointers(answer)) == expected, "\(answer)")
            #expect(answer.json["sent"] == false)
            #expect(!answer.text.contains("a-secret-value"), "\(answer)")
        }
        try await bad([:], ["/id", "/lines"])
        try await bad(["id": "o1"], ["/lines"])
        try await bad(
            [
                "id": "a-secret-value", "limit": 6, "lines": [["sku": 1], ["count": 1.5]], "note": "a-secret-value",
                "other": "a-secret-value",
            ], ["/id", "/limit", "/lines/0/sku", "/lines/1", "/lines/1/count", "/note", "/other"])
        try await bad(["id": "o1", "lines": []], ["/lines"])
        try await bad(["id": "o1", "lines": [["sku": "a"]], "limit": "3"], ["/limit"])
        try await bad([], [""])
        try await bad("a-secret-value", [""])
        #expect(scene.origin.seen.isEmpty)
        scene.origin.script("/orders/o1") { _ in .json(["done": true]) }
        let good = try await scene.call(
            "orders", "order", ["id": "o1", "limit": 5, "lines": [["sku": "a", "count": 2]], "note": "short"])
        #expect(good.status == 200, "\(good)")
        #expect(scene.origin.seen.last?.target == "/orders/o1?limit=5")
        #expect(
            try JSON.parse(String(buffer: scene.origin.seen.last?.body ?? ByteBuffer()))
                == ["lines": [["sku": "a", "count": 2]], "note": "short"])
        try await scene.end()
    }

    @Test("A response that does not match is an error where strict, a warning where warn, and nothing where off")
    func responses() async throws {
        let scene = try await TwoRoutes.make()
        let endpoint: JSON = [
            "name": "one", "method": "GET", "path": "/one",
            "response_schema": [
                "type": "object", "required": ["id"],
                "properties": ["id": ["type": "string"], "tags": ["type": "array", "items": ["type": "string"]]],
            ],
        ]
        for route in TestRoute.allCases {
            for validation in ["strict", "warn", "off"] {
                let slug = "\(validation)\(route)"
                try await scene.apply(
                    route, slug, endpoints: [endpoint], security: ["validation": .string(validation)])
                scene.origin.script("/one") { _ in .json(["id": "1", "tags": ["a"]]) }
                let good = try await scene.call(slug, "one")
                #expect(good.status == 200 && good.json["warnings"] == [], "\(good)")
                scene.origin.script("/one") { _ in .json(["id": 1, "tags": ["a", "secret-value", 3]]) }
                let wrong = try await scene.call(slug, "one")
                switch validation {
                case "strict":
                    expectProblem(wrong, "SCHEMA_MISMATCH", 502, stage: "validation", upstream: 200)
                    #expect(Set(pointers(wrong)) == ["/id", "/tags/2"], "\(wrong)")
                    #expect(wrong.text.contains("type") && !wrong.text.contains("secret-value"), "\(wrong)")
                    #expect(wrong.json["sent"] == true)
                case "warn":
                    #expect(wrong.status == 200 && wrong.json["data"]?["id"] == 1, "\(wrong)")
                    #expect(wrong.json["warnings"]?.array?.count == 2, "\(wrong)")
                    #expect(wrong.json["warnings"]?.text().contains("/tags/2") == true)
                default:
                    #expect(wrong.status == 200 && wrong.json["warnings"] == [], "\(wrong)")
                }
                scene.origin.script("/one") { _ in
                    .bytes(Array("<html>".utf8), headers: ["content-type": "text/html"])
                }
                let html = try await scene.call(slug, "one")
                #expect(html.status == (validation == "strict" ? 502 : 200), "\(html)")
                if validation == "strict" { expectProblem(html, "SCHEMA_MISMATCH", 502, upstream: 200) }
                // An error keeps its own code, whatever its body.
                scene.origin.script("/one") { _ in .json(["oops": true], status: 500) }
                expectProblem(try await scene.call(slug, "one"), "UPSTREAM_ERROR", 502, upstream: 500)
            }
        }
        try await scene.end()
    }

    @Test("S6, S7: styles and defaults are written as OpenAPI says, and no value leaves its place")
    func styles() async throws {
        let scene = try await TwoRoutes.make(starts: false)
        func parameter(_ name: String, _ place: String, _ schema: JSON, _ more: JSONObject = [:]) -> JSON {
            var parameter: JSONObject = ["name": .string(name), "in": .string(place), "schema": schema]
            for (key, value) in more { parameter[key] = value }
            return .object(parameter)
        }
        let list: JSON = ["type": "array", "items": ["type": "string"]]
        let object: JSON = ["type": "object"]
        let endpoints: [JSON] = [
            [
                "name": "query", "method": "GET", "path": "/search",
                "parameters": [
                    parameter("form", "query", list),
                    parameter("comma", "query", list, ["explode": false]),
                    parameter("space", "query", list, ["style": "spaceDelimited", "explode": false]),
                    parameter("pipe", "query", list, ["style": "pipeDelimited", "explode": false]),
                    parameter("deep", "query", object, ["style": "deepObject", "explode": true]),
                    parameter("exploded", "query", object),
                    parameter("raw", "query", ["type": "string"], ["allowReserved": true]),
                    parameter("page", "query", ["type": "integer", "default": 7]),
                    parameter("flag", "query", ["type": "boolean", "default": false]),
                ],
            ],
            [
                "name": "path", "method": "GET", "path": "/items/{simple}/{label}/{matrix}",
                "parameters": [
                    parameter("simple", "path", list), parameter("label", "path", list, ["style": "label"]),
                    parameter("matrix", "path", object, ["style": "matrix", "explode": true]),
                ],
            ],
            [
                "name": "headers", "method": "GET", "path": "/search",
                "parameters": [
                    parameter("X-Trace", "header", ["type": "string"]), parameter("X-List", "header", list),
                    parameter("theme", "cookie", ["type": "string"]), parameter("size", "cookie", ["type": "integer"]),
                ],
            ],
        ]
        try await scene.apply(.direct, "styles", endpoints: endpoints)
        let query = try await scene.call(
            "styles", "query",
            [
                "form": ["a", "b c"], "comma": ["a", "b,c"], "space": ["a", "b"], "pipe": ["a", "b"],
                "deep": ["x": "1", "y z": "2"], "exploded": ["k": "v&w"], "raw": "a/b?c=d&e",
            ])
        #expect(query.status == 200, "\(query)")
        #expect(
            scene.origin.seen.last?.target
                == "/search?form=a&form=b%20c&comma=a,b%2Cc&space=a%20b&pipe=a%7Cb&deep%5Bx%5D=1&deep%5By%20z%5D=2"
                + "&k=v%26w&raw=a/b?c=d%26e&page=7&flag=false")
        let path = try await scene.call(
            "styles", "path", ["simple": ["a", "b?#%"], "label": ["x", "y"], "matrix": ["k": "v;=w"]])
        #expect(path.status == 200, "\(path)")
        #expect(scene.origin.seen.last?.target == "/items/a,b%3F%23%25/.x,y/;k=v%3B%3Dw")
        let headers = try await scene.call(
            "styles", "headers", ["X-Trace": "é 1", "X-List": ["a", "b"], "theme": "dark", "size": 3])
        #expect(headers.status == 200, "\(headers)")
        #expect(scene.origin.seen.last?.headers["x-trace"] == ["é 1"])
        #expect(scene.origin.seen.last?.headers["x-list"] == ["a,b"])
        #expect(scene.origin.seen.last?.headers["cookie"] == ["theme=dark; size=3"])
        _ = try await scene.call("styles", "headers", ["theme": "a; admin=1\r\nSet: b"])
        #expect(scene.origin.seen.last?.headers["cookie"] == ["theme=a%3B%20admin%3D1%0D%0ASet%3A%20b"])
        let before = scene.origin.seen.count
        let bad: [(String, JSON)] = [
            ("path", ["simple": ["../x"], "label": ["x"], "matrix": [:]]),
            ("path", ["simple": [".."], "label": ["x"], "matrix": [:]]),
            ("path", ["simple": ["a/b"], "label": ["x"], "matrix": [:]]),
            ("path", ["simple": ["a\\b"], "label": ["x"], "matrix": [:]]),
            ("headers", ["X-Trace": "a\r\nX-Evil: 1"]), ("headers", ["X-Trace": "a\nb"]),
            ("headers", ["X-Trace": "a\u{0}b"]),
            ("headers", ["Authorization": "Bearer x"]),
            ("query", ["form": [["nested"]]]),
        ]
        for (endpoint, arguments) in bad {
            let answer = try await scene.call("styles", endpoint, arguments)
            #expect(answer.code == "INVALID_REQUEST" && answer.status == 400, "\(arguments.text()) \(answer)")
        }
        #expect(scene.origin.seen.count == before)
        try await scene.end()
    }

    @Test("S7: forms, multipart, text and base64 bodies arrive as their types say")
    func bodies() async throws {
        let scene = try await TwoRoutes.make(starts: false)
        func endpoint(_ name: String, _ type: String, _ schema: JSONObject) -> JSON {
            var body = schema
            body["content_type"] = .string(type)
            return ["name": .string(name), "method": "POST", "path": "/echo", "request_body": .object(body)]
        }
        let fields: JSONObject = [
            "type": "object",
            "properties": [
                "a b": ["type": "string"], "list": ["type": "array", "items": ["type": "string"]],
                "n": ["type": "integer", "default": 3],
            ],
        ]
        try await scene.apply(
            .direct, "bodies",
            endpoints: [
                endpoint("form", "application/x-www-form-urlencoded", fields),
                endpoint("multipart", "multipart/form-data", fields),
                endpoint("text", "text/plain", ["type": "string"]),
                endpoint("binary", "application/octet-stream", ["type": "string"]),
                endpoint("patch", "application/merge-patch+json", ["type": "object"]),
                ["name": "free", "method": "POST", "path": "/echo"],
            ])
        func send(_ name: String, _ arguments: JSON) async throws -> (type: String, body: [UInt8]) {
            let answer = try await scene.call("bodies", name, arguments)
            #expect(answer.status == 200, "\(name) \(answer)")
            let seen = try #require(scene.origin.seen.last)
            #expect(seen.headers["content-length"] == ["\(seen.bytes)"])
            return (seen.headers.first(name: "content-type") ?? "", Array(seen.body.readableBytesView))
        }
        let form = try await send("form", ["a b": "c&d=é", "list": ["x", "y z"], "n": 4])
        #expect(form.type == "application/x-www-form-urlencoded")
        #expect(String(decoding: form.body, as: UTF8.self) == "a+b=c%26d%3D%C3%A9&list=x&list=y+z&n=4")
        let multipart = try await send("multipart", ["a b": "line 1\r\n--x", "list": ["x"]])
        let boundary = try #require(multipart.type.split(separator: "boundary=").last)
        #expect(multipart.type.hasPrefix("multipart/form-data; boundary="))
        #expect(
            String(decoding: multipart.body, as: UTF8.self)
                == "--\(boundary)\r\nContent-Disposition: form-data; name=\"a b\"\r\n\r\nline 1\r\n--x\r\n"
                + "--\(boundary)\r\nContent-Disposition: form-data; name=\"list\"\r\n\r\nx\r\n--\(boundary)--\r\n")
        let plain = try await send("text", ["body": "two\nlines é"])
        #expect(plain.type.hasPrefix("text/plain") && plain.body == Array("two\nlines é".utf8))
        let binary = try await send("binary", ["body": "AAH/gA=="])
        #expect(binary.type == "application/octet-stream" && binary.body == [0, 1, 255, 128])
        let patch = try await send("patch", ["body": ["any": nil, "x": [1]]])
        #expect(patch.type == "application/merge-patch+json")
        #expect(String(decoding: patch.body, as: UTF8.self) == #"{"any":null,"x":[1]}"#)
        _ = try await send("free", ["body": ["anything", 1]])
        for (name, arguments): (String, JSON) in [
            ("binary", ["body": "no base64!"]), ("text", ["body": 1]), ("multipart", ["n\"\r\nX: y": 1]),
        ] {
            let answer = try await scene.call("bodies", name, arguments)
            #expect(answer.code == "INVALID_REQUEST", "\(name) \(answer)")
        }
        try await scene.end()
    }

    @Test(
        "S8: what frames, routes or identifies a request is no argument: refused in definitions, dropped from raw calls"
    )
    func reservedNames() async throws {
        let scene = try await TwoRoutes.make()
        let names = [
            "Host", "authorization", "Cookie", "Content-Length", "Transfer-Encoding", "Connection", "Keep-Alive",
            "X-Forwarded-For", "x-forwarded-host", "Proxy-Authorization", "X-HTTP-Method-Override", "Upgrade", "TE",
            ":path", "Expect", "X_Forwarded_For", "Forwarded", "Penstock-Anything",
        ]
        for name in names {
            let endpoint = Definitions.endpoint(
                "e", "GET", "/hello", [Definitions.parameter(name, in: "header", required: false)])
            let answer = try await scene.relay.send(
                .POST, "/v1/apis", scene.account.user, scene.definition(.direct, "reserved", endpoints: [endpoint]))
            expectProblem(answer, "INVALID_REQUEST", 400)
            #expect(pointers(answer) == ["/custom_api/endpoints/0/parameters/0/name"], "\(name) \(answer)")
        }
        for route in TestRoute.allCases {
            try await scene.apply(
                route, "raw\(route)", authentication: Definitions.apiKey("a-key-of-sorts"),
                security: ["request_headers": "*"])
            let sent: HTTPHeaders = [
                "cookie": "a=b", "x-forwarded-for": "1.2.3.4", "x-http-method-override": "DELETE", "proxy-x": "1",
                "x-api-key": "mine", "forwarded": "for=1.2.3.4", "x_forwarded_for": "1.2.3.4", "te": "trailers",
                "penstock-deadline": "1", "x-nominated": "1", "connection": "x-nominated, keep-alive", "x-own": "kept",
            ]
            let answer = try await scene.relay.proxy(
                .GET, "raw\(route)", "/hello", token: scene.account.agent, headers: sent)
            #expect(answer.status == 200, "\(answer)")
            let seen = try #require(scene.origin.seen.last)
            #expect(seen.headers["x-own"] == ["kept"])
            #expect(seen.headers["x-api-key"] == ["a-key-of-sorts"])
            #expect(seen.headers["host"] == ["localhost:\(scene.origin.port)"])
            for name in sent.map(\.name) where !["x-own", "x-api-key", "connection"].contains(name) {
                #expect(!seen.headers.contains(name: name), "\(name) \(seen.headers)")
            }
        }
        try await scene.end()
    }
}
