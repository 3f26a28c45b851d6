import EgressPolicy

/// Where a server is: an origin and the path before its endpoints' paths.
struct ServerAddress: Hashable {
    var origin: Origin
    /// Empty, or with a slash at its beginning and none at its end.
    var path: String

    init(_ base: BaseURL) {
        origin = base.origin
        path = base.pathPrefix
    }

    var url: String { origin.description + path }
}

/// Reads server URLs as documents write them.
enum ServerURL {
    private static let longest = 8192

    /// Nil where it is no URL of a server, or is relative and nobody knows to what.
    static func read(_ text: String, relativeTo source: String?) -> ServerAddress? {
        guard text.utf8.count <= longest else { return nil }
        var url = Texts.trimmed(text)
        if let end = url.firstIndex(where: { $0 == "?" || $0 == "#" }) { url = String(url[..<end]) }
        if url.hasPrefix("//") {
            url = (source?.lowercased().hasPrefix("http:") ?? false ? "http:" : "https:") + url
        } else if !url.contains("://") {
            if source == nil || looksLikeHost(url), let address = address("https://" + url), looksLikeHost(url) {
                return address
            }
            guard let source else { return nil }
            url = FilePath.resolved(url.isEmpty ? "." : url, from: source)
        }
        return address(url)
    }

    /// The address of a URL whose host has a variable, at an origin that the owner gave.
    static func read(_ text: String, at origin: Origin) -> ServerAddress? {
        let url = Texts.trimmed(text)
        guard url.utf8.count <= longest, let mark = url.firstRange(of: "://") else { return nil }
        let rest = url[mark.upperBound...]
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        guard rest[..<slash].contains("{") else { return nil }
        return read(origin.description + rest[slash...], relativeTo: nil)
    }

    /// Whether a server's URL names a host that can be called.
    static func namesHost(_ text: String) -> Bool {
        let url = Texts.trimmed(text)
        guard let mark = url.firstRange(of: "://") ?? (url.hasPrefix("//") ? url.firstRange(of: "//") : nil) else {
            return looksLikeHost(url)
        }
        return !url[mark.upperBound...].prefix { $0 != "/" }.contains("{")
    }

    /// The URL of a source as if it had come from another origin.
    static func moved(_ source: String?, to origin: Origin) -> String {
        guard let source, let mark = source.firstRange(of: "://") else { return origin.description + "/" }
        let rest = source[mark.upperBound...]
        guard let slash = rest.firstIndex(of: "/") else { return origin.description + "/" }
        return origin.description + rest[slash...]
    }

    private static func address(_ text: String) -> ServerAddress? {
        guard let mark = text.firstRange(of: "://") else { return nil }
        let scheme = text[..<mark.lowerBound].lowercased()
        let rest = text[mark.upperBound...]
        let slash = rest.firstIndex(of: "/") ?? rest.endIndex
        var path = rest[slash...]
        while path.hasSuffix("/") { path = path.dropLast() }
        var joined = PercentText.encodePath(path)
        while let double = joined.firstRange(of: "//") { joined.replaceSubrange(double, with: "/") }
        guard !joined.contains("{"), let base = try? BaseURL("\(scheme)://\(rest[..<slash].lowercased())\(joined)")
        else {
            return nil
        }
        return ServerAddress(base)
    }

    /// `api.example.com/v1`, which lacks its scheme.
    private static func looksLikeHost(_ text: String) -> Bool {
        let first = text.prefix { $0 != "/" && $0 != ":" }
        let labels = first.split(separator: ".", omittingEmptySubsequences: false)
        guard labels.count >= 2, let last = labels.last, last.utf8.count >= 2, !text.hasPrefix(".") else {
            return false
        }
        return labels.allSatisfy { !$0.isEmpty } && last.allSatisfy { $0.isASCII && $0.isLetter }
            && !["json", "yaml", "yml"].contains(last.lowercased())
    }
}
