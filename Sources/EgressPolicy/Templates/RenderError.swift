/// Why a parameter could not be put into a request. Names the parameter, never its value.
package struct RenderError: Error, Sendable, Hashable, CustomStringConvertible {
    package enum Code: String, Sendable, Hashable, CaseIterable {
        case missing, empty, dotSegment, slash, controlCharacter, badName
    }

    package let code: Code
    /// The parameter's name in the definition.
    package let parameter: String

    package var description: String {
        switch code {
        case .missing: "The path parameter \(quoted(parameter)) has no value."
        case .empty: "The path parameter \(quoted(parameter)) is empty, which would change the path."
        case .dotSegment:
            "The path parameter \(quoted(parameter)) is . or .. in some encoding, which would change the path."
        case .slash:
            "The path parameter \(quoted(parameter)) contains a slash or backslash, which would change the path."
        case .controlCharacter: "The parameter \(quoted(parameter)) contains a line break or a NUL character."
        case .badName: "The parameter has no name, or its name contains a control character."
        }
    }
}
