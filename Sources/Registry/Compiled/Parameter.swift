package import Value

/// A named argument of an endpoint, as OpenAPI describes parameters (OpenAPI 3.1, section 4.8.12).
package struct Parameter: Sendable, Hashable {
    package enum Location: String, Sendable, CaseIterable {
        case path, query, header, cookie
    }

    /// How values, lists and objects become text.
    package enum Style: String, Sendable, CaseIterable {
        case simple, label, matrix, form, spaceDelimited, pipeDelimited, deepObject
    }

    package let name: String
    package let location: Location
    package let style: Style
    /// Whether each element of a list or member of an object stands for itself.
    package let explode: Bool
    /// Whether characters of RFC 3986, section 2.2, stay as they are in a query's value.
    package let allowsReserved: Bool
    package let isRequired: Bool
    /// Whether a path argument may hold `/` and `\` (S6).
    package let allowsSlash: Bool
    /// What agents are shown.
    package let schema: JSON
}

extension Parameter.Location {
    /// The styles that may stand here, the usual one first.
    package var styles: [Parameter.Style] {
        switch self {
        case .path: [.simple, .label, .matrix]
        case .query: [.form, .spaceDelimited, .pipeDelimited, .deepObject]
        case .header: [.simple]
        case .cookie: [.form]
        }
    }
}
