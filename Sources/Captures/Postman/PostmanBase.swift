import Drafts
import EgressPolicy

/// Which of a collection's hosts is the API's, and where its paths begin.
struct PostmanBase {
    /// Nil where it is not known, or nothing has a host.
    let url: BaseURL?
    /// What the requests that are meant have for a host: an origin, or a variable as it is written.
    private let chosen: String?

    /// Whether the requests have a host, but one that nobody can tell.
    var isUnknown: Bool { url == nil && chosen != nil }

    /// The host as it is written, for findings.
    var shown: String { chosen ?? "" }

    /// The most frequent one; the first of several.
    init(_ urls: [PostmanURL]) {
        var counts: [String: Int] = [:]
        for url in urls { counts[Self.key(url), default: 0] += 1 }
        let most = counts.values.max() ?? 0
        let first = urls.first { counts[Self.key($0)] == most }
        chosen = first.map(Self.key)
        guard let first, let origin = first.base?.origin else {
            url = nil
            return
        }
        let own = urls.filter { Self.key($0) == Self.key(first) }
        let prefix = Self.mostFrequent(own.compactMap { $0.base?.pathPrefix }.filter { !$0.isEmpty }) ?? ""
        // A beginning that not all paths have, or that names one thing among many, belongs to the endpoints.
        let isShared = !Self.namesThing(prefix) && own.allSatisfy { $0.wholePath.hasPrefix(prefix + "/") }
        url = try? BaseURL(origin.description + (isShared ? prefix : ""))
    }

    private static func mostFrequent(_ texts: [String]) -> String? {
        let counts = texts.reduce(into: [:]) { $0[$1, default: 0] += 1 }
        let most = counts.values.max()
        return texts.first { counts[$0] == most }
    }

    /// The path of a URL below this one's; nil for another host's.
    func path(of other: PostmanURL) -> String? {
        guard Self.key(other) == chosen else { return nil }
        return String(other.wholePath.dropFirst(url?.pathPrefix.count ?? 0))
    }

    private static func key(_ url: PostmanURL) -> String { url.base?.origin.description ?? url.written }

    private static func namesThing(_ prefix: String) -> Bool {
        prefix.split(separator: "/").contains { IdentifierKind(String($0)) != nil }
    }
}
