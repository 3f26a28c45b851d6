import Drafts
import OpenAPI
import Registry
import Testing
import Value

@Suite struct ReadingTests {
    private func failure(_ bytes: [UInt8], _ name: String = "a.json") -> ImportError? {
        do throws(ImportError) {
            _ = try OpenAPIImporter().draft(files: [ImportFile(name: name, bytes: bytes)])
            return nil
        } catch { return error }
    }

    @Test("I: a text that is not JSON or YAML gets its line and column")
    func syntax() throws {
        let json = try #require(failure(Array("{\n  \"openapi\": \"3.0.0\",\n  \"info\": ]".utf8)))
        #expect(json.code == "unreadable")
        #expect(json.position == Position(line: 3, column: 11))
        let yaml = try #require(failure(Array("openapi: 3.0.0\ninfo: [a\npaths: {}\n".utf8)))
        #expect(yaml.position?.line == 3)
    }

    @Test("I: a text that is not UTF-8 gets its line and column")
    func encoding() throws {
        let fault = try #require(
            failure(Array("{\"openapi\": \"3.0.0\",\n \"info\": \"".utf8) + [0xC3, 0x28] + Array("\"}".utf8)))
        #expect(fault.message.contains("UTF-8"))
        #expect(fault.position == Position(line: 2, column: 11))
    }

    @Test("I: what is no OpenAPI document says so", arguments: ["{}", "[1]", "just a text", "asyncapi: 2.0.0"])
    func noDocument(_ text: String) throws {
        #expect(failure(Array(text.utf8))?.code == "not_a_document")
    }

    @Test("I: unknown versions, empty files and no files are refused in words")
    func refused() throws {
        #expect(failure(Array("openapi: 4.0.0".utf8))?.code == "unsupported_version")
        #expect(failure(Array("swagger: '1.2'".utf8))?.code == "unsupported_version")
        #expect(failure([])?.code == "unreadable")
        #expect(throws: ImportError.self) { try OpenAPIImporter().draft(files: []) }
    }

    @Test("I: byte order marks, UTF-16, trailing commas and raw tabs in strings are read")
    func tolerated() throws {
        let text = "{\"openapi\": \"3.0.0\", \"info\": {\"title\": \"Tab\there\"}, \"paths\": {\"/a\": {\"get\": {}}},}"
        var utf16: [UInt8] = [0xFF, 0xFE]
        for unit in text.utf16 { utf16 += [UInt8(unit & 255), UInt8(unit >> 8)] }
        for bytes in [[0xEF, 0xBB, 0xBF] + Array(text.utf8), utf16, Array(text.utf8)] {
            let draft = try OpenAPIImporter().draft(files: [ImportFile(name: "a", bytes: bytes)])
            #expect(draft.operations.count == 1)
        }
    }

    @Test("I: a key that stands twice does not end the import; the last one counts, and a finding says where")
    func repeated() throws {
        for text in [
            document("/a:\n  get: {operationId: one}\n  get: {operationId: two}"),
            "{\"openapi\": \"3.0.0\", \"paths\": {\"/a\": {\n\"get\": {\"operationId\": \"one\"},\n\"get\": {\"operationId\": \"two\"}}}}",
        ] {
            let draft = try importing(text)
            #expect(draft.operations.map(\.operationID) == ["two"])
            let finding = try #require(draft.findings("key_repeated").first)
            #expect("\(finding.pointer)" == "/paths/~1a/get")
            #expect(finding.position?.line ?? 0 >= 3)
        }
    }

    @Test("I: versions written as numbers are read, and 3.2 as 3.1")
    func versions() throws {
        for version in ["swagger: 2.0", "openapi: 3.0", "openapi: 3.1", "openapi: 3.2.0", "openapi: 'v3.0.1 '"] {
            let draft = try importing("\(version)\npaths: {/a: {get: {}}}\n")
            #expect(draft.operations.map(\.outcome) == [.imported])
            _ = try draft.accepted()
        }
    }

    @Test("I: one bad operation never aborts the rest, and each finding names its pointer and line")
    func oneBad() throws {
        let draft = try importing(
            document(
                """
                /good:
                  get: {operationId: good}
                /bad{:
                  get: {operationId: bad}
                /worse:
                  get: [1, 2]
                  trace: {operationId: traced}
                /list: [1]
                /last:
                  get:
                    operationId: last
                    parameters: [3, {in: query}, {name: a, in: nowhere}, {name: ok, in: query}]
                    responses: {'200': 7}
                """))
        #expect(draft.endpoints.map { $0["name"]?.string } == ["good", "last"])
        #expect(draft.operations.map(\.outcome) == [.imported, .leftOut, .leftOut, .importedWithChanges])
        let bad = try #require(
            draft.findings("path_invalid").first { $0.effect == .leftOut && $0.pointer.tokens.count == 3 })
        #expect(bad.pointer.tokens == ["paths", "/bad{", "get"])
        #expect(bad.position?.line == 9)
        #expect(draft.findings("parameter_invalid").map { "\($0.pointer)" }.contains("/paths/~1last/get/parameters/1"))
        #expect(draft.findings("method_unsupported").count == 1)
        #expect((draft.findings + draft.operations.flatMap(\.findings)).allSatisfy { $0.position != nil })
        let api = try draft.accepted()
        #expect(api.endpoints.last?.parameters.map(\.name) == ["ok"])
    }

    @Test("I: hostile documents end in bounded time: aliases, nesting, cycles, many references")
    func hostile() throws {
        var bomb = "openapi: 3.0.0\na0: &a0 [x, x, x, x, x, x, x, x, x, x]\n"
        for index in 1..<12 {
            bomb +=
                "a\(index): &a\(index) [" + Array(repeating: "*a\(index - 1)", count: 10).joined(separator: ", ")
                + "]\n"
        }
        #expect(throws: ImportError.self) { try importing(bomb) }
        let deep = String(repeating: "{\"a\":", count: 100_000)
        #expect(throws: ImportError.self) { try importing("{\"openapi\": \"3.0.0\", \"paths\": " + deep) }
        var wide = "components:\n  schemas:\n"
        for index in 0..<60 {
            wide +=
                "    S\(index): {allOf: [{$ref: '#/components/schemas/S\(index + 1)'}, {$ref: '#/components/schemas/S\(index + 1)'}]}\n"
        }
        wide += "    S60: {type: string}\n"
        let draft = try importing(
            document(
                "/a: {get: {responses: {'200': {content: {application/json: {schema: {$ref: '#/components/schemas/S0'}}}}}}}",
                wide))
        #expect(draft.definition["$defs"]?.object?.count == 61)
        _ = try draft.accepted()
    }

    @Test("I: a document beyond the bounds is imported as far as they go, and says what was left out")
    func bounds() throws {
        let paths = (0..<30).map { "/a\($0): {get: {}}" }.joined(separator: "\n")
        let few = try importing(document(paths), limits: ImportLimits(endpoints: 10))
        #expect(few.operations.count { $0.outcome == .imported } == 10)
        #expect(few.findings("too_large").count == 20)
        let large = (0..<30).map {
            "/a\($0): {post: {requestBody: {content: {application/json: {schema: {type: object, properties: "
                + "{a: {type: array, items: {type: string}}, b: {type: string}}}}}}}}"
        }
        let tight = try importing(document(large.joined(separator: "\n")), limits: ImportLimits(schemas: 100))
        let kept = tight.operations.count { $0.outcome == .imported }
        #expect(kept > 3 && kept < 30)
        #expect(try tight.accepted().endpoints.count == kept)
    }
}
