import EgressPolicy

/// The URL of a call, in its parts. Whoever stood in front of the host is dropped.
struct CallURL {
    let origin: Origin
    /// Begins with a slash; as it was written.
    let path: String
    let query: [CallField]
    /// Whether a name or a password stood in front of the host.
    let holdsCredential: Bool

    private static let longest = 64 << 10

    /// Nil for anything but `http` and `https`, and for hosts that nobody could be sure of.
    init?(_ text: some StringProtocol) {
        let text = Substring(text)
        guard text.utf8.count <= Self.longest, let colon = text.utf8.firstIndex(of: UInt8(ascii: ":")),
            text.utf8[colon...].starts(with: "://".utf8)
        else { return nil }
        let scheme = text[..<colon]
        let rest = text[text.utf8.index(colon, offsetBy: 3)...]
        let end = rest.utf8.firstIndex { "/?#".utf8.contains($0) } ?? rest.endIndex
        var authority = rest[..<end]
        if let at = authority.utf8.lastIndex(of: UInt8(ascii: "@")) {
            authority = authority[authority.utf8.index(after: at)...]
            holdsCredential = true
        } else {
            holdsCredential = false
        }
        guard let origin = try? Origin(scheme: scheme, authority: authority) else { return nil }
        self.origin = origin
        let tail = rest[end...].prefix { $0 != "#" }
        let mark = tail.utf8.firstIndex(of: UInt8(ascii: "?")) ?? tail.endIndex
        let path = tail[..<mark]
        self.path = path.isEmpty ? "/" : String(path)
        query = mark == tail.endIndex ? [] : TextValue.fields(tail[tail.utf8.index(after: mark)...])
    }
}

extension Origin {
    /// Whether the relay itself could call it, as far as the text tells.
    var looksPublic: Bool {
        guard scheme == .https else { return false }
        switch host {
        case .address(let address): return address.classify() == .global
        case .name(let name):
            let top = name.split(separator: ".").last ?? ""
            return name.contains(".")
                && !["local", "localhost", "internal", "lan", "corp", "home", "test"].contains(top)
        }
    }
}
