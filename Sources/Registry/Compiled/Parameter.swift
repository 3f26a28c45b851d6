package import Value

/// A named argument of an endpoint.
package struct Parameter: Sendable, Hashable {
    package enum Location: String, Sendable {
        case path, query
    }

    package enum Kind: String, Sendable, CaseIterable {
        case string, integer, number, boolean
    }

    package let name: String
    package let location: Location
    package let kind: Kind
    package let isRequired: Bool
    /// Whether a path argument may hold `/` and `\` (S6).
    package let allowsSlash: Bool
    /// What agents are shown.
    package let schema: JSON
}
