import Discovery
import Drafts
import EgressPolicy
import Testing
import Value

@Suite struct ObservedCallsTests {
    private let origin = "http://crm.corp.example:8080"

    /// A line as the connector writes it.
    private func line(
        _ method: String, _ path: String, status: Int = 200, origin: String? = nil, decision: String = "allowed"
    ) -> String {
        #"{"time":"2026-03-01T10:00:00.000Z","request_id":"01J","session":"s1","origin":"\#(origin ?? self.origin)","method":"\#(method)","path":"\#(path)","decision":"\#(decision)","rule":0,"address":"10.0.0.7","status":\#(status),"request_bytes":0,"response_bytes":42,"duration_us":900}"#
            + "\n"
    }

    private func calls(_ lines: [String]) throws -> ObservedCalls {
        var calls = ObservedCalls(origin: try Origin(origin))
        calls.add(lines.joined().utf8)
        calls.finish()
        return calls
    }

    @Test func `Calls are counted by method and template, the most frequent first`() throws {
        let calls = try calls([
            line("GET", "/api/users/42"), line("GET", "/api/users/77"), line("PATCH", "/api/users/77"),
            line("GET", "/api/users/77/orders/7f0c9a52-0f57-4c5e-9a55-0d9f1f6f0a11", status: 304),
        ])
        #expect(
            calls.calls.map { "\($0.count) \($0.method) \($0.template)" } == [
                "2 GET /api/users/{user_id}", "1 PATCH /api/users/{user_id}",
                "1 GET /api/users/{user_id}/orders/{order_id}",
            ])
    }

    @Test func `Refused and failed calls, other origins and other methods teach nothing`() throws {
        let calls = try calls([
            line("GET", "/a", status: 404), line("GET", "/b", status: 403, decision: "denied"),
            line("GET", "/c", origin: "http://hr.corp.example"), line("OPTIONS", "/d"), line("GET", "/e", status: 500),
            line("GET", "/f"),
        ])
        #expect(calls.calls.map(\.template) == ["/f"])
    }

    @Test func `Many words below one collection are its members, its places stay`() throws {
        let names = ["ann", "bea", "cem", "dora", "emil", "finn"]
        let calls = try calls(names.map { line("GET", "/users/\($0)/keys") } + [line("GET", "/users/search")])
        #expect(calls.calls.map(\.template) == ["/users/{user_id}/keys", "/users/search"])
        #expect(calls.calls.map(\.count) == [6, 1])
        #expect(!calls.json.text().contains("emil"))
    }

    @Test func `Words below what is no collection stay places`() throws {
        let names = ["users", "orders", "carts", "items", "stores", "prices"]
        #expect(try calls(names.map { line("GET", "/api/\($0)") }).calls.count == 6)
    }

    @Test func `Lines cut anywhere are put together; broken and endless ones are counted`() throws {
        var calls = ObservedCalls(origin: nil)
        let text =
            line("GET", "/one") + "{broken\n" + String(repeating: "x", count: 40_000) + "\n" + line("GET", "/two")
        for chunk in stride(from: 0, to: text.utf8.count, by: 7) {
            calls.add(Array(text.utf8.dropFirst(chunk).prefix(7)))
        }
        calls.finish()
        #expect(calls.calls.map(\.template) == ["/one", "/two"])
        #expect(calls.unreadable == 2)
    }

    @Test func `What leaves the machine is templates, and is read as such`() throws {
        let first = try calls([line("GET", "/users/42"), line("GET", "/users/43"), line("POST", "/users")])
        #expect(
            first.json.text()
                == #"[{"method":"GET","path":"/users/{user_id}","calls":2},{"method":"POST","path":"/users","calls":1}]"#
        )
        let second = try #require(ObservedCalls(json: first.json))
        #expect(second.calls == first.calls)
        let dishonest = try #require(
            ObservedCalls(json: [["method": "GET", "path": "/users/42?canary=1", "calls": -5]]))
        #expect(dishonest.calls.map { "\($0.count) \($0.method) \($0.template)" } == ["1 GET /users/{user_id}"])
        #expect(ObservedCalls(json: ["x"]) == nil)
    }

    @Test func `Distinct paths without end are forgotten, not kept`() {
        var calls = ObservedCalls(origin: nil)
        for number in 0..<21_000 {
            let word = String(number).map { String(UnicodeScalar(UInt8(ascii: "a") + ($0.asciiValue ?? 0) - 48)) }
                .joined()
            calls.add(#"{"method":"GET","path":"/x/\#(word)","status":200}"#.utf8)
            calls.add("\n".utf8)
        }
        #expect(calls.forgotten == 1000)
        #expect(calls.calls.count == 2000)
    }

    @Test func `Where nothing describes the API, calls and samples make one draft`() async throws {
        let observed = try calls([
            line("GET", "/users/42"), line("POST", "/users"), line("DELETE", "/users/42", status: 204),
        ])
        let site = ScriptedSite(["\(origin)/users/1": .json(#"{"id":1,"mail":"canary@x.example"}"#)])
        let result = try await discover(site, base: origin) {
            $0.observed = observed
            $0.samples = ["/users/1"]
        }
        let candidate = try #require(result.candidates.first)
        #expect(
            candidate.draft.signatures == ["POST /users", "DELETE /users/{user_id}", "GET /users/{user_id}"])
        #expect(candidate.confidence == .medium)
        #expect(candidate.evidence.contains(Evidence(path: "/users/{user_id}", place: .audit)))
        let get = try #require(candidate.draft.endpoint("get_user"))
        #expect(get["response_schema"]?["required"] == ["id", "mail"])
        #expect(get["description"] == "GET /users/{user_id}, inferred from 1 answer, seen in 1 call.")
        #expect(!result.text.contains("canary"))
        #expect(site.asked.allSatisfy { $0.method == .get })
    }
}
