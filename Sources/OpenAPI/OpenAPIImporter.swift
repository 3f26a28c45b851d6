package import Drafts
import Value

/// Makes drafts of OpenAPI documents: 2.0 (Swagger), 3.0 and 3.1, in JSON or YAML, in one file or in several that refer
/// to each other.
///
/// Nothing is opened but what is given, whatever a document refers to (S13). The cost is bounded by the limits.
package struct OpenAPIImporter: Sendable {
    private let limits: ImportLimits

    package init(limits: ImportLimits = ImportLimits()) {
        self.limits = limits
    }

    /// A draft of the API that the files describe.
    ///
    /// - Parameters:
    ///   - root: the name of the file that the others belong to; nil to have it found.
    /// - Throws: `ImportError` where nothing can be imported at all. Whatever is wrong with single operations is told in
    ///   findings instead.
    package func draft(
        files: [ImportFile], root: String? = nil, options: ImportOptions = ImportOptions()
    ) throws(ImportError) -> Draft {
        let sources = SourceFiles(files, limits: limits)
        let log = FindingLog(sources)
        let file = try RootFile(sources, log).find(root)
        let document = try sources.document(file)
        let shown = sources.shownName(file)
        guard let version = SpecVersion.read(document.root) else {
            throw ImportError(
                "not_a_document", "This is no OpenAPI document: it has neither \"openapi\" nor \"swagger\".",
                file: shown, position: Position(line: 1, column: 1))
        }
        guard let family = version.family else {
            throw ImportError(
                "unsupported_version", "OpenAPI \(version.text) is not supported: 2.0, 3.0 and 3.1 are.", file: shown,
                position: document.nearestPosition(of: JSONPointer(["openapi"])))
        }
        let node = Node(place: Place(file: file, pointer: .root), value: document.root)
        for repeated in document.repeatedKeys.prefix(20) {
            let pointer = document.pointer(ofKeyAt: repeated.position) ?? .root
            log.addShared(
                .change, "key_repeated",
                "The key \(quoted(repeated.key)) stands twice in its object; this one, the last, counts.",
                at: Place(file: file, pointer: pointer))
        }
        let assembly = DraftAssembly(
            root: node, version: (version.text, family),
            references: References(sources, root: file, sourceURL: options.sourceURL), log: log, options: options,
            limits: limits)
        return assembly.draft()
    }
}
