import Discovery
import Drafts
import Registry
import Testing
import Value

/// Reads a draft's definition as the relay reads one that is written.
func accepted(_ draft: Draft, tunnels: Set<String>? = nil) throws -> CustomAPIDefinition {
    try CustomAPIDefinition(
        draft.wholeDefinition, context: DefinitionContext(user: "usr_1", api: "api_1", tunnels: tunnels))
}

extension Draft {
    var endpoints: [JSONObject] { operations.compactMap(\.endpoint) }
    /// `GET /path` of every endpoint.
    var signatures: [String] {
        endpoints.map { "\($0["method"]?.string ?? "") \($0["path"]?.string ?? "")" }
    }
    func endpoint(_ name: String) -> JSONObject? { endpoints.first { $0["name"]?.string == name } }
}
