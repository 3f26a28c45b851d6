import Drafts
import Value

/// Finds the file that the others belong to.
struct RootFile {
    private let files: SourceFiles
    private let log: FindingLog

    private static let usualNames = ["openapi", "swagger", "index", "main", "root", "api", "spec"]
    private static let otherKinds = [
        ".md", ".txt", ".html", ".png", ".svg", ".jpg", ".gif", ".xml", ".js", ".ts", ".css",
    ]

    init(_ files: SourceFiles, _ log: FindingLog) {
        self.files = files
        self.log = log
    }

    func find(_ name: String?) throws(ImportError) -> Int {
        guard files.count > 0 else { throw ImportError("no_file", "There is no file to import.") }
        if let name {
            guard let file = files.file(named: name) else {
                throw ImportError("no_file", "None of the files is named \"\(name)\".")
            }
            return file
        }
        guard files.count > 1 else { return 0 }
        var roots: [Int] = []
        var fault: ImportError?
        for file in 0..<files.count where mayBe(file) {
            do throws(ImportError) {
                if SpecVersion.read(try files.document(file).root) != nil { roots.append(file) }
            } catch {
                fault = fault ?? error
            }
        }
        guard let chosen = roots.min(by: { key($0) < key($1) }) else {
            throw fault
                ?? ImportError(
                    "not_a_document",
                    "None of these files is an OpenAPI document: none has \"openapi\" or \"swagger\" at its top.")
        }
        let others = roots.filter { $0 != chosen }
        if !others.isEmpty {
            log.addShared(
                .note, "several_documents",
                "Several files are documents; \(files.name(chosen)) is imported. Name another one as root to import it.",
                at: Place(file: chosen, pointer: .root))
        }
        return chosen
    }

    private func mayBe(_ file: Int) -> Bool {
        let name = files.name(file).lowercased()
        return !Self.otherKinds.contains { name.hasSuffix($0) }
    }

    /// Usual names first, then what lies nearest to the top, then in order.
    private func key(_ file: Int) -> (Int, Int, Int) {
        let path = FilePath.normalized(files.name(file))
        let stem = FilePath.lastComponent(path).split(separator: ".").first.map(String.init) ?? ""
        let usual = Self.usualNames.firstIndex(of: stem) ?? Self.usualNames.count
        return (path.split(separator: "/").count, usual, file)
    }
}
