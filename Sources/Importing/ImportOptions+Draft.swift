package import Drafts
import OpenAPI
import Value

extension ImportOptions {
    /// Does to a draft that was made of recorded calls what the importer of OpenAPI documents does itself.
    func apply(to draft: inout Draft) {
        if let name { draft.definition["name"] = .string(name) }
        if let baseURL {
            var connection = draft.definition["connection"]?.object ?? JSONObject()
            connection["base_url"] = .string(baseURL)
            draft.definition["connection"] = .object(connection)
            draft.findings.removeAll { $0.code == "base_url_unknown" }
            if baseURL.hasPrefix("https://") { draft.findings.removeAll { $0.code == "tunnel_needed" } }
        }
        if let tunnel {
            draft.definition["tunnel"] = Draft.tunnel(tunnel)
            draft.dropTunnelFindings()
        }
        if let tokenURL {
            draft.definition["authentication"] = Draft.withTokenURL(draft.definition["authentication"]) { _ in tokenURL
            }
            for index in draft.operations.indices {
                draft.operations[index].findings.removeAll { $0.code == "token_url_missing" }
            }
        }
        for index in draft.operations.indices {
            let operation = draft.operations[index]
            let isWanted = selection.contains(
                method: operation.method, path: operation.path, id: operation.operationID, tags: operation.tags,
                isDeprecated: operation.isDeprecated)
            guard !isWanted else { continue }
            draft.operations[index].isSelected = false
            draft.operations[index].endpoint = nil
        }
    }
}

extension Draft {
    /// Takes out what a draft says of a tunnel that is needed, for an API that has one.
    package mutating func dropTunnelFindings() {
        findings.removeAll {
            ["base_url_needs_tunnel", "token_url_needs_tunnel", "tunnel_needed"].contains($0.code)
        }
    }
}
