import Value

/// Code that documentation shows: commands of `curl`, and lines such as `GET /users/{id}`.
struct CommandCollector: Sendable {
    private static let mostTexts = 200
    private static let mostBytes = 1 << 20
    private(set) var commands: [String] = []
    private(set) var mentions: [Mention] = []
    private(set) var evidence: [Evidence] = []
    private var bytes = 0

    /// A method and a path that a page names.
    struct Mention: Sendable, Hashable {
        var method: String
        var shape: PathShape
    }

    private static let methods: Set<String> = ["GET", "POST", "PUT", "PATCH", "DELETE"]

    mutating func add(_ code: [String], at place: Evidence) {
        let before = commands.count + mentions.count
        for text in code {
            guard bytes < Self.mostBytes else { break }
            bytes += text.utf8.count
            if isCommand(text) { if commands.count < Self.mostTexts { commands.append(text) } } else { scan(text) }
        }
        if commands.count + mentions.count > before, evidence.count < 10 { evidence.append(place) }
    }

    private func isCommand(_ text: String) -> Bool {
        let words = text.split(maxSplits: 3, whereSeparator: \.isWhitespace)
        return words.prefix(2).contains("curl")
    }

    private mutating func scan(_ text: String) {
        for line in text.split(separator: "\n").prefix(200) {
            let words = line.split(separator: " ", maxSplits: 3)
            guard words.count >= 2, Self.methods.contains(String(words[0])), words[1].hasPrefix("/"),
                mentions.count < 500
            else { continue }
            let path = words[1].prefix { $0 != "?" && $0 != "#" }
            guard path.utf8.count <= 300, path.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F }) else { continue }
            let mention = Mention(method: String(words[0]), shape: PathShape.of(Self.braced(String(path))))
            if !mentions.contains(mention) { mentions.append(mention) }
        }
    }

    /// `:id` and `<id>` as `{id}`.
    private static func braced(_ path: String) -> String {
        path.split(separator: "/", omittingEmptySubsequences: false).map { segment in
            let name = segment.hasPrefix(":") ? segment.dropFirst() : segment.dropFirst().dropLast()
            let isNamed = segment.hasPrefix(":") || segment.hasPrefix("<") && segment.hasSuffix(">")
            return isNamed && !name.isEmpty && name.utf8.allSatisfy(ASCIIText.isWord) ? "{\(name)}" : String(segment)
        }.joined(separator: "/")
    }
}
