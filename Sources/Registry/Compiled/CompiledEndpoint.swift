package import EgressPolicy
package import Value

/// One operation of an API.
package struct CompiledEndpoint: Sendable {
    /// Where the request's body comes from.
    package enum Body: Sendable, Hashable {
        /// There is none.
        case none
        /// From the argument `body`, any JSON value.
        case whole
        /// An object of the arguments with these names.
        case properties([String])
    }

    package let name: String
    /// The endpoint's description, as agents see it.
    package let summary: String?
    /// Upper case.
    package let method: String
    /// Below the base URL's path; its `description` is what logs and the audit name.
    package let template: PathTemplate
    package let parameters: [Parameter]
    package let body: Body
    /// False where the definition says `security: []`: the credential is not sent (S9).
    package let sendsCredential: Bool
    /// The JSON Schema of the arguments, as agents see it.
    package let arguments: JSON
    /// The documented schema of the answer, if any.
    package let response: JSON?
    /// As written.
    package let examples: JSON?

    /// The path parameters that may hold slashes (S6), as `PathTemplate.render` takes them.
    package var slashParameters: Set<String> { Set(parameters.filter(\.allowsSlash).map(\.name)) }
}
