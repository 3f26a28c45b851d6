package import Value

extension Draft {
    /// The member `tunnel` of a definition whose calls go through one of the relay's tunnels.
    package static func tunnel(_ id: String) -> JSON {
        ["enabled": true, "type": "platform_agent", "tunnel_id": .string(id)]
    }

    /// A definition's authentication with a token endpoint that needs neither its owner nor a tunnel, for trying out what
    /// is not finished yet; any other authentication as it is.
    package static func completed(authentication: JSON?) -> JSON? {
        withTokenURL(authentication) { $0?.hasPrefix("https:") == true ? $0 : "https://api.example.com/token" }
    }

    /// A definition's authentication with another token endpoint wherever it has OAuth, alone or among others.
    package static func withTokenURL(_ authentication: JSON?, _ change: (String?) -> String?) -> JSON? {
        guard var object = authentication?.object else { return authentication }
        if let parts = object["of"]?.array {
            object["of"] = .array(parts.compactMap { withTokenURL($0, change) })
        } else if object["type"] == "oauth2" {
            var config = object["config"]?.object ?? [:]
            config["token_url"] = change(config["token_url"]?.string).map { .string($0) }
            object["config"] = .object(config)
        }
        return .object(object)
    }

    /// The definition with the endpoints of all operations that were imported.
    package var wholeDefinition: JSON { wholeDefinition { _ in true } }

    /// The definition with the endpoints of those imported operations that `isSelected` takes, and with what of `$defs`
    /// these use.
    package func wholeDefinition(selecting isSelected: (DraftOperation) -> Bool) -> JSON {
        var whole = definition
        whole["endpoints"] = .array(
            operations.compactMap { operation in
                guard let endpoint = operation.endpoint, isSelected(operation) else { return nil }
                return .object(endpoint)
            })
        return .object(DefinitionReferences.dropUnused(from: whole))
    }
}
