import Foundation
import NIOHTTP1
import Testing
import Value

@Suite("The penstock command shows no credential", .serialized, .timeLimit(.minutes(4)))
struct ShownSecretTests {
    private static let mark = "canary-7c1e"

    /// One API for each type of authentication, with every credential there is.
    private static func definitions(_ origin: String, tunnel: String) -> [(slug: String, JSON)] {
        func secret(_ name: String) -> JSON { .string("\(mark)-\(name)") }
        func environment(_ name: String) -> JSON { ["from_env": .string("CANARY_\(name)")] }
        let kinds: [(String, JSON, JSONObject)] = [
            ("key", ["type": "api_key", "config": ["header_name": "X-Key", "key": environment("KEY")]], [:]),
            ("bearer", ["type": "bearer_token", "config": ["token": secret("token")]], [:]),
            (
                "basic", ["type": "basic_auth", "config": ["username": secret("user"), "password": secret("pass")]], [:]
            ),
            (
                "headers",
                [
                    "type": "custom_header",
                    "config": [
                        "headers": [
                            ["name": "X-One", "value": secret("one")], ["name": "X-Two", "value": environment("TWO")],
                        ]
                    ],
                ], [:]
            ),
            (
                "oauth",
                [
                    "type": "oauth2",
                    "config": [
                        "client_id": secret("id"), "client_secret": secret("secret"), "grant": "refresh_token",
                        "refresh_token": secret("refresh"), "token_url": .string(origin + "/token"),
                    ],
                ], [:]
            ),
            (
                "password",
                [
                    "type": "oauth2",
                    "config": [
                        "client_id": secret("id"), "grant": "password", "username": secret("user"),
                        "password": secret("pass"), "token_url": .string(origin + "/token"),
                    ],
                ], [:]
            ),
            (
                "url", ["type": "url_secret", "config": ["secret": secret("path")]],
                ["connection": ["base_url": .string(origin + "/catch/{secret}")]]
            ),
            (
                "alerted", ["type": "none"],
                ["alerts": ["webhook_url": "https://hooks.example.com/x", "secret": secret("alerts")]]
            ),
            (
                "cloudflare", ["type": "none"],
                [
                    "connection": ["base_url": "https://crm.example.com"],
                    "tunnel": [
                        "enabled": true, "type": "cloudflare",
                        "access": ["client_id": secret("access"), "client_secret": secret("access secret")],
                    ],
                ]
            ),
        ]
        return kinds.map { slug, authentication, more in
            (
                slug,
                Definitions.api(
                    slug, origin, tunnel: tunnel, endpoints: [Definitions.endpoint("hello", "GET", "/hello")],
                    authentication: authentication, timeout: 2000, more: more)
            )
        }
    }

    @Test("every credential field through every command and output format: none of it is printed")
    func everywhere() async throws {
        let stage = try await Stage.make()
        let token = stage.account.user
        let environment = ["CANARY_KEY": "\(Self.mark)-key", "CANARY_TWO": "\(Self.mark)-two"]
        let folder = try Scratch("definitions")
        let all = Self.definitions(stage.origin.url, tunnel: stage.tunnel.id)
        for (slug, definition) in all { _ = try folder.write("\(slug).json", definition.text()) }
        let secret = try folder.write("secret", "\(Self.mark)-new")
        func run(_ words: String..., sourceLocation: SourceLocation = #_sourceLocation) async throws -> String {
            let ran = try await stage.relay.penstock(words, token: token, environment: environment)
            let shown = ran.output + ran.errors
            #expect(!shown.contains(Self.mark), "\(words): \(shown)", sourceLocation: sourceLocation)
            return shown
        }
        for format in ["table", "json", "yaml"] {
            let more = ["--output", format, "--log-level", "debug"]
            func run(_ words: String...) async throws {
                let ran = try await stage.relay.penstock(words + more, token: token, environment: environment)
                let shown = ran.output + ran.errors
                #expect(!shown.contains(Self.mark), "\(words) \(format): \(shown)")
                if words[1] != "test" { #expect(ran.end == .exit(0), "\(words) \(format): \(shown)") }
            }
            try await run("apis", "apply", "-f", folder.path, "--dry-run")
            try await run("apis", "apply", "-f", folder.path)
            try await run("apis", "apply", "-f", folder.path)
            try await run("apis", "list")
            for (slug, _) in all {
                try await run("apis", "get", slug)
                try await run("credentials", "history", slug)
            }
            try await run("apis", "test", "key")
            try await run("apis", "logs", "key")
            try await run("apis", "summary", "key")
            try await run("credentials", "set", "key", "--from-file", secret)
            try await run("credentials", "rotate", "key", "--from-file", secret)
            try await run("tools", "list")
        }
        try await stage.end()
    }

    @Test("applying the same file twice is unchanged, with its credentials in it or left out, and makes no version")
    func twice() async throws {
        let stage = try await Stage.make()
        let folder = try Scratch("definitions")
        func definition(_ key: JSON?) -> JSON {
            var config: JSONObject = ["header_name": "X-Key"]
            config["key"] = key
            return Definitions.api(
                "twice", stage.origin.url, tunnel: stage.tunnel.id,
                authentication: ["type": "api_key", "config": .object(config)])
        }
        func apply(_ key: JSON?, _ more: String...) async throws -> String {
            let file = try folder.write("twice.json", definition(key).text())
            let ran = try await stage.relay.penstock(
                ["apis", "apply", "-f", file] + more, token: stage.account.user, environment: ["THE_KEY": "k-1"])
            #expect(ran.end == .exit(0), "\(ran)")
            return ran.output
        }
        func version() async throws -> Int? {
            try await stage.relay.send(.GET, "/v1/apis/twice", stage.account.user).json["metadata"]?["version"]?.int
        }
        #expect(try await apply(["from_env": "THE_KEY"]).contains("create twice"))
        for key: JSON? in [["from_env": "THE_KEY"], "k-1", nil] {
            #expect(try await apply(key, "--dry-run") == "twice is unchanged.\n")
            #expect(try await apply(key) == "twice is unchanged.\n")
        }
        #expect(try await version() == 1)
        let history = try await stage.relay.send(.GET, "/v1/apis/twice/credentials", stage.account.user)
        #expect(history.json["items"]?.array?.count == 1, "\(history)")
        let changed = try await apply("k-2")
        #expect(changed.contains("* /authentication/config/key: a credential is set"), "\(changed)")
        #expect(try await version() == 2)
        #expect(try await stage.call("hello", slug: "twice").status == 200)
        #expect(stage.origin.seen.last?.headers["x-key"] == ["k-2"])
        try await stage.end()
    }
}
