/// Names of files as references use them: paths with slashes, or URLs.
enum FilePath {
    /// Without `./` and `..` where those can be resolved, and without what the operating system put before it.
    static func normalized(_ path: String) -> String {
        if let (origin, rest) = splitURL(path) {
            return origin.lowercased() + "/" + segments(rest).joined(separator: "/")
        }
        return segments(path[...]).joined(separator: "/")
    }

    /// `reference` as the file `base` means it.
    static func resolved(_ reference: String, from base: String) -> String {
        if splitURL(reference) != nil { return normalized(reference) }
        if let (origin, rest) = splitURL(base) {
            if reference.hasPrefix("/") { return normalized(origin + reference) }
            return normalized(origin + "/" + directory(String(rest)) + reference)
        }
        return normalized(reference.hasPrefix("/") ? reference : directory(base) + reference)
    }

    static func lastComponent(_ path: String) -> String {
        String(path.split(separator: "/", omittingEmptySubsequences: true).last ?? "").lowercased()
    }

    private static func directory(_ path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "" }
        return String(path[...slash])
    }

    /// Scheme and authority, and what follows.
    private static func splitURL(_ text: String) -> (origin: String, rest: Substring)? {
        guard let mark = text.firstRange(of: "://"),
            text[..<mark.lowerBound].utf8.allSatisfy({ $0 != UInt8(ascii: "/") })
        else { return nil }
        let end = text[mark.upperBound...].firstIndex(of: "/") ?? text.endIndex
        return (String(text[..<end]), text[end...])
    }

    private static func segments(_ path: Substring) -> [String] {
        var result: [String] = []
        for segment in path.split(whereSeparator: { $0 == "/" || $0 == "\\" }) {
            switch segment {
            case ".": continue
            case "..": if result.isEmpty || result.last == ".." { result.append("..") } else { result.removeLast() }
            default: result.append(String(segment))
            }
        }
        return result
    }
}
