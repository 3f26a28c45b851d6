/// What a parameter is rendered from: a scalar's text, or what an array or object holds. OpenAPI leaves anything deeper
/// undefined.
package enum ParameterValue: Sendable, Hashable, ExpressibleByStringLiteral {
    case scalar(String)
    case array([String])
    /// In order; no two keys alike.
    case object([Property])

    package struct Property: Sendable, Hashable {
        package var key: String
        package var value: String

        package init(_ key: String, _ value: String) {
            self.key = key
            self.value = value
        }
    }

    package init(stringLiteral value: String) { self = .scalar(value) }
}

/// Where a parameter goes (OpenAPI 3.1 section 4.8.12.1).
package enum ParameterLocation: String, Sendable, Hashable, CaseIterable {
    case path, query, header, cookie

    /// What goes there where nothing is said.
    package var defaultStyle: ParameterStyle {
        switch self {
        case .path, .header: .simple
        case .query, .cookie: .form
        }
    }

    /// What may go there.
    package var styles: [ParameterStyle] {
        switch self {
        case .path: [.simple, .label, .matrix]
        case .query: [.form, .spaceDelimited, .pipeDelimited, .tabDelimited, .deepObject]
        case .header: [.simple]
        case .cookie: [.form]
        }
    }
}

/// How a parameter is written (OpenAPI 3.1 section 4.8.12.3); `tabDelimited` is 2.0's `tsv`.
package enum ParameterStyle: String, Sendable, Hashable, CaseIterable {
    case simple, label, matrix, form, spaceDelimited, pipeDelimited, tabDelimited, deepObject

    /// Whether items and properties stand apart where nothing is said.
    package var explodesByDefault: Bool { self == .form }
}
