import Drafts
import OpenAPI
import Registry
import Testing
import Value

@Suite struct SelectionTests {
    private let text = document(
        """
        /boats: {get: {operationId: list, tags: [boats]}, post: {operationId: add, tags: [boats, write]}}
        /boats/{id}: {get: {tags: [boats], deprecated: true, parameters: [{name: id, in: path, required: true}]}}
        /boats/{id}/masts/{n}: {get: {operationId: mast, tags: [masts]}}
        /admin: {delete: {operationId: admin/wipe.all, tags: [admin]}}
        """)

    private func chosen(
        _ include: OperationSelection.Filter, _ exclude: OperationSelection.Filter = .init(), deprecated: Bool = true
    )
        throws -> [String]
    {
        let selection = OperationSelection(include: include, exclude: exclude, includesDeprecated: deprecated)
        let draft = try importing(text, options: ImportOptions(selection: selection))
        #expect(draft.operations.count == 5)
        #expect(!draft.operations.contains { $0.outcome == .leftOut })
        #expect(draft.operations.allSatisfy { ($0.outcome == .notSelected) == ($0.endpoint == nil) })
        return draft.endpoints.compactMap { $0["name"]?.string }
    }

    @Test("I: operations are selected by tags, paths, methods, ids and deprecation; names do not change by it")
    func selection() throws {
        #expect(try chosen(.init()) == ["list", "add", "get_boats_id", "mast", "admin_wipe_all"])
        #expect(try chosen(.init(tags: ["boats"])) == ["list", "add", "get_boats_id"])
        #expect(try chosen(.init(tags: ["boats"]), .init(tags: ["write"])) == ["list", "get_boats_id"])
        #expect(try chosen(.init(paths: ["/boats/*"])) == ["get_boats_id"])
        #expect(try chosen(.init(paths: ["/boats/**"])) == ["get_boats_id", "mast"])
        #expect(try chosen(.init(methods: ["get"])) == ["list", "get_boats_id", "mast"])
        #expect(try chosen(.init(operationIDs: ["admin/wipe.all"])) == ["admin_wipe_all"])
        #expect(
            try chosen(.init(), .init(methods: ["DELETE"], operationIDs: ["add"])) == ["list", "get_boats_id", "mast"])
        #expect(try chosen(.init(), deprecated: false) == ["list", "add", "mast", "admin_wipe_all"])
    }

    @Test("I: names are at most 64 long, unique and of plain characters, whatever the operation ids are")
    func names() throws {
        let long = String(repeating: "long/", count: 40)
        let draft = try importing(
            document(
                """
                /a: {get: {operationId: repos/get-content}, put: {operationId: repos get content}, post: {operationId: '\(long)1'}}
                /b: {get: {operationId: '\(long)2'}, put: {}, post: {operationId: ''}, patch: {operationId: 'größe ändern'}}
                """))
        let names = draft.endpoints.compactMap { $0["name"]?.string }
        #expect(names.first == "repos_get_content")
        #expect(Set(names).count == 7)
        #expect(names.allSatisfy { $0.utf8.count <= 64 && $0.allSatisfy { $0.isASCII } })
        #expect(names.contains("put_b"))
        _ = try draft.accepted()
    }

    @Test("I: what is passed over is told once: callbacks, webhooks, other servers")
    func passedOver() throws {
        let draft = try importing(
            """
            openapi: 3.1.0
            info: {title: Boats}
            servers: [{url: 'https://a.example.com'}, {url: 'https://b.example.com'}]
            webhooks: {sunk: {post: {}}}
            paths: {/a: {post: {callbacks: {done: {'{$request.body#/url}': {post: {}}}}}}}
            """)
        for code in ["callbacks_ignored", "webhooks_ignored", "other_servers"] {
            #expect(draft.findings(code).map(\.effect) == [.note])
        }
        #expect(draft.operations.map(\.outcome) == [.imported])
    }
}
