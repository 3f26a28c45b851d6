package import EgressPolicy
package import Value

/// A named argument of an endpoint, as OpenAPI describes parameters (OpenAPI 3.1, section 4.8.12).
package struct Parameter: Sendable, Hashable {
    /// Where it goes, and how its value becomes text.
    package let format: ParameterFormat
    /// Whether callers have to give it: what has a default need not be given.
    package let isRequired: Bool
    /// Sent where no value is given: a required parameter's default, or one that the definition says is sent.
    package let sentDefault: JSON?
    /// What agents are shown.
    package let schema: JSON
    /// The argument that it takes; the parameter's own name unless another parameter of the endpoint has that too.
    package let argument: String
    /// Whether its value is written as JSON, whatever it is, instead of by its style.
    package let isJSON: Bool

    /// On the wire.
    package var name: String { format.name }
    package var location: ParameterLocation { format.location }
}
