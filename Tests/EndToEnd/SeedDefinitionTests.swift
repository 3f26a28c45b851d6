import Foundation
import NIOCore
import NIOHTTP1
import Testing
import Value

@Suite("The definition of the product's own description works as it stands", .serialized, .timeLimit(.minutes(4)))
struct SeedDefinitionTests {
    private static let document = "../shared/custom-api-integration.md"

    /// The YAML under "Complete Custom API Configuration"; nil where the document is not there.
    private static let definition: String? = {
        let text = text(of: document)
        guard let heading = text.range(of: "### Complete Custom API Configuration"),
            let start = text.range(of: "```yaml\n", range: heading.upperBound..<text.endIndex),
            let end = text.range(of: "\n```", range: start.upperBound..<text.endIndex)
        else { return nil }
        return String(text[start.upperBound..<end.lowerBound]) + "\n"
    }()

    @Test(
        "penstock applies and tests it, and its endpoints serve calls",
        .enabled(if: definition != nil, "../shared/custom-api-integration.md is not there"))
    func example() async throws {
        let scene = try await TwoRoutes.make(starts: false)
        let origin = scene.origin
        let customer: JSON = ["id": "cust_12345", "name": "John Smith", "email": "j@s.test", "company": "Acme"]
        origin.script("/api/v1/customers/cust_12345") { seen in
            seen.headers["x-api-key"] == ["the-seeds-own-key"] ? .json(customer) : .json([:], status: 401)
        }
        origin.script("/api/v1/customers/search") { seen in
            seen.headers["x-api-key"] == ["the-seeds-own-key"] ? .json([customer]) : .json([:], status: 401)
        }
        let yaml = try #require(Self.definition).replacing("https://crm.mycompany.com", with: origin.url)
        let folder = try Scratch("seed")
        let file = try folder.write("crm.yaml", yaml)
        func penstock(_ arguments: String...) async throws -> (end: ChildProcess.End, output: String, errors: String) {
            try await ChildProcess.run(
                Binaries.penstock, arguments,
                environment: [
                    "PENSTOCK_URL": scene.relay.url, "PENSTOCK_TOKEN": scene.account.user,
                    "PENSTOCK_CA_FILE": try Certificates.shared.get().root, "HOME": folder.path,
                ])
        }
        let applied = try await penstock("apis", "apply", "-f", file)
        #expect(applied.end == .exit(0), "\(applied)")
        // Its reference names somebody else's vault: the key is set beside it.
        expectProblem(
            try await scene.call("my_company_crm", "get_customer", ["customer_id": "cust_12345"]),
            "CREDENTIAL_MISSING", 424)
        let set = try await scene.relay.send(
            .PUT, "/v1/apis/my_company_crm/credentials", scene.account.user, ["key": "the-seeds-own-key"])
        #expect((200..<300).contains(set.status), "\(set)")
        let tested = try await penstock(
            "apis", "test", "my_company_crm", "--confirm", "--arguments",
            #"get_customer={"customer_id": "cust_12345"}"#, "--arguments", #"search_customers={"query": "John Smith"}"#)
        #expect(tested.end == .exit(0), "\(tested)")
        for word in ["reachable", "tls", "authentication", "get_customer", "search_customers", "response_schema"] {
            #expect(tested.output.contains(word), "\(tested)")
        }
        let one = try await scene.call("my_company_crm", "get_customer", ["customer_id": "cust_12345"])
        #expect(one.status == 200 && one.json["data"] == customer, "\(one)")
        let found = try await scene.call("my_company_crm", "search_customers", ["query": "John Smith", "limit": 5])
        #expect(found.status == 200 && found.json["data"] == [customer], "\(found)")
        let body = try JSON.parse(String(buffer: try #require(origin.seen.last).body))
        #expect(body == ["query": "John Smith", "limit": 5])
        origin.script("/api/v1/customers/search") { _ in .json([["id": 7]]) }
        let mismatch = try await scene.call("my_company_crm", "search_customers", ["query": "x"])
        expectProblem(mismatch, "SCHEMA_MISMATCH", 502, stage: "validation", upstream: 200)
        #expect(pointers(mismatch) == ["/0/id"], "\(mismatch)")
        let again = try await penstock("apis", "apply", "-f", file)
        #expect(again.end == .exit(0), "\(again)")
        let listed = try await penstock("tools", "list")
        #expect(listed.end == .exit(0) && listed.output.contains("get_customer"), "\(listed)")
        let called = try await penstock(
            "tools", "call", "custom.my_company_crm.get_customer", #"customer_id=cust_12345"#)
        #expect(called.end == .exit(0) && called.output.contains("John Smith"), "\(called)")
        let shown = try await scene.relay.send(.GET, "/v1/apis/my_company_crm", scene.account.user)
        #expect(shown.json["metadata"]?["status"] == "active", "\(shown)")
        #expect(shown.json["security"]?["rate_limit"]?["requests_per_minute"] == 60)
        try await scene.end()
    }
}
