/// Why a text is not a JSON document, and where.
package struct JSONParseError: Error, Sendable, Hashable {
    /// The kind of fault.
    package struct Code: Sendable, Hashable {
        private enum Value { case syntax, encoding, duplicateKey, limit }
        private let value: Value

        /// Not in the grammar of RFC 8259.
        package static let syntax = Code(value: .syntax)
        /// Not UTF-8, or an escape that is half of a surrogate pair.
        package static let encoding = Code(value: .encoding)
        /// A key that stands twice in one object.
        package static let duplicateKey = Code(value: .duplicateKey)
        /// Larger than the caller allows.
        package static let limit = Code(value: .limit)
    }

    /// What kind of fault it is.
    package let code: Code
    /// What is wrong, without the place.
    package let message: String
    /// Where the parser stopped, or the duplicate key.
    package let position: Position
    /// From the beginning of the text, counted from 0.
    package let byteOffset: Int
}

extension JSONParseError: CustomStringConvertible {
    package var description: String { "\(position): \(message)" }
}
