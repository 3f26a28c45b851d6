import EgressPolicy
import NIOHTTP1

/// Where an answer redirects to, for those who follow (S5; RFC 9110, section 15.4).
enum Redirect {
    /// The most that are followed for one request.
    static let most = 5

    /// The request to send next; nil where the answer is to be given as it is: no redirect, one to another scheme, host
    /// or port, one that cannot be read, or one that needs a body that is gone.
    static func next(_ request: EgressRequest, _ response: EgressResponse) -> EgressRequest? {
        guard [301, 302, 303, 307, 308].contains(response.status) else { return nil }
        let locations = response.headers["location"]
        guard locations.count == 1, let target = target(locations[0], from: request), request.allowsRedirect(target)
        else { return nil }
        var next = request
        next.target = target
        let isPOST = request.method == "POST"
        let isRead = request.method == "GET" || request.method == "HEAD"
        if response.status == 303 && !isRead || isPOST && (response.status == 301 || response.status == 302) {
            next.method = "GET"
            next.isIdempotent = true
            next.body = .none
            for name in ["content-type", "content-length", "content-encoding", "content-language", "content-location"] {
                next.headers.remove(name: name)
            }
        } else if case .streamed = request.body {
            return nil
        }
        return next
    }

    /// The target of a reference (RFC 3986, section 5.2) that stays at the request's origin.
    private static func target(_ location: String, from request: EgressRequest) -> String? {
        let reference = location.prefix { $0 != "#" }
        var path: Substring
        if reference.hasPrefix("//") {
            guard let rest = rest(of: "\(request.origin.scheme.rawValue):\(reference)", at: request.origin) else {
                return nil
            }
            path = rest
        } else if reference.hasPrefix("/") {
            path = reference
        } else if isAbsolute(reference) {
            guard let rest = rest(of: String(reference), at: request.origin) else { return nil }
            path = rest
        } else {
            let base = request.target.prefix { $0 != "?" }
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
