import Foundation
import Testing

/// What the documents say of the repository's own files.
@Suite("The documents")
struct DocumentTests {
    private static let repository = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()

    private static let documents: [String] = {
        let files = FileManager.default
        let top = [
            "README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "examples/README.md", "k8s/README.md",
        ]
        return top
            + ["docs", "docs/decisions"].flatMap { folder in
                let names = (try? files.contentsOfDirectory(atPath: repository.appending(path: folder).path)) ?? []
                return names.filter { $0.hasSuffix(".md") }.sorted().map { "\(folder)/\($0)" }
            }
    }()

    private func text(_ document: String) throws -> String {
        try String(contentsOf: Self.repository.appending(path: document), encoding: .utf8)
    }

    private func exists(_ path: String) -> Bool {
        FileManager.default.fileExists(atPath: Self.repository.appending(path: path).standardizedFileURL.path)
    }

    @Test("each link to a file of the repository leads to one, and each anchor to a heading", arguments: documents)
    func links(_ document: String) throws {
        let folder = (document as NSString).deletingLastPathComponent
        for match in try text(document).matches(of: /\]\(([^)\s]+)\)/) where !match.1.hasPrefix("http") {
            let parts = match.1.split(separator: "#", maxSplits: 1, omittingEmptySubsequences: false)
            let target = parts[0].isEmpty ? document : folder.isEmpty ? "\(parts[0])" : "\(folder)/\(parts[0])"
            #expect(exists(target), "\(match.1)")
            guard parts.count == 2, target.hasSuffix(".md") else { continue }
            let headings = try text(target).matches(of: /(?m)^#+ (.*)$/).map { Self.anchor($0.1) }
            #expect(headings.contains("\(parts[1])"), "\(match.1)")
        }
    }

    @Test("each folder of sources, tests and scripts that CONTRIBUTING.md names is there")
    func folders() throws {
        let named = try text("CONTRIBUTING.md").matches(of: /`((?:Sources|Tests|packaging|docs|examples)\/[\w.\/-]+)/)
        #expect(named.count > 40)
        for match in named { #expect(exists("\(match.1)"), "\(match.1)") }
    }

    @Test("docs/README.md lists every document of its folder")
    func index() throws {
        let index = try text("docs/README.md")
        for document in Self.documents where document.hasPrefix("docs/") && !document.hasPrefix("docs/decisions/") {
            let name = document.dropFirst("docs/".count)
            #expect(name == "README.md" || index.contains("[\(name)](\(name))"), "\(name)")
        }
    }

    /// The fragment by which Git hosts name a heading.
    private static func anchor(_ heading: Substring) -> String {
        String(heading.lowercased().filter { $0.isLetter || $0.isNumber || "-_ ".contains($0) })
            .replacing(" ", with: "-")
    }
}
