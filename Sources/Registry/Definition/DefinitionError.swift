package import Value

/// One thing that is wrong with a definition.
package struct DefinitionFault: Sendable, Hashable, CustomStringConvertible {
    package enum Kind: String, Sendable, Hashable {
        /// Not what the schema says; `INVALID_REQUEST`.
        case invalid
        /// A URL that may not be called this way; `URL_NOT_ALLOWED`.
        case urlNotAllowed
    }

    package var kind: Kind
    /// Where, in the document as it was sent.
    package var pointer: JSONPointer
    /// What is wrong and what to write instead. Never repeats a secret.
    package var message: String
    /// Line and column, when the document had them.
    package var position: Position?

    package var description: String {
        let place = pointer.tokens.isEmpty ? "the document" : "\(pointer)"
        return "\(place)\(position.map { " (\($0))" } ?? ""): \(message)"
    }
}

/// All faults of a definition, in the order of reading.
package struct DefinitionError: Error, Sendable, Hashable, CustomStringConvertible {
    package let faults: [DefinitionFault]

    /// What the whole amounts to: what is invalid has to be mended first, then what is not allowed.
    package var kind: DefinitionFault.Kind {
        faults.contains { $0.kind == .invalid } ? .invalid : .urlNotAllowed
    }

    package var description: String { faults.map(\.description).joined(separator: "\n") }
}
