import Drafts
import OpenAPI
import Testing
import Value

/// Documents that were made to cost more than they weigh.
@Suite("Documents of strangers", .serialized, .timeLimit(.minutes(10)))
struct HostileDocumentTests {
    private static func listed(_ count: Int, _ element: (Int) -> String) -> String {
        (0..<count).map(element).joined(separator: ",")
    }

    /// A 3.0 document in JSON.
    private static func json(_ paths: String, _ rest: String = "") -> String {
        #"{"openapi": "3.0.3", "info": {"title": "Boats", "version": "1"}, "paths": {\#(paths)}\#(rest)}"#
    }

    /// As many paths with one and the same item behind them.
    private static func sharing(_ item: String, _ rest: String = "", paths: Int = 300) -> String {
        json(
            listed(paths) { ##""/p\##($0)": {"$ref": "#/x-item"}"## }, #", "x-item": {"get": {\#(item)}}\#(rest)"#)
    }

    @Test("I: variables of a server that would fill the memory make no URL")
    func serverVariables() throws {
        let url = "https://a.example.com/" + String(repeating: "{a}", count: 10_000)
        let large = String(repeating: "x", count: 10 << 20)
        let draft = try importing(
            Self.json(
                #""/x": {"get": {}}"#,
                #", "servers": [{"url": "\#(url)", "variables": {"a": {"default": "\#(large)"}}}]"#))
        #expect(draft.codes.contains("base_url_missing"))
    }

    @Test(
        "I: paths that no request could have are left out at once",
        arguments: [("{a}", 2000), ("{a}/", 1500)])
    func paths(part: String, count: Int) throws {
        let path = String(repeating: part, count: count)
        let draft = try importing(Self.json(#""/\#(path)": {"get": {}}, "/x": {"get": {}}"#))
        #expect(draft.operations.map(\.outcome) == [.leftOut, .imported])
        #expect(draft.codes.contains("path_invalid"))
    }

    @Test("I: lists of names are read in one pass")
    func names() throws {
        let properties = Self.listed(40_000) { #""p\#($0)": {"type": "string", "readOnly": true}"# }
        let required = Self.listed(40_000) { #""p\#($0)""# }
        let example = Self.listed(40_000) { #""p\#($0)": "x""# }
        let draft = try importing(
            Self.json(
                #"""
                "/x": {"post": {"requestBody": {"content": {"application/json": {
                  "schema": {"type": "object", "properties": {\#(properties)}, "required": [\#(required)]},
                  "example": {\#(example)}}}}, "responses": {}}}
                """#))
        #expect(draft.operations.count == 1)
    }

    @Test("I: what many paths share is not multiplied by them", arguments: shares.keys.sorted())
    func shared(member: String) throws {
        let draft = try importing(
            Self.sharing(
                Self.shares[member] ?? "",
                #", "components": {"securitySchemes": {"s": {"type": "http", "scheme": "bearer"}}}"#))
        #expect(draft.operations.count == 300)
        #expect(draft.json().bytes().count < 10 << 20)
    }

    private static let shares = [
        "tags": #""tags": [\#(listed(50_000) { "\"tag\($0)\"" })]"#,
        "id": #""operationId": "\#(String(repeating: "x", count: 1_000_000))""#,
        "parameters": #""parameters": [\#(listed(50_000) { #"{"name": "q\#($0)", "in": "path"}"# })]"#,
        "responses":
            #""responses": {\#(listed(50_000) { #""\#(String(repeating: "0", count: $0 % 50))2\#($0 % 90 + 10)": {}"# })}"#,
        "security": #""security": [\#(listed(50_000) { #"{"s\#($0)": []}"# })]"#,
        "scopes": #""security": [{"s": [\#(listed(50_000) { "\"scope\($0)\"" })]}]"#,
        "members": listed(50_000) { #""x-\#($0)": {}"# },
        "servers": #""servers": [\#(listed(50_000) { #"{"url": "https://a\#($0).example.com"}"# })]"#,
    ]

    @Test("I: bodies that many operations share are not multiplied by them")
    func bodies() throws {
        let types = Self.listed(20_000) { #""text/t\#($0)": {}"# }
        let encodings = Self.listed(20_000) { #""f\#($0)": {"contentType": "text/plain"}"# }
        for content in [types, #""multipart/form-data": {"schema": {"type": "object"}, "encoding": {\#(encodings)}}"#] {
            let paths = Self.listed(100) {
                ##""/p\##($0)": {"post": {"requestBody": {"$ref": "#/components/requestBodies/B"}}}"##
            }
            let draft = try importing(
                Self.json(paths, #", "components": {"requestBodies": {"B": {"content": {\#(content)}}}}"#))
            #expect(draft.json().bytes().count < 10 << 20)
        }
    }

    @Test("I: texts that many operations share are bounded, and what does not fit in is told")
    func texts() throws {
        let text = String(repeating: "x", count: 16_000)
        let parameters = Self.listed(20) { #"{"name": "q\#($0)", "in": "query", "description": "\#(text)"}"# }
        let draft = try importing(
            Self.sharing(#""parameters": [\#(parameters)]"#, paths: 50), limits: ImportLimits(text: 4 << 20))
        #expect(draft.json().bytes().count < 5 << 20)
        #expect(draft.codes.contains("too_large"))
        #expect(draft.operations.contains { $0.outcome == .leftOut } && draft.operations[0].endpoint != nil)
    }

    @Test("I: a long name is not told with each finding, and a longer one is refused")
    func pointers() throws {
        func document(_ name: String) -> String {
            let faults = Self.listed(1000) { #""p\#($0)": {"type": "no-such-type"}"# }
            return Self.json(
                ##""/x": {"get": {"responses": {"200": {"content": {"application/json": {"schema": {"$ref": "#/components/schemas/A"}}}}}}}"##,
                #", "components": {"schemas": {"A": {"properties": {"\#(name)": {"properties": {\#(faults)}}}}}}"#)
        }
        let draft = try importing(document(String(repeating: "n", count: 8000)))
        #expect(draft.findings("type_repaired").count > 100)
        #expect(JSON.array((draft.findings + draft.operations.flatMap(\.findings)).map(\.json)).bytes().count < 1 << 20)
        #expect(throws: ImportError.self) { try importing(document(String(repeating: "n", count: 1 << 20))) }
    }

    @Test("I: references among many files with names of their own are found in bounded time")
    func identifiers() throws {
        var files = (0..<1000).map {
            ImportFile(
                name: "f\($0).json", bytes: Array(#"{"$id": "https://a.example.com/\#($0)", "type": "string"}"#.utf8))
        }
        let properties = Self.listed(20_000) { #""p\#($0)": {"$ref": "f\#($0 % 1000).json#/no/\#($0)"}"# }
        files.append(
            ImportFile(
                name: "openapi.json",
                bytes: Array(
                    #"""
                    {"openapi": "3.1.0", "info": {"title": "A", "version": "1"}, "paths": {"/x": {"get": {"responses":
                      {"200": {"content": {"application/json": {"schema": {"properties": {\#(properties)}}}}}}}}}}
                    """#.utf8)))
        let draft = try OpenAPIImporter().draft(files: files, root: "openapi.json")
        #expect(draft.codes.contains("reference_not_found"))
    }
}
