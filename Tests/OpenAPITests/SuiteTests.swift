import Drafts
import Foundation
import OpenAPI
import Registry
import Testing
import Value

/// The published documents beside the project, where they are at hand.
private enum Suites {
    static let folder: URL? = {
        let project = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let places = [
            project.deletingLastPathComponent().appending(path: "shared/suites/openapi"),
            ProcessInfo.processInfo.environment["PENSTOCK_SUITES"].map { URL(filePath: $0).appending(path: "openapi") },
        ]
        return places.compactMap(\.self).first { FileManager.default.fileExists(atPath: $0.path) }
    }()

    /// Every file that may be a document.
    static func files(below folder: URL) -> [URL] {
        let all = FileManager.default.enumerator(at: folder, includingPropertiesForKeys: nil)?.allObjects ?? []
        return all.compactMap { $0 as? URL }.filter { ["json", "yaml", "yml"].contains($0.pathExtension) }
            .sorted { $0.path < $1.path }
    }
}

@Suite(.enabled(if: Suites.folder != nil, "../shared/suites/openapi is not here"))
struct SuiteTests {
    @Test(
        "I: every published document is imported, nearly every operation of it, and nothing that the registry refuses")
    func all() throws {
        let folder = try #require(Suites.folder)
        var documents = 0
        var operations = 0
        var left = 0
        for file in Suites.files(below: folder) {
            let bytes = Array(try Data(contentsOf: file))
            let draft: Draft
            do throws(ImportError) {
                draft = try OpenAPIImporter().draft(files: [ImportFile(name: file.lastPathComponent, bytes: bytes)])
            } catch {
                // Parts of a document of several files.
                #expect(error.code == "not_a_document" && file.path.contains("nested_files"), "\(file.path): \(error)")
                continue
            }
            documents += 1
            operations += draft.operations.count
            left += draft.operations.count { $0.outcome == .leftOut }
            #expect(!draft.codes.contains { ["refused", "schema_given_up", "definition_incomplete"].contains($0) })
            #expect(Set(draft.endpoints.map { $0["name"] }).count == draft.endpoints.count)
            #expect((draft.findings + draft.operations.flatMap(\.findings)).allSatisfy { $0.position != nil })
            // The importer has had the registry read each draft itself; the largest are not worth a second reading.
            if !draft.endpoints.isEmpty, bytes.count < 300_000 {
                #expect(throws: Never.self, "\(file.path)") { try draft.accepted() }
            }
        }
        #expect(documents > 100)
        #expect(Double(operations - left) >= Double(operations) * 0.995, "\(left) of \(operations) left out")
    }

    @Test("I: a document of several files is imported whole")
    func nested() throws {
        let folder = try #require(Suites.folder).appending(path: "libopenapi/nested_files")
        let files = try Suites.files(below: folder).map { file in
            ImportFile(
                name: String(file.path.dropFirst(folder.path.count + 1)), bytes: Array(try Data(contentsOf: file)))
        }
        for (root, expected) in [
            ("openapi.yaml", ["getAccounts", "createAccounts"]), ("openapi-issue-418.yaml", [nil]),
        ] {
            let draft = try OpenAPIImporter().draft(files: files, root: root)
            #expect(draft.operations.prefix(expected.count).map(\.operationID) == expected)
            #expect(draft.operations.allSatisfy { $0.endpoint != nil })
            #expect(!draft.codes.contains { $0.hasPrefix("reference_") })
            _ = try draft.accepted()
        }
    }
}
