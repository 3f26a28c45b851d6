import Drafts

/// Takes out of texts that people wrote what a capture's own credentials are, and whatever looks like one.
struct SecretScrub {
    private var pieces: Set<String> = []
    private static let shortest = 6
    private static let most = 20_000

    /// Remembers a value, or its parts where it has some.
    mutating func add(_ value: String) {
        guard pieces.count < Self.most else { return }
        for piece in value.prefix(4096).split(whereSeparator: Self.isSeparator) {
            let core = Self.core(of: String(piece))
            if core.count >= Self.shortest { pieces.insert(String(core)) }
        }
    }

    mutating func add(_ values: [String]) {
        for value in values { add(value) }
    }

    /// The text, not longer than `limit` bytes, with an ellipsis for each part that is not to be repeated.
    func clean(_ text: String, limit: Int = 4096) -> String {
        var bounded = String(decoding: text.utf8.prefix(limit), as: UTF8.self)
        if text.utf8.count > limit, bounded.unicodeScalars.last == "\u{FFFD}" { bounded.unicodeScalars.removeLast() }
        var result = ""
        var word = ""
        for character in bounded {
            if Self.isSeparator(character) {
                result += shown(word)
                word = ""
                result.append(character)
            } else {
                word.append(character)
            }
        }
        return result + shown(word)
    }

    private func shown(_ word: String) -> String {
        let core = Self.core(of: word)
        if core.count >= Self.shortest, pieces.contains(String(core)) {
            return word[..<core.startIndex] + "…" + word[core.endIndex...]
        }
        guard word.utf8.count >= 20, !word.contains("@"), let kind = IdentifierKind(word) else {
            return word
        }
        return kind == .token || kind == .hexadecimal || kind == .text ? "…" : word
    }

    /// Whether a segment of a path is one of the values, and no word that a setting may have as well.
    func hides(_ segment: String) -> Bool {
        let core = Self.core(of: segment)
        return core.count >= Self.shortest && core.contains(where: \.isNumber) && pieces.contains(String(core))
    }

    /// Without the points and marks that a sentence puts around it.
    private static func core(of word: String) -> Substring {
        func isMark(_ character: Character) -> Bool { !character.isLetter && !character.isNumber }
        guard let first = word.firstIndex(where: { !isMark($0) }), let last = word.lastIndex(where: { !isMark($0) })
        else { return "" }
        return word[first...last]
    }

    private static func isSeparator(_ character: Character) -> Bool {
        character.isWhitespace || "\"'`<>()[]{},;=:?&|/".contains(character)
    }
}
