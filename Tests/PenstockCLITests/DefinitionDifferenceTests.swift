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
