import Foundation
import NIOCore
import NIOHTTP1
import Testing
import Value

@Suite("A marked secret is nowhere but at the origin", .serialized, .timeLimit(.minutes(4)))
struct CanaryTests {
    /// A secret to look for, and a definition that sends it.
    private struct Canary: Sendable {
        let slug: String
        let authentication: JSON
        let secrets: [String]
        var path = ""
        var more: JSONObject = [:]
    }

    private static func mark(_ name: String) -> String {
        "canary-\(name)-" + UUID().uuidString.replacing("-", with: "").lowercased()
    }

    private static func canaries(_ route: TestRoute, issuer: TestOrigin) -> [Canary] {
        func canary(
            _ name: String, _ type: String, path: String = "", more: JSONObject = [:],
            _ config: (String) -> (JSONObject, [String])
        ) -> Canary {
            let (object, secrets) = config(mark(name))
            return Canary(
                slug: name + route.rawValue, authentication: ["type": .string(type), "config": .object(object)],
                secrets: secrets, path: path, more: more)
        }
        let awkward = "+/ \"\\<&%"
        let token = mark("token")
        issuer.script("/token-\(route)") { _ in .json(["access_token": .string(token), "token_type": "Bearer"]) }
        var all = [
            canary("header", "api_key") {
                (["header_name": "X-API-Key", "key": .string($0 + awkward)], [$0 + awkward])
            },
            canary("query", "api_key") { (["query_name": "k", "key": .string($0 + awkward)], [$0 + awkward]) },
            canary("cookie", "api_key") { (["cookie_name": "session", "key": .string($0 + "+/")], [$0 + "+/"]) },
            canary("bearer", "bearer_token") { (["token": .string($0)], [$0]) },
            canary("basic", "basic_auth") {
                (
                    ["username": .string("user-" + $0), "password": .string($0 + awkward)],
                    [$0 + awkward, "user-\($0):\($0)\(awkward)"]
                )
            },
            canary("custom", "custom_header") {
                (["headers": [["name": "X-Custom-Auth", "value": .string($0 + awkward)]]], [$0 + awkward])
            },
            canary("urlpath", "url_secret", path: "/{secret}") { (["secret": .string($0 + "+ ")], [$0 + "+ "]) },
            canary("urlquery", "url_secret", path: "?sig={secret}") {
                (["secret": .string($0 + awkward)], [$0 + awkward])
            },
            canary("oauth", "oauth2") {
                (
                    [
                        "client_id": .string("id-" + $0), "client_secret": .string($0 + awkward),
                        "token_url": .string("\(issuer.url)/token-\(route)"),
                    ], [token, $0 + awkward]
                )
            },
        ]
        if route == .direct {
            let access = mark("access")
            all.append(
                Canary(
                    slug: "cloudflare", authentication: ["type": "none"], secrets: [access],
                    more: [
                        "tunnel": [
                            "enabled": true, "type": "cloudflare",
                            "access": ["client_id": .string("id." + access), "client_secret": .string(access)],
                        ]
                    ]))
        }
        return all
    }

    /// An answer with everything that was sent, in every place and in many spellings.
    private static func echo(_ seen: TestOrigin.Seen, status: String) -> TestOrigin.Reply {
        let sent = [seen.target] + seen.headers.map { "\($0.name): \($0.value)" }
        let all = sent.joined(separator: " ; ")
        let data = Data(all.utf8)
        let body: JSON = [
            "sent": .array(sent.map { .string($0) }), "base64": .string(data.base64EncodedString()),
            "base64 at another place": .string(Data(("x" + all).utf8).base64EncodedString()),
            "base64 at a third": .string(Data(("xx" + all).utf8).base64EncodedString()),
            "hex": .string(data.map { String(format: "%02x", $0) }.joined()),
            "percent": .string(all.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? ""),
            "decoded": .string(all.removingPercentEncoding ?? all),
        ]
        let text = body.text()
        let fields = ["x-request-id", "etag", "link", "x-leak", "set-cookie", "location", "www-authenticate"]
            .map { "\($0): \(all)\r\n" }.joined()
        return .raw(
            "HTTP/1.1 \(status) \(all)\r\ncontent-type: application/json\r\nconnection: close\r\n\(fields)"
                + "content-length: \(text.utf8.count)\r\n\r\n\(text)")
    }

    /// The spellings under which a secret could be seen.
    private static func spellings(_ secret: String) -> Set<String> {
        let data = Data(secret.utf8)
        var texts: Set<String> = [
            secret, data.map { String(format: "%02x", $0) }.joined(), data.map { String(format: "%02X", $0) }.joined(),
            secret.addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "",
            secret.addingPercentEncoding(withAllowedCharacters: .urlQueryAllowed) ?? "",
            String(JSON.string(secret).text().dropFirst().dropLast()),
            // The mark alone is spelt alike in most of them.
            String(secret.prefix { $0.isLetter || $0.isNumber || $0 == "-" }),
        ]
        // Encoded too: where a part of a URL is encoded first, the mark still stands in it as it is.
        let mark = Data(secret.utf8.prefix { $0 != UInt8(ascii: "+") && $0 != UInt8(ascii: " ") })
        for offset in 0..<3 {
            for part in [data, mark] {
                let text = (Data(repeating: 0, count: offset) + part).base64EncodedString()
                texts.insert(String(text.dropFirst(4).dropLast(4)))
            }
        }
        return texts
    }

    private static let endpoints: [JSON] = [
        Definitions.endpoint("hello", "GET", "/hello"), Definitions.endpoint("fail", "GET", "/fail"),
        Definitions.endpoint("never", "GET", "/never"),
        [
            "name": "mismatch", "method": "GET", "path": "/hello",
            "response_schema": ["type": "object", "required": ["id"], "additionalProperties": false],
        ],
        [
            "name": "refused", "method": "POST", "path": "/refused",
            "request_body": ["type": "object", "properties": ["a": ["type": "integer"]]],
        ],
    ]

    @Test(
        "C4, C5: every type of credential, success, error, timeout and mismatch, at level debug: the secret is nowhere",
        arguments: TestRoute.allCases)
    func everywhere(route: TestRoute) async throws {
        let issuer = try await TestOrigin(tls: Certificates.shared.get())
        let scene = try await TwoRoutes.make(allow: [TestConnector.allow(issuer.url)], starts: false)
        let relay = scene.relay
        try await relay.stop()
        try await relay.start(logLevel: "debug")
        if route == .tunnel { try await scene.connector.start(logLevel: "debug") }
        let canaries = Self.canaries(route, issuer: issuer)
        for canary in canaries {
            let secret = canary.path.hasPrefix("/") ? canary.secrets[0] : ""
            let prefix =
                secret.isEmpty
                ? "" : "/" + (secret.addingPercentEncoding(withAllowedCharacters: .alphanumerics.union(["-"])) ?? "")
            scene.origin.script(prefix + "/hello") { Self.echo($0, status: "200") }
            scene.origin.script(prefix + "/fail") { Self.echo($0, status: "500") }
            scene.origin.script(prefix + "/refused") { Self.echo($0, status: "401") }
            scene.origin.script(prefix + "/never") { _ in .never }
            try await scene.apply(
                route, canary.slug, scene.origin.url + canary.path, endpoints: Self.endpoints,
                authentication: canary.authentication, timeout: 5000,
                security: ["validation": "strict"], more: canary.more)
        }
        let answers = try await withThrowingTaskGroup(of: [(String, Answer)].self) { group in
            for canary in canaries {
                group.addTask {
                    var answers: [(String, Answer)] = []
                    for endpoint in ["hello", "fail", "mismatch", "refused", "never"] {
                        answers.append(("\(canary.slug) \(endpoint)", try await scene.call(canary.slug, endpoint)))
                    }
                    for (method, path) in [(HTTPMethod.GET, "/hello"), (.GET, "/fail"), (.POST, "/refused")] {
                        answers.append(
                            (
                                "\(canary.slug) raw \(path)",
                                try await relay.proxy(method, canary.slug, path, token: scene.account.agent)
                            ))
                    }
                    for path in ["", "/logs", "/summary", "/credentials", "/alerts", "/drift"] {
                        answers.append(
                            (
                                "\(canary.slug)\(path)",
                                try await relay.send(.GET, "/v1/apis/\(canary.slug)\(path)", scene.account.user)
                            ))
                    }
                    answers.append(
                        (
                            "\(canary.slug):test",
                            try await relay.send(
                                .POST, "/v1/apis/\(canary.slug):test", scene.account.user, ["confirm": true])
                        ))
                    return answers
                }
            }
            return try await group.reduce(into: []) { $0 += $1 }
        }
        for (name, answer) in answers {
            let codes = [
                "fail": "UPSTREAM_ERROR", "mismatch": "SCHEMA_MISMATCH", "refused": "AUTHENTICATION_FAILED",
                "never": "TIMEOUT",
            ]
            if let code = name.split(separator: " ").last.flatMap({ codes[String($0)] }), !name.contains("raw") {
                #expect(answer.code == code, "\(name) \(answer)")
            } else if !name.contains("raw") {
                #expect(answer.status == 200, "\(name) \(answer)")
            }
        }
        var places = answers.map { ($0.0, "\($0.1.headers)\n\($0.1.text)") }
        places.append(("the metrics", try await relay.metrics()))
        for path in ["/v1/apis", "/v1/tools"] {
            places.append((path, try await relay.send(.GET, path, scene.account.user).text))
        }
        try await scene.end()
        places.append(("audit export", try await relay.auditRecords().map { $0.text() }.joined(separator: "\n")))
        for folder in [relay.folder.path, scene.connector.folder.path] {
            for name in FileManager.default.enumerator(atPath: folder)?.allObjects as? [String] ?? [] {
                let bytes = FileManager.default.contents(atPath: folder + "/" + name) ?? Data()
                places.append((name, String(decoding: bytes, as: UTF8.self)))
            }
        }
        for canary in canaries {
            let first = canary.secrets[0]
            let mark = String(first.prefix { $0.isLetter || $0.isNumber || $0 == "-" })
            let reached = scene.origin.seen.contains { seen in
                let all = "\(seen.target)\n" + seen.headers.map { $0.value }.joined(separator: "\n")
                let encoded = seen.headers["authorization"].compactMap { $0.split(separator: " ").last }
                    .compactMap { Data(base64Encoded: String($0)) }.map { String(decoding: $0, as: UTF8.self) }
                return (all + encoded.joined()).contains(mark)
            }
            #expect(reached, "\(canary.slug) never reached the origin")
            for secret in canary.secrets {
                for spelling in Self.spellings(secret) where spelling.utf8.count > 15 {
                    // The connector's own file names the paths it calls, as its owner may want to see them.
                    for (place, text) in places
                    where !(canary.slug == "urlpathtunnel" && place == "connector-audit.jsonl") {
                        #expect(!text.contains(spelling), "\(canary.slug): \(spelling) in \(place)")
                    }
                }
            }
        }
        try await issuer.close()
    }

    @Test(
        "C5: an echo split over chunks, or in gzip, is taken out before the agent sees it",
        arguments: TestRoute.allCases)
    func streams(route: TestRoute) async throws {
        let scene = try await TwoRoutes.make(starts: route == .tunnel)
        let key = Self.mark("stream")
        try await scene.apply(
            route, "echo",
            endpoints: [Definitions.endpoint("gated", "GET", "/gated"), Definitions.endpoint("zip", "GET", "/zip")],
            authentication: Definitions.apiKey(key))
        let agent = scene.account.agent
        for isTool in [false, true] {
            for hasLength in [false, true] {
                async let answering =
                    isTool ? scene.call("echo", "gated") : scene.relay.proxy(.GET, "echo", "/gated", token: agent)
                let gate = try await scene.origin.nextGate()
                let text = "before \(key) between \(key.uppercased().lowercased()) after"
                try await gate.head(
                    200,
                    hasLength
                        ? ["content-type": "text/plain", "content-length": "\(text.utf8.count)"]
                        : ["content-type": "text/plain"])
                for character in text { try await gate.send(String(character)) }
                try await gate.finish()
                let answer = try await answering
                #expect(answer.status == 200, "\(answer)")
                let body = (isTool ? answer.json["data"]?.string : answer.text) ?? ""
                // Of what streams up to three bytes of a secret may have left before it could be known for one.
                let told = ["", "c", "ca", "can"]
                let hole = { (prefix: String) in
                    hasLength && !isTool
                        ? prefix + String(repeating: "*", count: key.utf8.count - prefix.count) : prefix + "[redacted]"
                }
                let allowed = told.flatMap { first in
                    told.map { "before \(hole(first)) between \(hole($0)) after" }
                }
                #expect((isTool ? Array(allowed.prefix(1)) : allowed).contains(body), "\(answer)")
            }
        }
        let zipped = try await FaultZooTests.gzipped(String(repeating: "x", count: 5000) + key + " end")
        scene.origin.script("/zip") { _ in
            .bytes(zipped, headers: ["content-type": "text/plain", "content-encoding": "gzip"])
        }
        let tool = try await scene.call("echo", "zip")
        #expect(tool.json["data"]?.string?.hasSuffix("x[redacted] end") == true, "\(tool)")
        let raw = try await scene.relay.proxy(.GET, "echo", "/zip", token: agent)
        #expect(raw.text.hasSuffix("x[redacted] end"), "\(raw)")
        #expect(!raw.headers.contains(name: "content-encoding"))
        try await scene.end()
    }
}
