package import Value

/// Something an importer noticed, and where.
package struct Finding: Sendable, Hashable {
    /// What it did to the draft.
    package enum Effect: String, Sendable {
        /// Nothing; worth knowing.
        case note
        /// What was imported differs from the source.
        case change
        /// Something, the whole operation where it belongs to one, was left out.
        case leftOut = "left_out"
    }

    package var effect: Effect
    /// A stable name of the kind, such as `reference_not_found`.
    package var code: String
    /// What happened and what to do, in words; no secrets.
    package var message: String
    /// The place in the source.
    package var pointer: JSONPointer
    /// The file of a source of several; nil for the only one.
    package var file: String?
    package var position: Position?

    package init(
        _ effect: Effect, _ code: String, _ message: String, at pointer: JSONPointer = .root, file: String? = nil,
        position: Position? = nil
    ) {
        self.effect = effect
        self.code = code
        self.message = message
        self.pointer = pointer
        self.file = file
        self.position = position
    }
}
