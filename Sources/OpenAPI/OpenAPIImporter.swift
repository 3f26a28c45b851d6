package import Drafts
import EgressPolicy
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
        if let server = options.server, try !assembly(sources, root, options).servers().contains(server) {
            throw ImportError("no_server", "The document has no operation at this server.")
        }
        return try assembly(sources, root, options).draft()
    }

    /// One draft for each server that operations of the document have, so that each becomes an API with its own allowlist
    /// and credential. The first is the one that ``draft(files:root:options:)`` makes.
    ///
    /// - Parameters: as ``draft(files:root:options:)`` has them.
    /// - Returns: at most ``mostServers`` drafts; the first has a finding for the servers beyond.
    package func drafts(
        files: [ImportFile], root: String? = nil, options: ImportOptions = ImportOptions()
    ) throws(ImportError) -> [Draft] {
        let sources = SourceFiles(files, limits: limits)
        let servers = try assembly(sources, root, options).servers()
        guard servers.count > 1 else { return [try assembly(sources, root, options).draft()] }
        var drafts: [Draft] = []
        for server in servers.prefix(Self.mostServers) {
            var options = options
            options.server = server
            drafts.append(try assembly(sources, root, options).draft())
        }
        let rest = servers.dropFirst(Self.mostServers)
        if !rest.isEmpty {
            let shown = rest.prefix(5).map(\.description).joined(separator: ", ")
            drafts[0].findings.append(
                Finding(
                    .leftOut, "too_many_servers",
                    "The operations of \(rest.count) more servers were left out: \(shown)\(rest.count > 5 ? ", …" : "")."
                ))
        }
        return drafts
    }

    /// Servers that are drafts of their own.
    package static let mostServers = 20

    /// Reads the root file; what was read once is not read again.
    private func assembly(
        _ sources: SourceFiles, _ root: String?, _ options: ImportOptions
    ) throws(ImportError) -> DraftAssembly {
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
        return DraftAssembly(
            root: node, version: (version.text, family),
            references: References(sources, root: file, sourceURL: options.sourceURL), log: log, options: options,
            limits: limits)
    }
}
