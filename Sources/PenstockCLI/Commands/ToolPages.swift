import NIOHTTP1
import Value

/// Joins what the relay lists in pages that are bounded in tools and in bytes.
enum ToolPages {
    /// Tools that are asked for at a time: as many as the relay gives.
    static let limit = 1000

    /// Joins the parts of an API that came on several pages.
    static func merged(_ parts: [JSON]) -> [JSON] {
        var order: [String] = []
        var apis: [String: JSON] = [:]
        for part in parts {
            guard let slug = part["slug"]?.string else { continue }
            if apis[slug] == nil { order.append(slug) }
            apis[slug] = apis[slug].map { joined($0, part) } ?? part
        }
        return order.compactMap { apis[$0] }
    }

    /// All tools of one API with their schemas.
    static func all(of slug: String, _ relay: RelayClient) async throws(CommandFailure) -> JSON {
        let path: RelayPath = "/v1/tools" / slug
        var whole = try await relay.send(.GET, path).body
        while let cursor = whole["next_cursor"]?.string {
            let next = try await relay.send(.GET, path.query("cursor", cursor)).body
            whole = joined(whole, next)
        }
        guard var object = whole.object else { return whole }
        object["next_cursor"] = .none
        return .object(object)
    }

    private static func joined(_ first: JSON, _ second: JSON) -> JSON {
        guard var object = first.object else { return second }
        object["endpoints"] = .array((first["endpoints"]?.array ?? []) + (second["endpoints"]?.array ?? []))
        if var shared = first["$defs"]?.object {
            for (name, schema) in second["$defs"]?.object ?? [:] { shared[name] = schema }
            object["$defs"] = .object(shared)
        }
        object["next_cursor"] = second["next_cursor"]
        return .object(object)
    }
}
