/// Why an argument could not be written as its parameter says. Names the parameter, never its value.
package struct ParameterError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable, Hashable, CaseIterable {
        /// A path parameter without a value, or one that comes to nothing.
        case missing, empty
        /// Would change the path (S6).
        case dotSegment, slash
        /// A line break or NUL where it cannot be encoded, or a NUL anywhere (S7).
        case controlCharacter
        /// Cannot stand in a header.
        case fieldValue
        /// Holds what separates items in its style, which does not encode it.
        case separator
        /// A style for arrays or objects, and a value of another shape.
        case shape
        /// A property's name that cannot be a parameter's.
        case badName
        /// A property's name that belongs to another parameter or to the API's credential.
        case reservedName
    }

    package let code: Code
    /// The parameter's name in the definition.
    package let parameter: String

    package init(code: Code, parameter: String) {
        self.code = code
        self.parameter = parameter
    }

    package var description: String {
        let name = quoted(parameter)
        return switch code {
        case .missing: "The path parameter \(name) has no value."
        case .empty: "The path parameter \(name) is empty, which would change the path."
        case .dotSegment: "The path parameter \(name) is . or .. in some encoding, which would change the path."
        case .slash: "The parameter \(name) contains a slash or backslash, which would change the path."
        case .controlCharacter: "The parameter \(name) contains a line break or a NUL character."
        case .fieldValue: "The parameter \(name) contains characters that cannot stand in a header."
        case .separator: "The parameter \(name) contains the character that separates its items."
        case .shape: "The parameter \(name) is of a shape that its style cannot write."
        case .badName: "The parameter \(name) has a property whose name cannot be sent."
        case .reservedName: "The parameter \(name) has a property that is named like another parameter."
        }
    }
}
