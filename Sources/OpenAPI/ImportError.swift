package import Value

/// Why nothing could be imported at all.
package struct ImportError: Error, Sendable, Hashable, CustomStringConvertible {
    /// A stable name of the kind: `not_a_document`, `unreadable`, `unsupported_version`, `no_file`,
    /// `no_server`.
    package var code: String
    /// What is wrong and what to do, in words.
    package var message: String
    /// The file's name, where there are several.
    package var file: String?
    package var position: Position?

    package init(_ code: String, _ message: String, file: String? = nil, position: Position? = nil) {
        self.code = code
        self.message = message
        self.file = file
        self.position = position
    }

    package var description: String {
        let place = [file, position.map { "\($0)" }].compactMap(\.self).joined(separator: ", ")
        return place.isEmpty ? message : "\(place): \(message)"
    }
}
