package import Drafts

/// A file that was found.
package struct DiscoveredFile: Sendable {
    /// Where it was, in full, for what in it is relative.
    package var address: WebAddress
    package var bytes: [UInt8]
}

/// Why an importer could not read what was found. The message is shown; it quotes nothing of the file.
package struct DiscoveryImportError: Error, Sendable {
    package var message: String

    package init(_ message: String) {
        self.message = message
    }
}

/// Who makes drafts of what is found.
package struct DiscoveryImporters: Sendable {
    /// Reads an OpenAPI or Swagger document, JSON or YAML: the first file, and those that it refers to.
    package var openAPI: @Sendable ([DiscoveredFile]) throws(DiscoveryImportError) -> Draft
    /// Reads `curl` commands as documentation shows them; nil from it where none is for this API. Nil: they are passed
    /// over.
    package var commands: (@Sendable (_ commands: [String], _ base: String) -> Draft?)?

    package init(
        openAPI: @escaping @Sendable ([DiscoveredFile]) throws(DiscoveryImportError) -> Draft,
        commands: (@Sendable (_ commands: [String], _ base: String) -> Draft?)? = nil
    ) {
        self.openAPI = openAPI
        self.commands = commands
    }
}
