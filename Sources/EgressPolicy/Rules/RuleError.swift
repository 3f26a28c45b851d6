/// A rule, pattern or range in a configuration or definition that cannot mean anything. The message names its text.
package struct RuleError: Error, Sendable, Hashable, CustomStringConvertible {
    /// The position of the rule in its list, from 0; nil where the text stood alone.
    package var index: Int?
    /// The text at fault, as it was written; may hold a password where a URL has one, so not for logs.
    package let text: String
    /// One sentence: which text, what is wrong with it, what to write instead.
    package let message: String

    init(_ text: some StringProtocol, _ complaint: String) {
        self.text = String(text)
        message = "\(quoted(withoutUserInfo(text))) \(complaint)."
    }

    package var description: String { message }

    func at(_ index: Int) -> RuleError {
        var copy = self
        copy.index = index
        return copy
    }
}

/// `text` with what stands between `://` and the last `@` replaced by `***`.
private func withoutUserInfo(_ text: some StringProtocol) -> String {
    let text = String(text)
    guard let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")), text.utf8[colon...].starts(with: "://".utf8),
        let at = text.utf8.lastIndex(of: UInt8(ascii: "@"))
    else { return text }
    let start = text.utf8.index(colon, offsetBy: 3)
    return at < start ? text : text[..<start] + "***" + text[at...]
}
