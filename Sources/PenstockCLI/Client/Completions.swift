import ArgumentParser
import NIOHTTP1
import Value

/// What a shell offers for an argument: it asks the relay, briefly, and offers nothing where that fails.
enum Completions {
    static let slugs = CompletionKind.custom { words, _, _ in
        await relay(words) { try await $0.list("/v1/apis").compactMap { $0["slug"]?.string } }
    }

    static let tunnels = CompletionKind.custom { words, _, _ in
        await relay(words) { try await $0.list("/v1/tunnels").compactMap { $0["name"]?.string } }
    }

    static let tools = CompletionKind.custom { words, _, _ in
        await relay(words) { relay in
            try await relay.list(RelayPath("/v1/tools").query("limit", "1000")).flatMap { api in
                (api["endpoints"]?.array ?? []).compactMap { endpoint in
                    guard let slug = api["slug"]?.string, let name = endpoint["name"]?.string else { return nil }
                    return "\(slug).\(name)"
                }
            }
        }
    }

    static let contexts = CompletionKind.custom { words, _, _ in
        let file = ConfigurationFile(flag: value(of: "--config", words), environment: .current())
        return (try? file?.object())?["contexts"]?.object.map { Array($0.keys) } ?? []
    }

    /// Runs `body` with the relay that the words before the cursor, the environment and the file name.
    private static func relay(
        _ words: [String], _ body: @Sendable (RelayClient) async throws -> [String]
    ) async -> [String] {
        var arguments: [String] = []
        for flag in ["--config", "--url", "--token-file", "--ca-file", "--context"] {
            if let value = value(of: flag, words) { arguments += [flag, value] }
        }
        guard let options = try? GlobalOptions.parse(arguments) else { return [] }
        var found: [String] = []
        try? await options.withRelay { relay, _ in found = try await body(relay) }
        return found
    }

    private static func value(of flag: String, _ words: [String]) -> String? {
        guard let index = words.firstIndex(of: flag), index + 1 < words.count else { return nil }
        return words[index + 1]
    }
}
