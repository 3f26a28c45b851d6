package import EgressPolicy

/// An `http` or `https` URL, read by the one parser that everything which leaves is read by, and what a reference in a
/// document leads to.
package struct WebAddress: Sendable, Hashable, CustomStringConvertible {
    package let origin: Origin
    /// Path and query; never a fragment.
    package let target: RequestTarget

    /// The longest reference that is looked at, in bytes.
    static let longest = 2048

    package init(origin: Origin, target: RequestTarget) {
        self.origin = origin
        self.target = target
    }

    /// Nil where `text` is no absolute URL, or one that not everybody reads alike.
    package init?(_ text: some StringProtocol) {
        guard let parts = Self.split(text), parts.scheme != nil, let authority = parts.authority else { return nil }
        self.init(scheme: parts.scheme ?? "", authority: authority, path: parts.path, query: parts.query)
    }

    /// The place `path` below the root of `origin`; nil where that is no request target.
    package init?(_ origin: Origin, path: String) {
        guard let target = try? RequestTarget(path) else { return nil }
        self.init(origin: origin, target: target)
    }

    package var description: String { origin.description + target.raw }

    /// Without the query.
    package var path: String { String(target.path) }

    /// What `reference` means in a document at this address (RFC 3986, section 5.2), its fragment dropped. Nil for
    /// other schemes, for userinfo, and for what not everybody reads alike.
    package func resolving(_ reference: some StringProtocol) -> WebAddress? {
        guard let parts = Self.split(reference) else { return nil }
        if let scheme = parts.scheme {
            guard let authority = parts.authority else { return nil }
            return WebAddress(scheme: scheme, authority: authority, path: parts.path, query: parts.query)
        }
        if let authority = parts.authority {
            return WebAddress(
                scheme: origin.scheme.rawValue, authority: authority, path: parts.path, query: parts.query)
        }
        if parts.path.isEmpty {
            let query = parts.query ?? target.query.map(String.init)
            return WebAddress(origin, path: path + (query.map { "?" + $0 } ?? ""))
        }
        let merged = parts.path.hasPrefix("/") ? parts.path : folder + parts.path
        return WebAddress(origin, path: Self.withoutDots(merged) + (parts.query.map { "?" + $0 } ?? ""))
    }

    /// The path up to its last slash.
    private var folder: String {
        let path = target.path.utf8
        guard let slash = path.lastIndex(of: UInt8(ascii: "/")) else { return "/" }
        return String(Substring(path[...slash]))
    }

    private init?(scheme: String, authority: String, path: String, query: String?) {
        guard let origin = try? Origin(scheme: scheme, authority: authority) else { return nil }
        let path = path.isEmpty ? "/" : Self.withoutDots(path)
        self.init(origin, path: path + (query.map { "?" + $0 } ?? ""))
    }

    /// RFC 3986, section 5.2.4.
    private static func withoutDots(_ path: String) -> String {
        var kept: [Substring] = []
        let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        for (index, segment) in segments.enumerated() {
            let isLast = index == segments.count - 1
            switch segment {
            case ".": if isLast { kept.append("") }
            case "..":
                _ = kept.popLast()
                if isLast { kept.append("") }
            default: kept.append(segment)
            }
        }
        return "/" + kept.joined(separator: "/")
    }

    private struct Parts {
        var scheme: String?
        var authority: String?
        var path: String
        var query: String?
    }

    /// RFC 3986, appendix B, without the fragment; white space around it is not part of it.
    private static func split(_ text: some StringProtocol) -> Parts? {
        guard text.utf8.count <= longest else { return nil }
        var rest = Array(text.utf8)[...]
        while let first = rest.first, first <= 0x20 { rest.removeFirst() }
        while let last = rest.last, last <= 0x20 { rest.removeLast() }
        if let hash = rest.firstIndex(of: UInt8(ascii: "#")) { rest = rest[..<hash] }
        var parts = Parts(path: "")
        if let question = rest.firstIndex(of: UInt8(ascii: "?")) {
            parts.query = String(validating: rest[(question + 1)...], as: UTF8.self)
            rest = rest[..<question]
        }
        if let colon = rest.firstIndex(of: UInt8(ascii: ":")),
            !rest[..<colon].contains(where: { $0 == UInt8(ascii: "/") })
        {
            guard let scheme = String(validating: rest[..<colon], as: UTF8.self) else { return nil }
            parts.scheme = scheme.lowercased()
            rest = rest[(colon + 1)...]
        }
        if rest.starts(with: "//".utf8) {
            let behind = rest.dropFirst(2)
            let end = behind.firstIndex(of: UInt8(ascii: "/")) ?? behind.endIndex
            parts.authority = String(validating: behind[..<end], as: UTF8.self)
            rest = behind[end...]
        }
        guard let path = String(validating: rest, as: UTF8.self) else { return nil }
        parts.path = path
        return parts
    }
}
