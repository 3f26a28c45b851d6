/// Where an answer redirects to, for those who follow (S5; RFC 9110, section 15.4).
package struct Redirect: Sendable, Hashable {
    /// The most that are followed for one request.
    package static let most = 5
    /// Fields that describe a body, and go with it.
    package static let bodyFields = [
        "content-type", "content-length", "content-encoding", "content-language", "content-location",
    ]

    /// Path and query at the request's own origin.
    package let target: String
    /// The next request is a GET without a body.
    package let becomesGET: Bool

    /// Nil where the answer is to be given as it is: no redirect, one to another scheme, host or port, or one that cannot
    /// be read.
    ///
    /// - Parameters:
    ///   - locations: the values of the answer's Location fields.
    ///   - method: of the request, as are `target` and `origin`.
    package init?(status: Int, locations: [String], method: String, target: String, origin: Origin) {
        guard [301, 302, 303, 307, 308].contains(status), locations.count == 1,
            let next = Self.target(locations[0], from: target, at: origin)
        else { return nil }
        self.target = next
        let isRead = method == "GET" || method == "HEAD"
        becomesGET = status == 303 && !isRead || method == "POST" && (status == 301 || status == 302)
    }

    /// The target of a reference (RFC 3986, section 5.2) that stays at the origin.
    private static func target(_ location: String, from target: String, at origin: Origin) -> String? {
        let reference = location.prefix { $0 != "#" }
        var path: Substring
        if reference.hasPrefix("//") {
            guard let rest = rest(of: "\(origin.scheme.rawValue):\(reference)", at: origin) else { return nil }
            path = rest
        } else if reference.hasPrefix("/") {
            path = reference
        } else if isAbsolute(reference) {
            guard let rest = rest(of: String(reference), at: origin) else { return nil }
            path = rest
        } else {
            let base = target.prefix { $0 != "?" }
            if reference.isEmpty { return nil }
            if reference.hasPrefix("?") {
                path = base + reference
            } else {
                let folder = base.lastIndex(of: "/").map { base[...$0] } ?? "/"
                path = folder + reference
            }
        }
        if path.isEmpty { path = "/" }
        if path.hasPrefix("?") { path = "/" + path }
        // What is ambiguous is not repaired (T10): dot segments, encoded separators, backslashes.
        return try? RequestTarget(String(path)).raw
    }

    /// Whether the reference has a scheme.
    private static func isAbsolute(_ reference: Substring) -> Bool {
        let first = reference.prefix { $0 != "/" && $0 != "?" }
        return first.contains(":")
    }

    /// What follows the authority; nil where the URL is of another origin.
    private static func rest(of url: String, at origin: Origin) -> Substring? {
        guard let slashes = url.firstRange(of: "://") else { return nil }
        let behind = url[slashes.upperBound...]
        let end = behind.firstIndex { $0 == "/" || $0 == "?" } ?? behind.endIndex
        guard let found = try? Origin(url[..<end]), found == origin else { return nil }
        return behind[end...]
    }
}
