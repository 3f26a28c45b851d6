import EgressPolicy
import Testing
import Value

@testable import PenstockCLI

@Suite("what apply shows before it writes")
struct DefinitionDifferenceTests {
    private let stored: JSON = [
        "id": "api_1", "slug": "crm", "name": "CRM", "metadata": ["version": 3],
        "connection": ["base_url": "https://crm.example.com", "timeout_ms": 30000],
        "authentication": [
            "type": "api_key", "config": ["header_name": "X-Key", "key": "vault://users/u/apis/a/key"],
        ],
        "endpoints": [
            ["name": "get", "method": "GET", "path": "/a"], ["name": "list", "method": "GET", "path": "/b"],
        ],
    ]

    @Test("what was read back and not edited differs in nothing")
    func same() {
        #expect(DefinitionDifference(from: stored, to: stored).isEmpty)
        #expect(DefinitionDifference(from: stored, to: ["custom_api": stored]).isEmpty)
    }

    @Test("a changed value, a new endpoint in front and one that is gone are one line each")
    func changes() throws {
        var object = try #require(stored.object)
        object["connection"] = ["base_url": "https://crm.example.com", "timeout_ms": 10000]
        object["endpoints"] = [
            ["name": "search", "method": "POST", "path": "/s"], ["name": "get", "method": "GET", "path": "/a2"],
        ]
        #expect(
            DefinitionDifference(from: stored, to: .object(object)).lines == [
                "~ /connection/timeout_ms: 30000 → 10000", "+ /endpoints/search: {3 members}",
                "~ /endpoints/get/path: \"/a\" → \"/a2\"", "- /endpoints/list: {3 members}",
            ])
    }

    /// Definitions that hold a credential in every place there is, marked with the name of its member.
    private static func marked(_ key: CredentialKey) -> [JSON] {
        let value = JSON.string("canary-\(key.rawValue)")
        func with(_ part: String, _ content: JSON) -> JSON { ["name": "CRM", part: content] }
        let member = JSON.object([key.rawValue: value])
        return [
            with("authentication", ["type": "x", "config": member]), with("authentication", member),
            with("authentication", ["type": "x", "config": ["headers": [["name": "X-Key", key.rawValue: value]]]]),
            with("authentication", ["type": "x", "config": ["headers": [member]]]),
            with("authentication", ["type": "all", "of": [["type": "x", "config": member]]]),
            with("tunnel", ["type": "cloudflare", "access": member]), with("alerts", member),
            with("connection", member), with("authentication", ["config": [key.rawValue: ["secret": value]]]),
            // Written where it does not belong, mistyped, or beside the part it belongs to.
            with("authentication", ["config": [key.rawValue + "x": value]]), with("config", member),
            with(key.rawValue, value), with("auth", member), with("authentication", value),
            with("authentication", ["config": value]), with("authentication", ["config": ["headers": value]]),
            with("authentication", ["config": ["headers": [value]]]),
            with("connection", ["base_url": .string("https://me:canary-\(key.rawValue)@crm.example")]),
            with("alerts", ["webhook_url": .string("https://crm.example/?k=canary-\(key.rawValue)")]),
        ]
    }

    @Test(
        "no difference shows a credential, wherever it is written and whatever was there",
        arguments: CredentialKey.allCases)
    func everyCredential(_ key: CredentialKey) throws {
        let olds: [JSON?] =
            [nil, stored, ["name": "CRM"]]
            + Self.marked(key).map { stored in
                // The same place as the relay shows it.
                try? JSON.parse(stored.text().replacing("canary-", with: "vault://users/u/apis/a/"))
            }
        for new in Self.marked(key) {
            for old in olds {
                let lines = DefinitionDifference(from: old, to: new).lines
                #expect(!lines.joined().contains("canary-"), "\(new.text()): \(lines)")
            }
        }
    }

    @Test("a text that came out of a variable or a file is not shown, whatever it is for")
    func filled() throws {
        var object = try #require(stored.object)
        object["description"] = "from a variable"
        object["security"] = ["url_allowlist": ["https://crm.example.com/*", "from a file"]]
        let difference = DefinitionDifference(
            from: stored, to: .object(object), hidden: ["from a variable", "from a file"])
        #expect(difference.lines == ["+ /description: (not shown)", "+ /security/url_allowlist: (not shown)"])
    }

    @Test("a credential that is left out and kept is no difference, in both spellings of its reference")
    func leftOut() throws {
        for config: JSON in [
            ["header_name": "X-Key"], ["header_name": "X-Key", "key_vault_ref": "vault://users/u/apis/a/key"],
        ] {
            var object = try #require(stored.object)
            object["authentication"] = ["type": "api_key", "config": config]
            #expect(DefinitionDifference(from: stored, to: .object(object)).lines == [])
        }
        var other = try #require(stored.object)
        other["authentication"] = ["type": "none"]
        #expect(
            DefinitionDifference(from: stored, to: .object(other)).lines.contains(
                "- /authentication/config/key: \"vault://users/u/apis/a/key\""))
    }

    @Test("C8: a plain secret is named and never shown, new or in place of a reference")
    func secrets() throws {
        var object = try #require(stored.object)
        object["authentication"] = ["type": "api_key", "config": ["header_name": "X-Key", "key": "canary-1"]]
        for old in [stored, nil] {
            let lines = DefinitionDifference(from: old, to: .object(object)).lines
            #expect(lines.contains("* /authentication/config/key: a credential is set"))
            #expect(!lines.joined().contains("canary-1"))
        }
    }
}
