package import OpenAPI

/// What an owner has that describes an API.
package struct ImportSource: Sendable {
    package var files: [ImportFile]
    /// The file that the others belong to; found where it is not told.
    package var root: String?
    /// Whether lines and columns are those of what the owner has; not so for a document that came inside another one.
    package var hasPlaces: Bool

    package init(files: [ImportFile], root: String? = nil, hasPlaces: Bool = true) {
        self.files = files
        self.root = root
        self.hasPlaces = hasPlaces
    }
}
