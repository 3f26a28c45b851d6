import Testing
import Value

@testable import PenstockCLI

@Suite struct DefinitionFileTests {
    private func parse(_ text: String, folder: String = ".") throws -> DefinitionFile {
        try DefinitionFile.parse(Array(text.utf8), name: "crm.yaml", folder: folder)
    }

    @Test("A reference to a variable becomes its text, and only outside the endpoints")
    func variables() throws {
        let file = try parse(
            """
            custom_api:
              name: My Company CRM
              authentication: {type: api_key, config: {header_name: X-API-Key, key: {from_env: CRM_KEY}}}
              endpoints: [{name: a, examples: [{from_env: CRM_KEY}]}]
            """)
        let definition = try file.resolved { $0 == "CRM_KEY" ? "s3cret" : nil }["custom_api"]
        #expect(definition?["authentication"]?["config"]?["key"] == "s3cret")
        #expect(definition?["endpoints"]?[0]?["examples"]?[0] == ["from_env": "CRM_KEY"])
        #expect(file.slug == "my_company_crm")
    }

    @Test("A reference to a file counts from the definition's folder and loses the last line break")
    func files() throws {
        let folder = try TemporaryFolder()
        defer { folder.remove() }
        try PrivateFile.write("s3cret\n", to: folder / "key")
        let file = try parse("authentication: {config: {key: {from_file: key}}}", folder: folder.path)
        #expect(try file.resolved()["authentication"]?["config"]?["key"] == "s3cret")
    }

    @Test("A variable that is not set is an error with its line and column")
    func missingVariable() throws {
        let file = try parse("name: x\nauthentication:\n  config:\n    key: {from_env: NOPE}\n")
        let failure = #expect(throws: CommandFailure.self) { try file.resolved { _ in nil } }
        #expect(failure?.kind == .usage)
        #expect(failure?.message.hasPrefix("crm.yaml:4:10: ") == true)
    }

    @Test("Broken YAML is an error with its line and column")
    func broken() {
        let failure = #expect(throws: CommandFailure.self) { try parse("name: x\nname: y\n") }
        #expect(failure?.message.hasPrefix("crm.yaml:2:1: ") == true)
    }

    @Test("A list is no definition")
    func list() {
        #expect(throws: CommandFailure.self) { try parse("[1, 2]") }
    }

    @Test(
        "A written slug counts before the name",
        arguments: [("slug: crm\nname: x", "crm"), ("name: 42 Große Dinge!", "gro_e_dinge")])
    func slug(_ text: String, _ slug: String) throws {
        #expect(try parse(text).slug == slug)
    }

    @Test("What the relay finds wrong is told by the lines of the author's file")
    func violations() throws {
        let file = try parse("custom_api:\n  name: x\n  conection: {}\n  endpoints:\n    - {name: a}\n")
        let refused = Problem.failure(
            status: 400,
            body: [
                "title": "The request is not valid", "code": "INVALID_REQUEST", "detail": "Unknown key.",
                "violations": [
                    ["pointer": "/custom_api/conection", "message": "Unknown key. (line 1, column 26)"],
                    ["pointer": "/custom_api/endpoints/0/path", "message": "\"path\" is missing. (line 1, column 9)"],
                ], "request_id": "01J",
            ])
        #expect(
            file.located(refused).notes == [
                "crm.yaml:3:3: Unknown key.", "crm.yaml:5:7: \"path\" is missing.", "Request: 01J",
            ])
    }
}
