import NIOHTTP1
import Settings
import Value

/// Finds what people name by its name or its id.
extension RelayClient {
    /// A tunnel by its id or its name.
    func tunnel(_ text: String) async throws(CommandFailure) -> JSON {
        try await find(text, in: "/v1/tunnels", what: "tunnel", prefix: "tun_")
    }

    /// A user by their id or their name; for operators.
    func user(_ text: String) async throws(CommandFailure) -> JSON {
        try await find(text, in: "/v1/users", what: "user", prefix: "usr_")
    }

    /// The id of a user; nil for nil.
    func userID(_ text: String?) async throws(CommandFailure) -> String? {
        guard let text else { return nil }
        return try await user(text)["id"]?.string
    }

    private func find(
        _ text: String, in path: RelayPath, what: String, prefix: String
    ) async throws(CommandFailure) -> JSON {
        if text.hasPrefix(prefix) { return try await send(.GET, path / text).body }
        let items = try await list(path)
        let found = items.filter { $0["name"]?.string == text }
        guard let first = found.first else {
            let near = nearest(text, among: items.compactMap { $0["name"]?.string })
            throw CommandFailure(
                .refused, "there is no \(what) named \(text.quotedForMessage)",
                notes: near.map { ["Did you mean \($0.quotedForMessage)?"] } ?? [], code: "UNKNOWN_API")
        }
        guard found.count == 1 else {
            throw CommandFailure(
                .usage, "\(found.count) \(what)s are named \(text.quotedForMessage): name one by its id",
                notes: found.compactMap { $0["id"]?.string })
        }
        return first
    }
}
