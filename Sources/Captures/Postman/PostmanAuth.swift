import Drafts
import EgressPolicy
import Value

/// How a request, a folder or a collection of Postman says who is calling.
struct PostmanAuth {
    /// Nil where nothing is sent.
    private(set) var scheme: CredentialScheme?
    /// Whether it says that nothing is sent.
    private(set) var isNone = false
    /// What it holds; not to be repeated.
    private(set) var secrets: [String] = []
    private(set) var findings: [(code: String, message: String)] = []

    /// Nil where the outer one counts.
    init?(_ json: JSON?, _ variables: PostmanVariables) {
        guard let json, let type = json["type"]?.string?.lowercased() else { return nil }
        let values = Self.values(json[type])
        secrets = values.map(\.value).filter { !$0.contains("{{") }
        func value(_ key: String) -> String? { values.last { $0.key == key }.map { variables.resolve($0.value) } }
        switch type {
        case "noauth": isNone = true
        case "bearer": scheme = .bearer
        case "basic": scheme = .basic
        case "apikey": readAPIKey(name: value("key"), place: value("in"))
        case "oauth2":
            readOAuth2(
                grant: value("grant_type") ?? value("grantType"), url: value("accessTokenUrl") ?? value("tokenUrl"),
                scopes: value("scope"), client: value("client_authentication"))
        case "jwt":
            scheme = .bearer
            findings.append(("authentication_changed", "The tokens that Postman makes (JWT) are to be made elsewhere."))
        default: scheme = .unsupported(String(type.prefix(32)))
        }
    }

    /// A list of keys and values, or an object of them.
    private static func values(_ json: JSON?) -> [(key: String, value: String)] {
        if let object = json?.object {
            return object.prefix(100).compactMap { member in member.value.string.map { (member.key, $0) } }
        }
        return (json?.array ?? []).prefix(100).compactMap { item in
            guard let key = item["key"]?.string, let value = item["value"]?.string else { return nil }
            return (key, value)
        }
    }

    private mutating func readAPIKey(name: String?, place: String?) {
        guard let name, !name.isEmpty, !name.contains("{{") else {
            scheme = .unsupported("an API key without a name")
            return
        }
        secrets.removeAll { $0 == name || $0 == place }
        if place?.lowercased() == "query" {
            scheme = .query(name)
        } else if name.lowercased() == "authorization" {
            scheme = .header(name: name, prefix: "")
        } else if HeaderRules.isValidFieldName(name), !HeaderRules.isReservedInRequests(name),
            !HeaderRules.isHopByHop(name), name.lowercased() != "content-type", name.utf8.count <= 256
        {
            scheme = .header(name: name, prefix: "")
        } else {
            scheme = .unsupported("an API key in a header that frames the message")
        }
    }

    private mutating func readOAuth2(grant: String?, url: String?, scopes: String?, client: String?) {
        secrets.removeAll { $0 == url || $0 == scopes || $0 == client || $0 == grant }
        let known = ["client_credentials": "client_credentials", "password_credentials": "password"]
        guard let grant = known[grant ?? ""] else {
            scheme = .bearer
            findings.append(
                (
                    "authentication_changed",
                    "Tokens of OAuth 2.0 come here from a person who signs in: a token is to be set by hand, or oauth2 to "
                        + "be written with a refresh token."
                ))
            return
        }
        var endpoint: String?
        if let url, let parsed = CallURL(url), parsed.query.isEmpty, !parsed.holdsCredential,
            (try? RequestTarget(parsed.path)) != nil
        {
            endpoint = parsed.origin.description + parsed.path
        } else {
            findings.append(
                (
                    "token_url_missing",
                    "The token endpoint is not known here: import the collection with it (--token-url, token_url), or "
                        + "write token_url under authentication.config."
                ))
        }
        let list = (scopes ?? "").split(separator: " ").filter { scope in
            scope.utf8.count <= 1024
                && scope.utf8.allSatisfy {
                    $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\")
                }
                && !scope.contains("{{")
        }
        scheme = .oauth2(
            tokenURL: endpoint, scopes: list.prefix(200).joined(separator: " "),
            client: client == "body" ? "post" : "basic", grant: grant)
    }
}
