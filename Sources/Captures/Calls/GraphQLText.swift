import Drafts

/// Queries of GraphQL (October 2021, section 2.1), as far as telling them apart goes.
enum GraphQLText {
    /// In bytes; what is longer is not kept.
    static let longest = 16 << 10

    private static let beginnings = ["query", "mutation", "subscription", "fragment"]

    /// Whether a text is one, and no words to search for.
    static func isOne(_ text: String) -> Bool {
        let start = text.drop { $0.isWhitespace }
        guard text.utf8.contains(UInt8(ascii: "{")), text.utf8.contains(UInt8(ascii: "}")) else { return false }
        if start.hasPrefix("{") {
            let first = start.dropFirst().first { !$0.isWhitespace }
            return first.map { $0.isLetter || "_.#".contains($0) } ?? false
        }
        guard let word = beginnings.first(where: { start.hasPrefix($0) }) else { return start.hasPrefix("#") }
        return start.dropFirst(word.count).first.map { $0.isWhitespace || "({@".contains($0) } ?? false
    }

    /// The text without comments and needless space; nil where it holds values that may be somebody's: strings, numbers
    /// that identify something, or the place of a variable.
    static func withoutValues(_ text: String) -> String? {
        guard text.utf8.count <= longest, !text.contains("{{") else { return nil }
        var output: [UInt8] = []
        var word: [UInt8] = []
        var rest = text.utf8[...]
        func isValue() -> Bool {
            guard let first = word.first, (0x30...0x39).contains(first) || first == UInt8(ascii: "-") else {
                return false
            }
            return word.count > 4
        }
        while let byte = rest.popFirst() {
            switch byte {
            case UInt8(ascii: "\""): return nil
            case UInt8(ascii: "#"):
                while let next = rest.first, next != 0x0A, next != 0x0D { rest = rest.dropFirst() }
            case 0x09, 0x0A, 0x0D, 0x20:
                if isValue() { return nil }
                word = []
                if let last = output.last, last != 0x20 { output.append(0x20) }
            default:
                let isWord =
                    (0x30...0x39).contains(byte) || (0x61...0x7A).contains(byte | 0x20) || "_-.".utf8.contains(byte)
                if isWord { word.append(byte) }
                if !isWord {
                    if isValue() { return nil }
                    word = []
                }
                output.append(byte)
            }
        }
        if isValue() { return nil }
        if output.last == 0x20 { output.removeLast() }
        return String(decoding: output, as: UTF8.self)
    }

    /// The operation's name, or that of the first field; nil for neither.
    static func name(of text: String) -> String? {
        let words = text.split { !$0.isLetter && !$0.isNumber && $0 != "_" }
        guard let first = words.first else { return nil }
        guard beginnings.contains(String(first)), !text.hasPrefix("{") else { return String(first) }
        return words.dropFirst().first.map(String.init)
    }
}
