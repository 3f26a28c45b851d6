/// A URL that is called as it stands: an origin, and what is asked of it.
package struct AbsoluteURL: Sendable, Hashable {
    package let origin: Origin
    package let target: RequestTarget

    /// Parses `https://host[:port][/path][?query]`; an empty path is `/`.
    ///
    /// - Throws: ``OriginError``, ``RequestTargetError``.
    package init(_ text: String) throws {
        let (front, rest) = Self.split(text)
        origin = try Origin(front)
        target = try RequestTarget(rest.isEmpty ? "/" : rest.hasPrefix("?") ? "/" + rest : rest)
    }

    /// Before and from the first slash behind the authority.
    private static func split(_ text: String) -> (front: Substring, rest: String) {
        guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")), text[colon...].utf8.starts(with: "://".utf8)
        else { return (text[...], "") }
        let start = text.utf8.index(colon, offsetBy: 3)
        let end = text.utf8[start...].firstIndex { "/?#".utf8.contains($0) } ?? text.endIndex
        return (text[..<end], String(text[end...]))
    }
}
