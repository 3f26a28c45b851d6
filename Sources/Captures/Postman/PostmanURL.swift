import Drafts
import EgressPolicy
import Value

/// The URL of a Postman request: what stands in front of its path, the path, the query.
struct PostmanURL {
    /// The scheme, the host and the path's beginning as a URL; nil where a variable without a value stands there.
    let base: BaseURL?
    /// What stands there as it is written, for comparing.
    let written: String
    /// Begins with a slash; may hold variables.
    let path: String
    let query: [CallField]
    let holdsCredential: Bool
    private let named: [String: (sample: String?, description: String?)]

    /// Nil where there is no URL.
    init?(_ json: JSON?, _ variables: PostmanVariables) {
        guard let raw = Self.raw(json) else { return nil }
        let text = raw.prefix { $0 != "#" }
        let mark = text.firstIndex(of: "?") ?? text.endIndex
        let (head, tail) = Self.split(text[..<mark])
        var authority = variables.resolve(String(head))
        holdsCredential = authority.contains("@")
        if let at = authority.lastIndex(of: "@") {
            let start = authority.firstRange(ofScheme: "://") ?? authority.startIndex
            if start <= at { authority.removeSubrange(start...at) }
        }
        written = Self.withoutUser(head)
        base = authority.contains("{{") || authority.isEmpty ? nil : Self.base(authority)
        let resolved = variables.resolve(String(tail)) { variable in
            IdentifierKind(variable.text) == nil && !variable.isSecret
        }
        path = resolved.hasPrefix("/") ? resolved : "/" + resolved
        query = Self.query(json, mark == text.endIndex ? "" : text[text.index(after: mark)...])
        var named: [String: (String?, String?)] = [:]
        for variable in (json?["variable"]?.array ?? []).prefix(200) {
            guard let name = (variable["key"] ?? variable["id"])?.string else { continue }
            named[name] = (variable["value"]?.string, PostmanText.description(variable["description"]))
        }
        self.named = named
    }

    /// The whole path, with what the base has of it.
    var wholePath: String { (base?.pathPrefix ?? "") + path }

    /// The host for findings: as it is known, or as it is written.
    var shownHost: String { base?.origin.description ?? written.quotedForMessage }

    /// The shape of a path of this URL.
    func shape(of path: String) -> PathShape? {
        PathShape(path) { part in
            let text = TextValue.decoded(part, plusIsSpace: false) ?? String(part)
            guard let name = Placeholder.name(text) else { return nil }
            let own = text.hasPrefix(":") ? named[String(text.dropFirst())] : nil
            let sample = own?.sample.flatMap { $0.contains("{{") || Placeholder.name($0) != nil ? nil : $0 }
            return (name, sample, own?.description)
        }
    }

    /// What stands in front of the path, without who is calling.
    private static func withoutUser(_ head: Substring) -> String {
        guard let at = head.lastIndex(of: "@") else { return String(head) }
        let start = head.firstRange(ofScheme: "://") ?? head.startIndex
        return String(head[..<start] + head[head.index(after: at)...])
    }

    private static func raw(_ json: JSON?) -> String? {
        if let text = json?.string { return text.isEmpty ? nil : text }
        guard let json, json.object != nil else { return nil }
        if let raw = json["raw"]?.string, !raw.isEmpty { return raw }
        let host = json["host"]?.string ?? (json["host"]?.array ?? []).compactMap(\.string).joined(separator: ".")
        guard !host.isEmpty else { return nil }
        let parts = (json["path"]?.array ?? []).compactMap { $0.string ?? $0["value"]?.string }
        let path = json["path"]?.string ?? parts.joined(separator: "/")
        let scheme = json["protocol"]?.string.map { $0 + "://" } ?? ""
        let port = json["port"]?.string.map { ":" + $0 } ?? ""
        return scheme + host + port + (path.hasPrefix("/") || path.isEmpty ? path : "/" + path)
    }

    /// What is the host's, and the path. Braces may hold anything.
    private static func split(_ text: Substring) -> (head: Substring, tail: Substring) {
        var index = text.startIndex
        if let end = text.firstRange(ofScheme: "://") { index = end }
        var depth = 0
        while index < text.endIndex {
            switch text[index] {
            case "{": depth += 1
            case "}": depth = max(0, depth - 1)
            case "/" where depth == 0: return (text[..<index], text[index...])
            default: break
            }
            index = text.index(after: index)
        }
        return (text, "")
    }

    private static func base(_ text: String) -> BaseURL? {
        let full = text.contains("://") ? text : "https://" + text
        guard let url = CallURL(full) else { return nil }
        return try? BaseURL(url.origin.description + (url.path == "/" ? "" : url.path))
    }

    private static func query(_ json: JSON?, _ raw: Substring) -> [CallField] {
        guard let list = json?["query"]?.array, !list.isEmpty else {
            return TextValue.fields(raw).map { CallField($0.name, PostmanText.sample($0.text)) }
        }
        return list.prefix(500).compactMap { item in
            let field = PostmanText.field(item)
            return field?.isRequired == false && field.map { FieldNames.isCredentialQuery($0.name) } == true
                ? nil : field
        }
    }
}

extension StringProtocol {
    /// Where the text behind a scheme's mark begins.
    fileprivate func firstRange(ofScheme mark: String) -> Index? {
        guard let colon = firstIndex(of: ":"), self[colon...].hasPrefix(mark) else { return nil }
        return index(colon, offsetBy: mark.count)
    }
}

/// Texts of a collection.
enum PostmanText {
    /// A description is a text, or an object that holds one.
    static func description(_ json: JSON?) -> String? {
        let text = json?.string ?? json?["content"]?.string
        guard let text, !text.isEmpty else { return nil }
        return text
    }

    /// A value to tell a type by; nil where a variable stands for it.
    static func sample(_ text: String?) -> String? {
        guard let text, !text.isEmpty, !text.contains("{{"), Placeholder.name(text) == nil else { return nil }
        return text
    }

    /// An entry of a query, a form or a list of headers. What is switched off is optional.
    static func field(_ json: JSON) -> CallField? {
        guard let name = json["key"]?.string, !name.isEmpty, !name.contains("{{") else { return nil }
        var description = description(json["description"])
        var isRequired: Bool?
        if let text = description, text.lowercased().hasPrefix("(required)") {
            description = String(text.dropFirst(10).drop { $0 == " " })
            isRequired = true
        }
        if json["disabled"]?.bool == true { isRequired = false }
        let value = json["value"]?.string ?? json["value"]?.number?.text
        return CallField(
            name, value, description: description, isRequired: isRequired, isFile: json["type"]?.string == "file")
    }
}
