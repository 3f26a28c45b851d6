import Drafts
import Value

/// What of a call says which operation it is, where method and path do not: a SOAP action, the text of a GraphQL query,
/// the method of a remote procedure call, `action=list`. These are the API's own words and stay, as constants; whatever
/// is about somebody or something does not.
struct CallIdentity: Hashable {
    /// By name.
    private(set) var query: [String: String] = [:]
    /// By name in small letters.
    private(set) var headers: [String: String] = [:]
    /// Of the body's outermost members, by name.
    private(set) var body: [String: String] = [:]
    /// Whether the text of a GraphQL query holds values, which are not kept, and the text with them.
    private(set) var dropsText = false

    private static let inHeaders: Set<String> = ["soapaction", "x-amz-target", "x-atlassian-token"]
    private static let inBodies: Set<String> = [
        "action", "op", "operation", "operationname", "cmd", "command", "func", "function", "procedure", "rpc",
        "wsfunction",
    ]
    private static let inQueries = inBodies.union(["act", "method", "request", "service", "do", "task", "verb"])

    init() {}

    init(_ fields: CallCredentials, _ body: CallBody?) {
        for field in fields.headers {
            let name = field.name.lowercased()
            // What is switched off was not sent.
            guard Self.inHeaders.contains(name), field.isRequired != false, let text = field.text, Self.isSymbol(text)
            else { continue }
            headers[name] = text
        }
        for field in fields.query { take(field, Self.inQueries, into: \.query) }
        switch body {
        case .json(let value, _)?: if let object = value.object { take(object) }
        case .form(let fields)?, .multipart(let fields)?:
            for field in fields where !field.isFile { take(field, Self.inQueries, into: \.body) }
        case .other?, nil: break
        }
    }

    private mutating func take(
        _ field: CallField, _ names: Set<String>, into values: WritableKeyPath<CallIdentity, [String: String]>
    ) {
        guard let text = field.text, field.isRequired != false, self[keyPath: values][field.name] == nil else { return }
        let name = field.name.lowercased()
        if name == "query", GraphQLText.isOne(text) {
            takeQuery(text, named: field.name, into: values)
        } else if names.contains(name), Self.isWord(text) {
            self[keyPath: values][field.name] = text
        }
    }

    private mutating func take(_ object: JSONObject) {
        let isCall = object["jsonrpc"] != nil || object["params"] != nil
        for (name, value) in object.prefix(500) {
            guard let text = value.string else { continue }
            switch name.lowercased() {
            case "query" where GraphQLText.isOne(text): takeQuery(text, named: name, into: \.body)
            case "jsonrpc" where text == "2.0" || text == "1.0": body[name] = text
            case "method" where isCall && Self.isWord(text): body[name] = text
            case let lower where Self.inBodies.contains(lower) && Self.isWord(text): body[name] = text
            default: continue
            }
        }
    }

    private mutating func takeQuery(
        _ text: String, named name: String, into values: WritableKeyPath<CallIdentity, [String: String]>
    ) {
        guard let plain = GraphQLText.withoutValues(text) else {
            dropsText = true
            return
        }
        self[keyPath: values][name] = plain
    }

    /// A word of a programmer's: `list`, `core_user_get_users`, `flickr.photos.search`.
    private static func isWord(_ text: String) -> Bool {
        (1...100).contains(text.utf8.count) && IdentifierKind(text) == nil && text.utf8.first.map(isLetter) == true
            && text.utf8.allSatisfy { isLetter($0) || (0x30...0x39).contains($0) || "_-.:/".utf8.contains($0) }
    }

    /// The name of an action, mostly a URI, in quotes or without.
    private static func isSymbol(_ text: String) -> Bool {
        text.utf8.count <= 300 && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F } && text.utf8.contains(where: isLetter)
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }

    var isEmpty: Bool { query.isEmpty && headers.isEmpty && body.isEmpty }

    /// For the endpoint's name; nil where method and path are all there is.
    var label: String? {
        let texts =
            query.sorted { $0.key < $1.key }.map(Self.label)
            + headers.sorted { $0.key < $1.key }.filter { $0.key != "x-atlassian-token" }.map { Self.last($0.value) }
            + body.sorted { $0.key < $1.key }.filter { $0.key != "jsonrpc" }.map(Self.label)
        var known: Set<String> = []
        let distinct = texts.filter { !$0.isEmpty && known.insert($0).inserted }
        return distinct.isEmpty ? nil : distinct.joined(separator: "_")
    }

    private static func label(_ name: String, _ value: String) -> String {
        name.lowercased() == "query" ? GraphQLText.name(of: value) ?? "" : value
    }

    /// `GetUser` of `"http://example.com/users#GetUser"` and of `DynamoDB_20120810.GetItem`.
    private static func last(_ symbol: String) -> String {
        let plain = symbol.filter { $0 != "\"" }
        return plain.split(whereSeparator: { "/#:.".contains($0) }).last.map(String.init) ?? plain
    }

    /// Without what holds a credential.
    mutating func hide(_ scrub: SecretScrub) {
        func clean(_ values: [String: String]) -> [String: String] {
            values.filter { scrub.clean($0.value, limit: GraphQLText.longest) == $0.value }
        }
        (query, headers, body) = (clean(query), clean(headers), clean(body))
    }
}

/// Equal for calls of one operation.
struct CallKey: Hashable {
    let method: String
    /// The template.
    let path: String
    let identity: CallIdentity
    /// The name its author gave it; empty if there is none.
    var name = ""
}
