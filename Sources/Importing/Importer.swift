package import Drafts
package import OpenAPI

/// Makes a draft of whatever describes an API: an OpenAPI document, a Postman collection, a HAR file or curl commands.
package enum Importer {
    /// Reads files of one kind, told apart by what is in them.
    ///
    /// It takes seconds for the largest documents: call it away from event loops.
    ///
    /// - Throws: ``ImportError`` where nothing can be imported; what is wrong with a single operation is a finding.
    package static func draft(of source: ImportSource, options: ImportOptions) throws(ImportError) -> Draft {
        var draft = try read(source, options)
        guard !source.hasPlaces else { return draft }
        for index in draft.findings.indices { draft.findings[index].position = nil }
        for index in draft.operations.indices {
            for finding in draft.operations[index].findings.indices {
                draft.operations[index].findings[finding].position = nil
            }
        }
        return draft
    }

    private static func read(_ source: ImportSource, _ options: ImportOptions) throws(ImportError) -> Draft {
        try OpenAPIImporter().draft(files: source.files, root: source.root, options: options)
    }
}
