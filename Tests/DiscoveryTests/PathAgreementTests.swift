import Captures
import Discovery
import Drafts
import Testing
import Value

@Suite struct PathAgreementTests {
    @Test(
        "A path has one template, be it recorded in a capture or observed by a connector",
        arguments: [
            "/rest/api/3/issue/10001", "/rest/api/3/issue/PROJ-1234/comment/77", "/api/v2/users/42", "/api/42", "/v1/7",
            "/2015-03-31/functions/my-function", "/reports/2026-03", "/reports/2026-03-01.csv", "/users/42.json",
            "/files/a%20b/parts", "/users/me", "/orders/550e8400-e29b-41d4-a716-446655440000/lines/3",
            "/version/2/things/9", "/a/7/8/9", "/invoices/cust_8841/", "/", "/categories/12/items/34.xml/raw",
            "/rest/3/9",
        ])
    func agree(path: String) throws {
        let curl = try Captures.read(Array("curl 'https://crm.corp.example\(path)'".utf8), as: .curl)
        var observed = ObservedCalls(origin: nil)
        observed.add(#"{"method":"GET","path":"\#(path)","decision":"allowed","status":200}"#.utf8)
        observed.finish()
        let template = try #require(observed.calls.first).template
        #expect(curl.operations.map(\.path) == [template])
        // What leaves the connector's machine is a template already, and stays the same.
        #expect(ObservedCalls(json: observed.json)?.calls.map(\.template) == [template])
    }

    @Test("/rest/api/3/issue/10001 is /rest/api/3/issue/{issue_id}")
    func issue() throws {
        let curl = try Captures.read(Array("curl https://jira.corp.example/rest/api/3/issue/10001".utf8), as: .curl)
        #expect(curl.operations.map(\.path) == ["/rest/api/3/issue/{issue_id}"])
    }
}
