import Value

/// API definitions of tests.
enum Definitions {
    static func api(
        _ slug: String, _ baseURL: String, tunnel: String, endpoints: [JSON] = standard, authentication: JSON? = nil,
        timeout: Int = 10_000, proxy: String = "open", more: JSONObject = [:]
    ) -> JSON {
        var api: JSONObject = [
            "name": .string("API \(slug)"), "slug": .string(slug),
            "connection": ["base_url": .string(baseURL), "timeout_ms": .number(JSONNumber(timeout))],
            "endpoints": .array(endpoints),
            "security": ["validation": "off", "proxy": .string(proxy)],
            "tunnel": ["enabled": true, "type": "platform_agent", "tunnel_id": .string(tunnel)],
        ]
        if let authentication { api["authentication"] = authentication }
        for (key, value) in more { api[key] = value }
        return ["custom_api": .object(api)]
    }

    static func apiKey(_ key: String, header: String = "X-API-Key") -> JSON {
        ["type": "api_key", "config": ["header_name": .string(header), "key": .string(key)]]
    }

    static func bearer(_ token: String) -> JSON {
        ["type": "bearer_token", "config": ["token": .string(token)]]
    }

    static func endpoint(_ name: String, _ method: String, _ path: String, _ parameters: [JSON] = []) -> JSON {
        var endpoint: JSONObject = ["name": .string(name), "method": .string(method), "path": .string(path)]
        if !parameters.isEmpty { endpoint["parameters"] = .array(parameters) }
        return .object(endpoint)
    }

    static func parameter(
        _ name: String, in place: String, type: String = "string", required: Bool = true
    ) -> JSON {
        ["name": .string(name), "in": .string(place), "type": .string(type), "required": .bool(required)]
    }

    /// Endpoints for what every ``TestOrigin`` does.
    static let standard: [JSON] = [
        endpoint("hello", "GET", "/hello"), endpoint("echo", "POST", "/echo"), endpoint("never", "GET", "/never"),
        endpoint("item", "GET", "/items/{id}", [parameter("id", in: "path")]),
        endpoint(
            "search", "GET", "/search",
            [parameter("q", in: "query"), parameter("limit", in: "query", type: "integer", required: false)]),
        endpoint("status", "GET", "/status/{code}", [parameter("code", in: "path", type: "integer")]),
        endpoint("bytes", "GET", "/bytes/{count}", [parameter("count", in: "path", type: "integer")]),
        endpoint("sink", "POST", "/sink"),
    ]
}
