package import EgressPolicy
package import Value

/// One operation of an API.
package struct CompiledEndpoint: Sendable {
    /// Where the request's body comes from.
    package enum Body: Sendable, Hashable {
        /// There is none.
        case none
        /// From the argument `body`.
        case whole
        /// An object of the arguments with these names; where it is open, of all that are no parameters.
        case properties([String], isOpen: Bool)
    }

    package let name: String
    /// The endpoint's description, as agents see it.
    package let summary: String?
    /// Upper case.
    package let method: String
    /// Below the base URL's path; its `description` is what logs and the audit name. With ``AuthPlan/url(_:)`` the name
    /// `secret` in it is no parameter.
    package let template: PathTemplate
    /// What the endpoint's own URL appends to the query.
    package let fixedQuery: [FixedQuery]
    package let parameters: [Parameter]
    package let body: Body
    /// How the body is written, where there is one.
    package let content: RequestContent
    /// Whether a request without a body is a mistake.
    package let requiresBody: Bool
    /// False where the definition says `security: []`: the credential is not sent (S9).
    package let sendsCredential: Bool
    /// Whether a person has to agree to each call.
    package let needsApproval: Bool
    /// The JSON Schema of the arguments. Its `$ref`s lead into ``definitions``, which all endpoints of the API share.
    package let arguments: JSON
    /// The names in ``definitions`` that ``arguments`` refers to itself.
    package let argumentUses: Set<String>
    /// Judges arguments.
    package let argumentSchema: EndpointSchema
    /// The documented schema of the answer, if any, with references as in ``arguments``.
    package let response: JSON?
    /// The names in ``definitions`` that ``response`` refers to itself.
    package let responseUses: Set<String>
    /// Judges answers, where they are documented.
    package let responseSchema: EndpointSchema?
    /// Where what ``response`` is made of stands in the definition.
    package let responsePlaces: SchemaPlaces
    /// As written.
    package let examples: JSON?
    /// What `Accept` says; nil: JSON rather than anything else.
    package let accept: String?
    /// Headers of the API's answer that a tool's answer carries beside the usual ones, in lower case.
    package let responseHeaders: [String]
    /// What the references of all schemas of the API lead to.
    package let definitions: SchemaDefinitions

    /// ``arguments`` with all it refers to, under its own `$defs`. Made anew each time: it can be as large as the definition.
    package var selfContainedArguments: JSON { definitions.selfContained(arguments, uses: argumentUses) }
    /// ``response`` with all it refers to, likewise.
    package var selfContainedResponse: JSON? {
        response.map { definitions.selfContained($0, uses: responseUses) }
    }

    /// The path parameters that may hold slashes (S6), as `PathTemplate.render` takes them.
    package var slashParameters: Set<String> { Set(parameters.filter(\.format.allowsSlash).map(\.name)) }
}
