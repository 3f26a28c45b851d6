/// A segment that stands for a value: `:id`, `{id}`, `{{id}}`, `<id>`, `$ID`, `${ID}`, `YOUR_ID`.
enum Placeholder {
    private static let longest = 64

    static func read(_ part: Substring) -> (name: String, sample: String?, description: String?)? {
        let text = TextValue.decoded(part, plusIsSpace: false) ?? String(part)
        guard let name = name(text) else { return nil }
        return (name, nil, nil)
    }

    /// The name that a segment gives its value; nil for a segment that is what it is.
    static func name(_ text: String) -> String? {
        guard text.utf8.count <= longest, text.utf8.count > 1 else { return nil }
        if text.hasPrefix(":") { return isName(text.dropFirst()) ? String(text.dropFirst()) : nil }
        for (open, close) in [("{{", "}}"), ("${", "}"), ("{", "}"), ("<", ">"), ("[", "]")] {
            guard text.hasPrefix(open) else { continue }
            let inner = text.dropFirst(open.count)
            guard let end = inner.firstIndex(of: Character(String(close.prefix(1)))) else { continue }
            let name = inner[..<end]
            return isName(name) ? name.lowercased(unlessMixed: true) : "value"
        }
        if text.hasPrefix("$"), isName(text.dropFirst()) { return text.dropFirst().lowercased() }
        if text.hasPrefix("YOUR_") || text.hasPrefix("YOUR-") { return text.dropFirst(5).lowercased() }
        // A part of a segment stands for something: then all of it does.
        return text.contains("{{") || text.contains("${") ? "value" : nil
    }

    private static func isName(_ text: some StringProtocol) -> Bool {
        !text.isEmpty
            && text.utf8.allSatisfy {
                (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || "_-. ".utf8.contains($0)
            }
    }
}

extension Substring {
    /// In small letters where all are large.
    fileprivate func lowercased(unlessMixed: Bool) -> String {
        contains { $0.isLowercase } ? String(self) : lowercased()
    }
}
