/// A path as rules write it: `/api/v1/*`, `/users/*/orders`.
///
/// A `*` at the end matches anything, slashes included; a `*` elsewhere matches any text, also none, within one
/// segment. Bytes are compared as the origin will see them: nothing is decoded and case counts, so that an encoded
/// spelling of an allowed path does not match.
package struct PathPattern: Sendable, Hashable, CustomStringConvertible {
    private let pattern: [UInt8]
    private let isPrefix: Bool

    /// Compiles `text`.
    /// - Throws: `RuleError` where it has a query or is not a path that a request could have.
    package init(_ text: some StringProtocol) throws(RuleError) {
        guard text.utf8.first == UInt8.slash else {
            throw RuleError(text, "is not a path pattern: start it with a slash, as in /api/v1/*")
        }
        if text.utf8.contains(UInt8(ascii: "?")) {
            throw RuleError(text, "has a query, which is not matched: end the path with * instead")
        }
        do {
            _ = try RequestTarget(String(text), encodedSlashes: .permit)
        } catch {
            throw RuleError(text, "can match no request. \(error.description.dropLast())")
        }
        var bytes = Array(text.utf8)
        isPrefix = bytes.last == .star
        while bytes.last == .star { bytes.removeLast() }
        pattern = bytes
    }

    /// The pattern that matches every path.
    package static let any = PathPattern(prefix: [.slash])

    /// The pattern that matches every path below `prefix`, taken as it is: `/api/v1` gives `/api/v1/*`.
    init(below prefix: String) { self.init(prefix: Array(prefix.utf8) + [.slash]) }

    /// The pattern that matches this path alone, taken as it is.
    static func exactly(_ path: String) -> PathPattern { PathPattern(exact: Array(path.utf8)) }

    private init(exact: [UInt8]) {
        pattern = exact
        isPrefix = false
    }

    private init(prefix: [UInt8]) {
        pattern = prefix
        isPrefix = true
    }

    /// True where the raw path, without its query, matches.
    package func matches(_ path: some StringProtocol) -> Bool { withBytes(of: path) { matches($0) } }

    func matches(_ path: Bytes) -> Bool {
        var patternIndex = 0
        var pathIndex = 0
        // Where to try again: behind the last star, with one more byte given to it. Going back to earlier stars is
        // never needed, since a star cannot pass the end of its segment.
        var retry: (pattern: Int, path: Int)?
        while true {
            if patternIndex == pattern.count, isPrefix || pathIndex == path.count { return true }
            if patternIndex < pattern.count, pattern[patternIndex] == .star {
                patternIndex += 1
                retry = (patternIndex, pathIndex)
            } else if patternIndex < pattern.count, pathIndex < path.count, pattern[patternIndex] == path[pathIndex] {
                patternIndex += 1
                pathIndex += 1
            } else if let (star, from) = retry, from < path.count, path[from] != .slash {
                retry = (star, from + 1)
                patternIndex = star
                pathIndex = from + 1
            } else {
                return false
            }
        }
    }

    package var description: String { String(decoding: isPrefix ? pattern + [.star] : pattern, as: UTF8.self) }
}
