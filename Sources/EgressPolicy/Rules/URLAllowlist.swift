/// The URLs an API's calls may have: `https://crm.mycompany.com/*`. It judges what is sent, after rendering.
///
/// Scheme, host and port are exact (an absent port is the scheme's default); subdomains match only where `*.` is
/// written, and the name itself is not one of them. The path is a ``PathPattern``; a pattern without a path allows
/// every path. The query is not matched.
package struct URLAllowlist: Sendable, Hashable {
    private struct Entry: Sendable, Hashable {
        let origin: OriginPattern
        let path: PathPattern
    }

    private let entries: [Entry]

    /// Compiles `patterns`; an empty list allows nothing.
    /// - Throws: `RuleError` with the index and the text of the first malformed pattern.
    package init(_ patterns: [String]) throws(RuleError) {
        var compiled: [Entry] = []
        for (index, pattern) in patterns.enumerated() {
            do throws(RuleError) {
                compiled.append(try URLAllowlist.compile(pattern))
            } catch {
                throw error.at(index)
            }
        }
        entries = compiled
    }

    /// The allowlist of an API that lists nothing: everything below its base URL.
    package init(below base: BaseURL) {
        entries = [Entry(origin: OriginPattern(base.origin), path: PathPattern(below: base.pathPrefix))]
    }

    /// The same, and the base URL itself.
    package init(from base: BaseURL) {
        entries = [PathPattern(below: base.pathPrefix), .exactly(base.pathPrefix)].map {
            Entry(origin: OriginPattern(base.origin), path: $0)
        }
    }

    /// True where a request for `target` at `origin` is allowed.
    package func allows(_ origin: Origin, _ target: RequestTarget) -> Bool {
        entries.contains { entry in
            entry.origin.matches(scheme: origin.scheme, port: origin.port) && entry.origin.host.matches(origin.host)
                && entry.path.matches(target.path)
        }
    }

    private static func compile(_ text: String) throws(RuleError) -> Entry {
        let parts: URLParts
        do throws(OriginError) {
            parts = try URLParts(text)
        } catch {
            throw RuleError(text, "is not a URL pattern such as https://api.example.com/v1/*. \(error)".dropFullStop())
        }
        if parts.rest.utf8.contains(where: { $0 == UInt8(ascii: "?") || $0 == UInt8(ascii: "#") }) {
            throw RuleError(text, "has a query or fragment, which is not matched: end the path with * instead")
        }
        do throws(RuleError) {
            let origin = try OriginPattern(text[..<parts.rest.startIndex])
            if origin.port == nil { throw RuleError(text, "has no port: write the number") }
            return Entry(origin: origin, path: parts.rest.isEmpty ? .any : try PathPattern(parts.rest))
        } catch {
            throw error.text == text ? error : RuleError(text, "cannot be used. \(error)".dropFullStop())
        }
    }
}

extension OriginPattern {
    /// The pattern of exactly `origin`.
    init(_ origin: Origin) {
        scheme = origin.scheme
        host = .exact(origin.host)
        port = origin.port
    }
}

extension String {
    /// Without one full stop at the end, for a sentence that is put inside another.
    func dropFullStop() -> String { hasSuffix(".") ? String(dropLast()) : self }
}
