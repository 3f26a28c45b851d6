import Settings

/// Where the caller's token comes from. Shows nothing of a token it holds.
enum TokenSource: Sendable {
    /// From `PENSTOCK_TOKEN`.
    case value(String)
    case file(String)

    /// The token, checked for what a header may carry.
    func read() throws(CommandFailure) -> Token {
        switch self {
        case .value(let text): return try Token(text, from: "PENSTOCK_TOKEN")
        case .file(let path):
            let token = try Token(UserFile.text(path), from: path)
            if isFileOpenToOthers(path) {
                Terminal.error(
                    "Warning: others can read the token in \(path.printable). Run: chmod 600 \(path.printable)")
            }
            return token
        }
    }
}

extension TokenSource: CustomStringConvertible {
    var description: String {
        switch self {
        case .value: "PENSTOCK_TOKEN"
        case .file(let path): path
        }
    }
}

/// A bearer token. Shows nothing of itself.
struct Token: Sendable {
    let text: String

    /// - Parameter place: where it was read, for the message.
    init(_ text: String, from place: String) throws(CommandFailure) {
        let trimmed = text.trimmingSpaces
        guard !trimmed.isEmpty else { throw CommandFailure(.usage, "the token in \(place) is empty") }
        guard trimmed.utf8.allSatisfy({ (0x21...0x7E).contains($0) }), trimmed.utf8.count <= 4096 else {
            throw CommandFailure(
                .usage, "what is in \(place) is not a token",
                notes: ["A token is one word, as in pst_…; the file must hold nothing else."])
        }
        self.text = trimmed
    }
}

extension Token: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    var description: String { "[token]" }
    var debugDescription: String { description }
    var customMirror: Mirror { Mirror(self, children: EmptyCollection<Mirror.Child>()) }
}
