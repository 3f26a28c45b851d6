import EgressPolicy
import Foundation
import Registry
import Testing
import Value
import YAML

/// The definition that the product's description shows in full, read as it stands there.
@Suite("The documented definition", .enabled(if: SeedDefinition.text != nil, "the description is not there"))
struct SeedDefinitionTests {
    @Test("it reads without faults, for its own user and for any other")
    func reads() throws {
        let document = try YAML.parse(try #require(SeedDefinition.text))
        for (user, api) in [("user_xyz", "api_abc123"), ("usr_1", "api_1")] {
            let context = DefinitionContext(user: user, api: api, tunnels: [])
            let definition = try CustomAPIDefinition(document, context: context)
            #expect(definition.name == "My Company CRM" && definition.slug == "my_company_crm")
            #expect(definition.secrets.isEmpty && definition.secretFields == ["key"])
            #expect(
                definition.stored["authentication"]?["config"]
                    == ["header_name": "X-API-Key", "key": "vault://users/\(user)/apis/\(api)/key"])
        }
    }

    @Test("it compiles to what it says")
    func compiles() throws {
        let document = try YAML.parse(try #require(SeedDefinition.text))
        let api = try Definitions.compile(document.root)
        #expect(api.route == .direct(APIRoute.TLS()) && api.retries == 3 && api.timeout == .seconds(30))
        #expect(api.limits == CallLimits(perMinute: 60, perDay: 10000) && api.addresses == nil)
        let search = try #require(api.endpoint(named: "search_customers"))
        #expect(search.body == .properties(["query", "limit"], isOpen: false))
        #expect(search.responseSchema?.mismatches(of: [["id": "cust_1", "email": "a@b"]]).isEmpty == true)
        #expect(search.responseSchema?.mismatches(of: [["id": 1]]).map { "\($0.pointer)" } == ["/0/id"])
        #expect(try api.allowlist.allows(api.base.origin, RequestTarget("/api/v1/customers/1")))
    }
}

@Suite("The definition reference")
struct DefinitionReferenceTests {
    @Test("its example reads without faults, but for the secret that the command puts in")
    func example() throws {
        let document = try YAML.parse(try #require(DefinitionReference.text))
        let error = #expect(throws: DefinitionError.self) {
            try CustomAPIDefinition(document, context: Definitions.context)
        }
        #expect(error?.faults.map { "\($0.pointer)" } == ["/authentication/config/key"])
    }
}

enum SeedDefinition {
    /// The YAML under "Complete Custom API Configuration"; nil where the description is not beside the repository.
    static let text = example(in: "../shared/custom-api-integration.md", below: "### Complete Custom API Configuration")
}

enum DefinitionReference {
    static let text = example(in: "docs/definitions.md", below: "# Defining an API")
}

/// The first YAML below a heading of a page, whose path counts from the repository.
private func example(in path: String, below title: String) -> String? {
    let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    let page = repository.appending(path: path)
    guard let text = try? String(contentsOf: page, encoding: .utf8), let heading = text.range(of: title),
        let start = text.range(of: "```yaml\n", range: heading.upperBound..<text.endIndex),
        let end = text.range(of: "```", range: start.upperBound..<text.endIndex)
    else { return nil }
    return String(text[start.upperBound..<end.lowerBound])
}
