import Captures
import Drafts
import Registry
import Value

/// Reads captures, and what came of them.
enum Reading {
    static func read(_ text: String, as kind: CaptureKind) throws -> Draft {
        try Captures.read(Array(text.utf8), as: kind)
    }

    /// The draft as the registry takes it, with every secret filled in, and a tunnel where it cannot do without.
    static func accepted(_ draft: Draft) throws -> CustomAPIDefinition {
        var definition = draft.wholeDefinition.object ?? [:]
        if draft.findings.contains(where: { $0.code == "tunnel_needed" }) {
            definition["tunnel"] = ["enabled": true, "type": "platform_agent", "tunnel_id": "tun_1"]
        }
        definition["authentication"] = definition["authentication"].map(filled)
        return try CustomAPIDefinition(
            .object(definition), context: DefinitionContext(user: "usr_1", api: "api_1", tunnels: ["tun_1"]))
    }

    private static func filled(_ authentication: JSON) -> JSON {
        guard var object = authentication.object else { return authentication }
        if let parts = object["of"]?.array {
            object["of"] = .array(parts.map(filled))
            return .object(object)
        }
        var config = object["config"]?.object ?? [:]
        for key in secrets[object["type"]?.string ?? ""] ?? [] { config[key] = "filled" }
        object["config"] = .object(config)
        return .object(object)
    }

    private static let secrets = [
        "api_key": ["key"], "bearer_token": ["token"], "basic_auth": ["username", "password"],
        "oauth2": ["client_id", "client_secret"],
    ]

    /// The one curl endpoint of a command.
    static func curl(_ text: String) throws -> (draft: Draft, endpoint: JSON) {
        let draft = try read(text, as: .curl)
        _ = try accepted(draft)
        return (draft, draft.wholeDefinition["endpoints"]?[0] ?? .null)
    }
}

extension Draft {
    func endpoint(_ name: String) -> JSON? {
        operations.first { $0.endpoint?["name"]?.string == name }?.endpoint.map { .object($0) }
    }

    var codes: [String] { (findings + operations.flatMap(\.findings)).map(\.code) }
}

extension JSON {
    /// The parameter of a name.
    func parameter(_ name: String) -> JSON? { self["parameters"]?.array?.first { $0["name"]?.string == name } }
}
