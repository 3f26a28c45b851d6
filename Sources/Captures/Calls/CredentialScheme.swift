import Drafts
import EgressPolicy
import Value

/// How a call said who is calling; never with what.
enum CredentialScheme: Hashable {
    case bearer, basic
    /// - `prefix`: what stands before the credential, with the space.
    case header(name: String, prefix: String)
    case query(String)
    case cookie(String)
    /// The token endpoint is nil where only the owner knows it.
    case oauth2(tokenURL: String?, scopes: String, client: String, grant: String)
    /// A scheme that no definition can describe.
    case unsupported(String)

    /// The member `authentication` of a definition, without secrets; nil for what cannot be described.
    var definition: JSON? {
        switch self {
        case .bearer: return ["type": "bearer_token", "config": [:]]
        case .basic: return ["type": "basic_auth", "config": [:]]
        case .header(let name, let prefix):
            var config: JSONObject = ["header_name": .string(name)]
            if !prefix.isEmpty { config["prefix"] = .string(prefix) }
            return ["type": "api_key", "config": .object(config)]
        case .query(let name): return ["type": "api_key", "config": ["query_name": .string(name)]]
        case .cookie(let name): return ["type": "api_key", "config": ["cookie_name": .string(name)]]
        case .oauth2(let url, let scopes, let client, let grant):
            var config: JSONObject = ["grant": .string(grant), "client_auth": .string(client)]
            config["token_url"] = url.map { .string($0) }
            if !scopes.isEmpty { config["scopes"] = .string(scopes) }
            return ["type": "oauth2", "config": .object(config)]
        case .unsupported: return .none
        }
    }

    /// The header it needs; nil for others.
    var headerName: String? {
        switch self {
        case .bearer, .basic: "Authorization"
        case .header(let name, _): name
        case .query, .cookie, .oauth2, .unsupported: nil
        }
    }

    /// Where it is sent, in a word of its own: several that are at different places can be sent together.
    var place: String? {
        switch self {
        case .oauth2: "header authorization"
        case .query(let name): "query \(HeaderRules.folded(name))"
        case .cookie(let name): "cookie \(HeaderRules.folded(name))"
        case .bearer, .basic, .header: headerName.map { "header \(HeaderRules.folded($0))" }
        case .unsupported: nil
        }
    }

    /// In words, for findings.
    var phrase: String {
        switch self {
        case .bearer: "a bearer token"
        case .basic: "a user name and a password"
        case .header(let name, _): "the header \(name.quotedForMessage)"
        case .query(let name): "the query parameter \(name.quotedForMessage)"
        case .cookie(let name): "the cookie \(name.quotedForMessage)"
        case .oauth2: "OAuth 2.0"
        case .unsupported(let name): name
        }
    }

    /// What a value of `Authorization` is.
    static func authorization(_ value: String) -> CredentialScheme {
        let word = value.prefix { $0 != " " }
        let isWord = word.utf8.count <= 20 && word.utf8.count < value.utf8.count && word.utf8.allSatisfy(isLetter)
        guard isWord else { return .header(name: "Authorization", prefix: "") }
        switch word.lowercased() {
        case "bearer": return .bearer
        case "basic": return .basic
        case "digest", "hawk", "ntlm", "negotiate", "oauth": return .unsupported(String(word))
        default: return .header(name: "Authorization", prefix: word + " ")
        }
    }

    private static func isLetter(_ byte: UInt8) -> Bool { (0x61...0x7A).contains(byte | 0x20) }
}

extension String {
    /// In quotes, short, and on one line.
    var quotedForMessage: String {
        JSON.string(unicodeScalars.count > 64 ? String(unicodeScalars.prefix(64)) + "…" : self).text()
    }
}
