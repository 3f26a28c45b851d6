/// Tells the segments of a path that name one thing among many from those that are the API's own words. Everything that
/// makes templates of seen paths asks here, so that one path has one template.
package enum PathWords {
    /// What follows the identifier in a segment, such as `.json`, mostly nothing; nil for a segment that is a word.
    ///
    /// - Parameters:
    ///   - segment: as it stood in the path, percent-encoded.
    ///   - previous: the word in front of it; nil behind an identifier.
    ///   - isFirst: whether nothing is in front of it.
    package static func suffix(ofIdentifier segment: some StringProtocol, behind previous: String?, isFirst: Bool)
        -> String?
    {
        let segment = Substring(segment)
        // An API's own words need no encoding.
        if segment.utf8.contains(UInt8(ascii: "%")) { return "" }
        if let dot = segment.utf8.lastIndex(of: UInt8(ascii: ".")), dot > segment.startIndex,
            segment.utf8[dot...].count <= 5,
            segment.utf8[dot...].dropFirst().allSatisfy({ (0x61...0x7A).contains($0) }),
            IdentifierKind(String(segment[..<dot])) != nil
        {
            return String(segment[dot...])
        }
        guard let kind = IdentifierKind(String(segment)) else { return nil }
        switch kind {
        // An API's version is no identifier, be it a date: `/2015-03-31/functions`, `/rest/api/3/issue`.
        case .date where isFirst || previous == "api" || previous == "version": return nil
        case .number where segment.utf8.count < 3 && previous.map(isBeforeVersion) == true: return nil
        default: return ""
        }
    }

    /// The name of the identifier behind a word: `customer_id` behind `customers`, `id` behind what names no thing.
    ///
    /// - Parameter previous: the word; nil behind another identifier, and where there is none.
    package static func name(behind previous: String?) -> String {
        guard let previous, IdentifierKind(previous) == nil, !isVersion(previous) else { return "id" }
        let noun = Noun.singular(previous)
        return noun.isEmpty ? "id" : noun + "_id"
    }

    /// Whether a word is the API's and no thing's: `api`, `v2`. What follows is the name of a kind of thing.
    package static func isVersion(_ word: String) -> Bool {
        let number = word.utf8.dropFirst(word.utf8.first.map { $0 | 0x20 == UInt8(ascii: "v") } == true ? 1 : 0)
        return isBeforeVersion(word)
            || !number.isEmpty && number.allSatisfy { $0.isDigit || $0 == UInt8(ascii: ".") }
    }

    private static func isBeforeVersion(_ word: String) -> Bool {
        ["api", "rest", "version", "v"].contains(word.lowercased())
    }
}
