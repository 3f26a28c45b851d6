package import Value

/// Why a capture could not be read at all.
package struct CaptureError: Error, Sendable, Hashable, CustomStringConvertible {
    package let message: String
    /// Nil where it has none.
    package let position: Position?

    init(_ message: String, at position: Position? = nil) {
        self.message = message
        self.position = position
    }

    package var description: String { position.map { "\($0): \(message)" } ?? message }
}
