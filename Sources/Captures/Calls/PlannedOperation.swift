import Drafts
import EgressPolicy
import Value

/// An operation on its way into a draft.
struct PlannedOperation {
    var method: String
    /// As the source has it.
    var path: String
    /// Nil for what is left out; then the findings say why.
    var shape: EndpointShape?
    var name: String?
    var description: String?
    var tags: [String] = []
    var isDeprecated = false
    /// Whether the source says that it takes no credential.
    var isPublic = false
    var findings: [Finding] = []
    var pointer: JSONPointer
    var position: Position?

    mutating func leaveOut(_ code: String, _ message: String) {
        shape = nil
        findings.append(Finding(.leftOut, code, message, at: pointer, position: position))
    }
}
