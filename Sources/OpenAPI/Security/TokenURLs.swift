import EgressPolicy

/// Reads the token endpoints of a document's security schemes.
struct TokenURLs {
    /// What relative ones count from; nil where nobody knows.
    var base: String?
    /// The endpoint that the owner gave instead of the document's.
    var given: String?
    /// What the names in braces stand for.
    var variables: [String: String] = [:]

    private static let longest = 4096

    /// Absolute, over `https` or `http`; nil for what only the owner can complete.
    func read(_ text: String?) -> String? {
        if let given { return Self.usable(given) }
        guard let text, text.utf8.count <= Self.longest else { return nil }
        var url = filled(Texts.trimmed(text))
        if !url.contains("://") {
            guard let base, !url.contains("{") else { return nil }
            url = FilePath.resolved(url, from: base)
        }
        return Self.usable(url)
    }

    private func filled(_ text: String) -> String {
        guard text.contains("{") else { return text }
        var result = ""
        var rest = Substring(text)
        while let open = rest.firstIndex(of: "{"), let close = rest[open...].firstIndex(of: "}") {
            let name = String(rest[rest.index(after: open)..<close])
            result += rest[..<open]
            result += variables[name] ?? String(rest[open...close])
            guard result.utf8.count <= Self.longest else { return text }
            rest = rest[rest.index(after: close)...]
        }
        return result + rest
    }

    /// The URL as a definition can have it, its scheme in small letters; nil for anything else.
    static func usable(_ url: String) -> String? {
        guard let mark = url.firstRange(of: "://") else { return nil }
        let scheme = url[..<mark.lowerBound].lowercased()
        guard scheme == "https" || scheme == "http" else { return nil }
        let rest = url[mark.upperBound...]
        let end = rest.firstIndex { "/?#".contains($0) } ?? rest.endIndex
        guard (try? Origin("\(scheme)://" + rest[..<end])) != nil, !rest.contains("{"), !rest.contains("#"),
            (try? RequestTarget(end == rest.endIndex ? "/" : String(rest[end...]))) != nil
        else { return nil }
        return "\(scheme)://" + rest
    }
}
