import Discovery
import Drafts
import Synchronization
import Testing
import Value

@Suite struct NamingHookTests {
    private struct FixedHook: NamingHook {
        var answer: Result<[NamingSuggestion], NamingError>
        func suggest(_ questions: [NamingQuestion]) async throws(NamingError) -> [NamingSuggestion] { try answer.get() }
    }

    private func found() async throws -> DiscoveryResult {
        let site = ScriptedSite([
            "/users": .json(#"[{"id":1,"mail":"canary@x.example","address":{"street":"canary lane"}}]"#),
            "/users/1": .json(#"{"id":1,"mail":"canary@x.example"}"#),
        ])
        return try await discover(site) { $0.samples = ["/users", "/users/1"] }
    }

    private func model(
        _ answer: String, status: Int = 200, log: @escaping @Sendable (JSON) -> Void = { _ in }
    ) -> ChatCompletionsNaming {
        ChatCompletionsNaming(model: "small") { body throws(NamingError) in
            if let json = try? JSON.parse(body) { log(json) }
            return (status, Array(answer.utf8))
        }
    }

    private func completion(_ content: String) -> String {
        JSON.object(["choices": [["message": ["role": "assistant", "content": .string(content)]]]]).text()
    }

    @Test func `Proposals are taken over and marked`() async throws {
        var result = try await found()
        let content = #"""
            ```json
            {"endpoints":[{"id":0,"name":"all_people","description":"Lists\n\u0000 people.\u202e"},
                          {"id":1,"description":"One person."},{"id":9,"name":"nobody"}]}
            ```
            """#
        await result.name(with: model(completion(content)))
        let draft = result.candidates[0].draft
        #expect(draft.endpoints.compactMap { $0["name"]?.string } == ["all_people", "get_user"])
        #expect(draft.endpoints.compactMap { $0["description"]?.string } == ["Lists people.", "One person."])
        #expect(draft.operations.allSatisfy { $0.findings.contains { $0.code == "named_by_model" } })
        #expect(result.kinds.contains("naming_applied"))
        _ = try accepted(draft)
    }

    @Test func `Only methods, templates and names are told`() async throws {
        var result = try await found()
        let bodies = Mutex<[JSON]>([])
        await result.name(with: model(completion(#"{"endpoints":[]}"#)) { body in bodies.withLock { $0.append(body) } })
        let body = try #require(bodies.withLock { $0.first })
        #expect(body["model"] == "small" && body["response_format"]?["type"] == "json_object")
        #expect(body["messages"]?[0]?["role"] == "system")
        let content = try JSON.parse(try #require(body["messages"]?[1]?["content"]?.string))
        #expect(
            content["endpoints"]?[0]
                == [
                    "id": 0, "method": "GET", "path": "/users", "name": "list_users",
                    "properties": ["id", "mail", "address", "street"],
                ])
        #expect(!body.text().contains("canary"))
    }

    @Test(arguments: ["get_user", "two words", "", "näme", String(repeating: "a", count: 65), "../x", "-._", "a\u{0}b"])
    func `A name that breaks the rule, or is taken, is not taken over`(name: String) async throws {
        var result = try await found()
        await result.name(with: FixedHook(answer: .success([NamingSuggestion(id: 0, name: name)])))
        #expect(result.candidates[0].draft.endpoints.compactMap { $0["name"]?.string } == ["list_users", "get_user"])
    }

    @Test func `Descriptions are bounded`() async throws {
        var result = try await found()
        let long = String(repeating: "ü", count: 5000)
        await result.name(with: FixedHook(answer: .success([NamingSuggestion(id: 1, description: long)])))
        #expect(result.candidates[0].draft.endpoint("get_user")?["description"]?.string?.utf8.count == 300)
    }

    @Test(arguments: [
        (200, "not json"), (200, "{}"), (200, #"{"choices":[{"message":{"content":"Sorry, no."}}]}"#), (500, "{}"),
    ])
    func `A failure leaves the draft as it is, with a finding`(status: Int, answer: String) async throws {
        var result = try await found()
        let before = result.candidates[0].draft.wholeDefinition
        await result.name(with: model(answer, status: status))
        #expect(result.candidates[0].draft.wholeDefinition == before)
        #expect(result.kinds.last == "naming_failed")
    }

    @Test func `What its owner described is not renamed`() async throws {
        var result = try await discover(ScriptedSite(["/openapi.json": .json(petDocument)]))
        await result.name(with: FixedHook(answer: .success([NamingSuggestion(id: 0, name: "other")])))
        #expect(!result.text.contains("other"))
    }
}
