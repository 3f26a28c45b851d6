package import Value

/// One operation of a source, and the endpoint that it became.
package struct DraftOperation: Sendable {
    /// What became of an operation.
    package enum Outcome: String, Sendable {
        case imported
        case importedWithChanges = "imported_with_changes"
        case leftOut = "left_out"
        /// The owner did not want it.
        case notSelected = "not_selected"
    }

    /// In capitals.
    package var method: String
    /// The path as the source writes it.
    package var path: String
    /// The source's own name for it.
    package var operationID: String?
    package var tags: [String]
    package var isDeprecated: Bool
    /// Whether the owner wanted it. True by default.
    package var isSelected = true
    /// A member of a definition's `endpoints`; nil when the operation is left out.
    package var endpoint: JSONObject?
    package var findings: [Finding]
    /// Where it stands in the source; nil where that has no places.
    package var pointer: JSONPointer?

    package init(
        method: String, path: String, operationID: String? = nil, tags: [String] = [], isDeprecated: Bool = false,
        endpoint: JSONObject? = nil, findings: [Finding] = [], pointer: JSONPointer? = nil
    ) {
        self.method = method
        self.path = path
        self.operationID = operationID
        self.tags = tags
        self.isDeprecated = isDeprecated
        self.endpoint = endpoint
        self.findings = findings
        self.pointer = pointer
    }

    package var outcome: Outcome {
        guard isSelected else { return .notSelected }
        guard endpoint != nil else { return .leftOut }
        return findings.contains { $0.effect == .change } ? .importedWithChanges : .imported
    }
}
