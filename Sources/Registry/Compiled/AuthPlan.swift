/// How a call identifies itself to the API. Holds references, never values.
package enum AuthPlan: Sendable, Hashable {
    package struct Credential: Sendable, Hashable {
        /// The last part of the reference.
        package let field: String
        /// `vault://users/<user>/apis/<api>/<field>`.
        package let reference: String
    }

    case none
    /// A header whose value is the prefix followed by the secret.
    case header(name: String, prefix: String, Credential)
    /// A query parameter, to be percent-encoded.
    case query(name: String, prefix: String, Credential)
    case cookie(name: String, prefix: String, Credential)

    /// The credentials it needs.
    package var credentials: [Credential] {
        switch self {
        case .none: []
        case .header(_, _, let credential), .query(_, _, let credential), .cookie(_, _, let credential): [credential]
        }
    }
}
