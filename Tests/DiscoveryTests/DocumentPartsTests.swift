import Discovery
import Drafts
import EgressPolicy
import Synchronization
import Testing
import Value

/// Documents in several files.
@Suite struct DocumentPartsTests {
    private let root = """
        openapi: 3.0.3
        info: {title: Shop, version: "1"}
        paths:
          /items:
            $ref: 'paths/items.yaml'
          /carts:
            "$ref": "./paths/carts.json#/carts"
          /self: { $ref: openapi.yaml#/paths/~1items }
        components: { schemas: { A: { $ref: '#/components/schemas/B' } } }
        """

    /// An importer that notes the files it was given.
    private func noting(_ names: Box) -> DiscoveryImporters {
        DiscoveryImporters(openAPI: { files throws(DiscoveryImportError) in
            names.add(files.map { String($0.address.path) + " \($0.bytes.count)" })
            return Draft(
                source: .openapi, definition: [:],
                operations: [DraftOperation(method: "GET", path: "/items", endpoint: ["name": "items"])])
        })
    }

    private final class Box: Sendable {
        private let lists = Mutex<[[String]]>([])
        func add(_ list: [String]) { lists.withLock { $0.append(list) } }
        var all: [[String]] { lists.withLock { $0 } }
    }

    @Test func `The files that a document refers to are asked for, and imported with it`() async throws {
        let site = ScriptedSite([
            "/spec/openapi.yaml": ScriptedSite.Page(body: root),
            "/spec/paths/items.yaml": ScriptedSite.Page(body: "get:\n  x: {$ref: ../common.yaml}\n"),
            "/spec/paths/carts.json": .json(#"{"carts":{"$ref":"../common.yaml#/b"}}"#),
            "/spec/common.yaml": ScriptedSite.Page(body: "b: 1\n"),
            "/": .html(#"<link rel="service-desc" href="/spec/openapi.yaml">"#),
        ])
        let names = Box()
        let result = try await discover(site, importers: noting(names))
        #expect(
            names.all == [
                [
                    "/spec/openapi.yaml \(root.utf8.count)", "/spec/paths/items.yaml 33", "/spec/paths/carts.json 38",
                    "/spec/common.yaml 5",
                ]
            ])
        #expect(result.candidates.count == 1)
        #expect(result.requests.filter { $0.purpose == "part" }.count == 3)
    }

    @Test func `What is missing is told, and the rest imported`() async throws {
        let site = ScriptedSite([
            "/openapi.yaml": ScriptedSite.Page(body: root), "/paths/carts.json": .redirect("/elsewhere.json"),
        ])
        let names = Box()
        let result = try await discover(site, importers: noting(names))
        #expect(names.all.map(\.count) == [1])
        #expect(result.findings.first { $0.code == "part_missing" }?.evidence.count == 2)
    }

    @Test func `S13: A reference to a URL or a file of the machine is never asked, and files without end are bounded`()
        async throws
    {
        let references = (0..<200).map { #""r\#($0)":{"$ref":"p\#($0).json"}"# }.joined(separator: ",")
        let document =
            #"{"openapi":"3.0.0","paths":{},"a":{"$ref":"http://169.254.169.254/x"},"b":{"$ref":"file:///etc/passwd"},"c":{"$ref":"https://crm.example.com/absolute.json"},"d":{"$ref":"//crm.example.com/absolute.json"},"#
            + references + "}"
        let site = ScriptedSite(["/openapi.json": .json(document)]) { request in
            .success(.json(request.address.path.hasPrefix("/p") ? document : "{}", status: 200))
        }
        let names = Box()
        _ = try await discover(site, importers: noting(names))
        #expect(names.all.first?.count ?? 0 <= 30)
        #expect(!site.askedPaths.contains("/absolute.json"))
        #expect(site.asked.allSatisfy { $0.address.origin.description == ScriptedSite.origin })
    }
}
