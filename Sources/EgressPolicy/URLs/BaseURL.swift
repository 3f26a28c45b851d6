/// The base URL of an API definition: an origin and the path under which its endpoints live.
package struct BaseURL: Sendable, Hashable, CustomStringConvertible {
    package let origin: Origin
    /// Empty, or starting with `/` and not ending with one: an endpoint's path is appended to it.
    package let pathPrefix: String

    /// Parses `https://host[:port][/path]`; one slash at the end is dropped.
    /// - Throws: `OriginError`, also for a query, a fragment, or a path that a request target could not have.
    package init(_ text: some StringProtocol) throws(OriginError) {
        let parts = try URLParts(text)
        origin = try Origin("\(parts.scheme.rawValue)://\(parts.authority)")
        if parts.rest.utf8.contains(UInt8(ascii: "#")) { throw OriginError(.fragment) }
        if parts.rest.utf8.contains(UInt8(ascii: "?")) { throw OriginError(.query) }
        let path = parts.rest.utf8.last == .slash ? parts.rest.dropLast() : parts.rest
        if !parts.rest.isEmpty {
            do {
                _ = try RequestTarget(String(parts.rest))
            } catch {
                throw OriginError(.target(error.reason))
            }
        }
        pathPrefix = String(path)
    }

    package var description: String { origin.description + pathPrefix }
}
