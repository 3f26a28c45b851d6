import Drafts
import Value

/// A value of a recorded call that stays in the draft.
enum KeptValue: Hashable {
    /// It is the operation: nothing else can be sent.
    case only(String)
    /// It tells one request of a name from another: it is sent unless something else is given.
    case usual(String)

    /// Of a parameter, whose default is sent.
    var schema: JSON {
        switch self {
        case .only(let text): ["type": "string", "enum": [.string(text)], "default": .string(text)]
        case .usual(let text): ["type": "string", "default": .string(text)]
        }
    }
}

/// What the fields of an endpoint's calls always were, by their names.
struct EndpointConstants {
    var query: [String: String]
    /// By names in small letters.
    var headers: [String: String]
    /// The outermost members.
    var body: [String: String]
}

/// What tells apart the endpoints of one method and path that their author gave names of their own.
enum TellingValues {
    /// Names whose values identify a person more often than they belong to the API.
    private static let personal = [
        "name", "user", "mail", "phone", "address", "city", "search", "term", "text", "message", "title", "comment",
        "note", "description", "query", "keyword", "tag", "label", "author", "owner", "customer",
    ]
    /// Outermost members of a body that say what it is.
    private static let kinds: Set<String> = [
        "type", "kind", "mode", "event", "eventtype", "event_type", "status", "state", "role", "format", "category",
        "grant_type",
    ]

    /// Whether a parameter's value may be kept: a plain word that identifies no person.
    static func isKept(_ name: String, _ value: String) -> Bool {
        let lower = name.lowercased()
        return lower != "q" && !personal.contains { lower.contains($0) } && isWord(value)
    }

    /// Whether a member of a body may be kept.
    static func isKept(member name: String, _ value: String) -> Bool {
        kinds.contains(name.lowercased()) && isWord(value)
    }

    private static func isWord(_ text: String) -> Bool {
        guard (1...64).contains(text.utf8.count), IdentifierKind(text) == nil else { return false }
        if text == "true" || text == "false" { return true }
        return text.utf8.contains { (0x61...0x7A).contains($0 | 0x20) }
            && text.utf8.allSatisfy {
                (0x61...0x7A).contains($0 | 0x20) || (0x30...0x39).contains($0) || "_-.,:".utf8.contains($0)
            }
    }

    /// What differs between one endpoint's constants and those of the others of its method and path.
    static func differing(_ own: [String: String], from others: [[String: String]]) -> [String: String] {
        own.filter { name, value in others.contains { $0[name] != value } }
    }
}
