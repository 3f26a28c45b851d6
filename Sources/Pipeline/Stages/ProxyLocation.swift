import EgressPolicy

/// Where a raw answer's `Location` leads, as the agent can follow it (RFC 9110, section 10.2.2).
enum ProxyLocation {
    /// Statuses whose `Location` names something of the API's.
    static func isMapped(_ status: Int) -> Bool { status == 201 || status == 202 || (300..<400).contains(status) }

    /// A path below `/v1/proxy/{slug}`, or nil for what lies outside the API's base URL: agents know no other address.
    ///
    /// - Parameters:
    ///   - location: the field's value, a URI reference (RFC 3986, section 4.1).
    ///   - target: path and query of the request at the API's origin.
    ///   - prefix: path of the API's base URL, without a slash at its end.
    static func mapped(
        _ location: String, from target: String, origin: Origin, prefix: String, slug: String
    ) -> String? {
        guard location.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != UInt8(ascii: "\\") }) else { return nil }
        guard let absolute = path(of: location, at: target, origin) else { return nil }
        let end = absolute.firstIndex { $0 == "?" || $0 == "#" } ?? absolute.endIndex
        guard let path = withoutDots(absolute[..<end]) else { return nil }
        guard prefix.isEmpty || path == prefix || path.hasPrefix(prefix + "/") else { return nil }
        return "/v1/proxy/\(slug)" + path.dropFirst(prefix.count) + absolute[end...]
    }

    /// The reference from its path on, resolved against the request's target; nil for another origin.
    private static func path(of location: String, at target: String, _ origin: Origin) -> String? {
        let requestPath = target.prefix { $0 != "?" }
        switch location.first {
        case nil: return nil
        case "?": return requestPath + location
        case "#": return target + location
        default: break
        }
        let colon = location.firstIndex(of: ":")
        let slash = location.firstIndex { "/?#".contains($0) } ?? location.endIndex
        let hasScheme = colon.map { $0 < slash } ?? false
        guard hasScheme || location.hasPrefix("//") else {
            if location.hasPrefix("/") { return location }
            return requestPath[...(requestPath.lastIndex(of: "/") ?? requestPath.startIndex)] + location
        }
        let scheme = hasScheme ? location.prefix { $0 != ":" } : Substring(origin.scheme.rawValue)
        let rest = hasScheme ? location.dropFirst(scheme.count + 1) : Substring(location)
        guard rest.hasPrefix("//") else { return nil }
        let authority = rest.dropFirst(2).prefix { !"/?#".contains($0) }
        guard let other = try? Origin(scheme: scheme, authority: authority), other == origin else { return nil }
        let path = rest.dropFirst(2 + authority.count)
        return path.hasPrefix("/") ? String(path) : "/" + path
    }

    /// RFC 3986, section 5.2.4; nil where dots are left in another spelling.
    private static func withoutDots(_ path: some StringProtocol) -> String? {
        var kept: [Substring] = []
        let segments = Substring(path).split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        for (index, segment) in segments.enumerated() {
            let isLast = index == segments.count - 1
            switch segment {
            case "..":
                _ = kept.popLast()
                if isLast { kept.append("") }
            case ".":
                if isLast { kept.append("") }
            default:
                guard !segment.lowercased().contains("%2e") else { return nil }
                kept.append(segment)
            }
        }
        return "/" + kept.joined(separator: "/")
    }
}
