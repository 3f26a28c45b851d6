package import Drafts
import Registry
package import Value

extension Draft {
    /// The draft as `:import` answers it, with what listing each endpoint costs an agent's model.
    package var listed: JSON {
        let costs = EndpointCosts(of: wholeDefinition)
        return json(tokens: { endpoint in endpoint["name"]?.string.flatMap { costs.tokens[$0] } })
    }
}

/// What listing the endpoints of a definition costs, by their names.
private struct EndpointCosts {
    private(set) var tokens: [String: Int] = [:]

    /// None for a definition that cannot be used as it is.
    init(of definition: JSON) {
        guard var object = definition.object else { return }
        // Where it is called does not count, and may still be missing.
        object["connection"] = ["base_url": "https://draft.invalid"]
        object["authentication"] = nil
        object["security"] = nil
        object["tunnel"] = nil
        let stored = StoredAPI(
            id: "draft", user: "draft", slug: "draft", definition: .object(object), version: 1, created: 0, updated: 0)
        guard let api = try? CompiledAPI(stored: stored) else { return }
        for endpoint in api.endpoints {
            let texts = endpoint.name + " " + (endpoint.summary ?? "")
            tokens[endpoint.name] = ToolCost.tokens(of: texts) + ShownSchema.cost(endpoint.selfContainedArguments)
        }
    }
}
