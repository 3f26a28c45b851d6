import ArgumentParser

/// `slug.endpoint`, as agents write it, with or without `custom.` before it.
struct ToolName: Sendable, Hashable, ExpressibleByArgument {
    let slug: String
    let endpoint: String?

    /// - Parameter argument: `slug`, `slug.endpoint` or `custom.slug.endpoint`.
    init?(argument: String) {
        var parts = argument.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
        if parts.count > 1, parts[0] == "custom" { parts.removeFirst() }
        guard (1...2).contains(parts.count), !parts.contains("") else { return nil }
        slug = parts[0]
        endpoint = parts.count == 2 ? parts[1] : nil
    }
}
