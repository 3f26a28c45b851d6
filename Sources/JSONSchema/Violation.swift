package import Value

/// One way in which a value is not what its schema asks for. Holds nothing of the value but the names that lead to the
/// place.
package struct Violation: Sendable, Hashable {
    /// The place in the value.
    package let pointer: JSONPointer
    /// The place of the keyword in the schema: the document's URI, when it has one, and a JSON Pointer as fragment.
    package let schema: String
    /// The keyword; `false` for the schema that admits nothing, `limit` when the work allowed was used up.
    package let keyword: String
    /// What the schema asks for, for people; never what the value is.
    package let message: String

    /// A violation known by its parts.
    package init(pointer: JSONPointer, schema: String, keyword: String, message: String) {
        self.pointer = pointer
        self.schema = schema
        self.keyword = keyword
        self.message = message
    }
}

extension Violation: CustomStringConvertible {
    package var description: String { "\(pointer): \(message) (\(schema))" }
}
