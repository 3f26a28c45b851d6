package import Value

/// A definition made from something that describes an API, for a person to look at and to accept.
///
/// Nothing of the source is dropped in silence: what was changed or left out stands in a finding, of the operation it
/// belongs to or of the whole draft.
package struct Draft: Sendable {
    /// What the draft was made from.
    package enum Source: String, Sendable {
        case openapi, postman, har, curl, graphql, observed
    }

    package var source: Source
    /// The version of the source's format, such as `3.0.3`; nil where the format has none.
    package var version: String?
    /// Everything of the definition save its `endpoints`: `name`, `description`, `connection`, `authentication`, `$defs`.
    /// Secrets are absent; they are the owner's to write.
    package var definition: JSONObject
    /// Every operation of the source, in its order, also those that are left out.
    package var operations: [DraftOperation]
    /// What concerns no operation alone.
    package var findings: [Finding]

    package init(
        source: Source, version: String? = nil, definition: JSONObject, operations: [DraftOperation] = [],
        findings: [Finding] = []
    ) {
        self.source = source
        self.version = version
        self.definition = definition
        self.operations = operations
        self.findings = findings
    }
}
