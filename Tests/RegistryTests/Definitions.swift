import Registry
import Value

/// A definition that is good as it stands, and what tests do to it.
enum Definitions {
    static let crm: JSON = [
        "name": "My Company CRM",
        "connection": ["base_url": "http://crm.corp.example:8080/api/v1", "timeout_ms": 5000],
        "authentication": ["type": "api_key", "config": ["header_name": "X-API-Key", "key": "marked-secret"]],
        "endpoints": [
            [
                "name": "get_customer", "description": "Retrieve customer by ID", "method": "GET",
                "path": "/customers/{customer_id}",
                "parameters": [
                    ["name": "customer_id", "in": "path", "type": "string", "required": true, "description": "The id"],
                    ["name": "limit", "in": "query", "schema": ["type": "integer", "default": 10]],
                ],
            ],
            ["name": "search_customers", "method": "post", "path": "/customers/search"],
        ],
        "tunnel": ["enabled": true, "type": "platform_agent", "tunnel_id": "tun_1"],
    ]

    static let context = DefinitionContext(user: "usr_1", api: "api_1", tunnels: ["tun_1"])

    static func read(
        _ json: JSON, _ context: DefinitionContext = context
    ) throws(DefinitionError) -> CustomAPIDefinition {
        try CustomAPIDefinition(json, context: context)
    }

    /// The same API at a public address, without a tunnel.
    static let direct: JSON = edit(
        edit(crm, "/tunnel", nil), "/connection/base_url", "https://crm.example.com/api/v1")

    static func compile(
        _ json: JSON, _ context: DefinitionContext = context
    ) throws(DefinitionError) -> CompiledAPI {
        try CompiledAPI(stored: stored(read(json, context)))
    }

    static func edit(_ json: JSON, _ pointer: String, _ value: JSON?) -> JSON {
        var tokens = (JSONPointer(text: pointer) ?? .root).tokens[...]
        return edit(json, &tokens, value)
    }

    static func stored(_ definition: CustomAPIDefinition, version: Int = 1) -> StoredAPI {
        StoredAPI(
            id: "api_1", user: "usr_1", slug: definition.slug, definition: definition.stored, version: version,
            created: 0, updated: 0)
    }

    /// The good definition with one value set (or removed) at a pointer, and the faults that gives.
    static func faults(
        _ pointer: String, _ value: JSON?, in json: JSON = crm, _ context: DefinitionContext = context
    ) -> [DefinitionFault] {
        do {
            _ = try read(edit(json, pointer, value), context)
            return []
        } catch {
            return error.faults
        }
    }

    static func edit(_ json: JSON, _ tokens: inout ArraySlice<String>, _ value: JSON?) -> JSON {
        guard let token = tokens.popFirst() else { return value ?? .null }
        if var list = json.array, let index = Int(token) {
            if list.indices.contains(index) {
                list[index] = edit(list[index], &tokens, value)
            } else {
                list.append(value ?? .null)
            }
            return .array(list)
        }
        var object = json.object ?? [:]
        object[token] = tokens.isEmpty ? value : edit(object[token] ?? [:], &tokens, value)
        return .object(object)
    }
}
