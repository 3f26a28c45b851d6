package import EgressPolicy

/// What an owner wants of an import.
package struct ImportOptions: Sendable {
    /// The base URL to use instead of the document's own.
    package var baseURL: String?
    /// Where the document was fetched from: relative servers and references count from it.
    package var sourceURL: String?
    /// The API's name; the document's title by default.
    package var name: String?
    /// The id of the tunnel that calls go through; nil for calls that the relay makes itself.
    package var tunnel: String?
    /// The token endpoint to use instead of the document's.
    package var tokenURL: String?
    /// The only server whose operations are wanted, as an origin; nil for the one that most are at. See
    /// ``OpenAPIImporter/drafts(files:root:options:)``.
    package var server: Origin?
    /// Which operations are wanted; all by default.
    package var selection: OperationSelection

    package init(
        baseURL: String? = nil, sourceURL: String? = nil, name: String? = nil, tunnel: String? = nil,
        tokenURL: String? = nil, server: Origin? = nil, selection: OperationSelection = OperationSelection()
    ) {
        self.tunnel = tunnel
        self.tokenURL = tokenURL
        self.server = server
        self.baseURL = baseURL
        self.sourceURL = sourceURL
        self.name = name
        self.selection = selection
    }
}

extension ImportOptions {
    /// A token endpoint as a definition can have it: over `https` or `http`, without braces and fragment; nil for
    /// anything else.
    package static func tokenURL(_ text: String) -> String? { TokenURLs.usable(text) }
}

/// What an import may cost.
package struct ImportLimits: Sendable {
    /// Bytes of one file. 48 MiB by default.
    package var bytes: Int
    /// Values in one file. 2,000,000 by default.
    package var values: Int
    /// Schemas of a definition. 300,000 by default, as the registry has it.
    package var schemas: Int
    /// Endpoints of a definition. 2,000 by default, as the registry has it.
    package var endpoints: Int
    /// Operations that are looked at. 20,000 by default.
    package var operations: Int

    /// Bytes of a definition's endpoints as JSON, since many may have one text behind references. 64 MiB by default.
    package var text: Int

    package init(
        bytes: Int = 48 << 20, values: Int = 2_000_000, schemas: Int = 300_000, endpoints: Int = 2000,
        operations: Int = 20_000, text: Int = 64 << 20
    ) {
        self.text = text
        self.bytes = bytes
        self.values = values
        self.schemas = schemas
        self.endpoints = endpoints
        self.operations = operations
    }
}
