package import Value

/// Why a text is not a YAML document that can be read, and where.
package struct YAMLError: Error, Sendable, Hashable {
    /// What is wrong, without the place.
    package let message: String
    /// Where the fault shows.
    package let position: Position

    init(_ message: String, at position: Position) {
        self.message = message
        self.position = position
    }
}

extension YAMLError: CustomStringConvertible {
    package var description: String { "\(position): \(message)" }
}
