/// Texts for people and agents.
enum Texts {
    /// At most so many bytes, cut between characters.
    static func bounded(_ text: String?, _ bytes: Int) -> String? {
        guard let text, !text.isEmpty else { return nil }
        guard text.utf8.count > bytes else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: bytes - 3)
        while end.samePosition(in: text.unicodeScalars) == nil { end = text.utf8.index(before: end) }
        return text[..<end] + "…"
    }

    /// A summary and a description that do not say the same.
    static func joined(_ summary: String?, _ description: String?) -> String? {
        let summary = summary.map(trimmed) ?? ""
        let description = description.map(trimmed) ?? ""
        if summary.isEmpty || description.hasPrefix(summary) { return description.isEmpty ? nil : description }
        return description.isEmpty || summary == description ? summary : summary + "\n\n" + description
    }

    static func trimmed(_ text: String) -> String {
        var result = Substring(text)
        while let first = result.first, first.isWhitespace { result.removeFirst() }
        while let last = result.last, last.isWhitespace { result.removeLast() }
        return String(result)
    }
}
