import Registry
import Testing
import Value

@Suite("Definitions with schemas of older drafts")
struct OlderDraftTests {
    private func definition(_ endpoint: JSONObject) -> JSON {
        var whole: JSONObject = ["name": "e", "method": "POST", "path": "/e"]
        for (key, value) in endpoint { whole[key] = value }
        return Definitions.edit(Definitions.direct, "/endpoints", [.object(whole)])
    }

    private let pair: JSON = [
        "$schema": "http://json-schema.org/draft-07/schema#", "type": "object",
        "properties": ["p": ["$ref": "#/definitions/pair"]],
        "definitions": ["pair": ["type": "array", "items": [["type": "string"], ["type": "integer"]]]],
    ]

    @Test("schemas that name themselves by $schema are read as what they are, wherever they stand")
    func named() throws {
        let endpoint = try #require(
            Definitions.compile(
                definition([
                    "request_body": pair, "response_schema": pair,
                    "parameters": [["name": "q", "in": "query", "content_type": "application/json", "schema": pair]],
                ])
            ).endpoint(named: "e"))
        #expect(endpoint.argumentSchema.mismatches(of: ["p": ["a", 1], "q": ["p": ["a"]]]).isEmpty)
        #expect(endpoint.argumentSchema.mismatches(of: ["p": [1], "q": ["p": [1]]]).count == 2)
        #expect(endpoint.responseSchema?.mismatches(of: ["p": [1]]).count == 1)
        let shared = Definitions.edit(
            definition(["response_schema": ["$ref": "#/$defs/pair"]]), "/$defs", ["pair": pair])
        let other = try #require(Definitions.compile(shared).endpoint(named: "e"))
        #expect(other.responseSchema?.mismatches(of: ["p": ["a", "b"]]).count == 1)
    }

    @Test("items as a list in a hand-written schema is reported with its 2020-12 spelling and its place")
    func spelling() throws {
        let bare = Definitions.edit(pair, "/$schema", nil)
        do throws(DefinitionError) {
            _ = try Definitions.read(definition(["response_schema": bare]))
            Issue.record("read")
        } catch {
            let fault = try #require(error.faults.first)
            #expect(fault.message.contains("prefixItems"))
            #expect("\(fault.pointer)" == "/endpoints/0/response_schema/definitions/pair/items")
        }
    }
}
