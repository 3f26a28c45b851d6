import EgressPolicy
import Value

/// A security scheme of a document, as far as the product can send it.
struct SecurityScheme {
    enum Kind: Hashable {
        case header(String)
        case query(String)
        case cookie(String)
        case bearer
        case basic
        /// Another scheme of `Authorization`, which stands before the credential.
        case scheme(String)
        /// The token endpoint is nil where only the owner knows it.
        case clientCredentials(tokenURL: String?)
        case password(tokenURL: String?)
        /// A token that the owner has to get elsewhere; the words say how.
        case token(String)
        case certificate
        case unsupported(String)

        /// Where it is sent: several that are at different places can be sent together. Nil for what no request holds.
        var place: Place? {
            switch self {
            case .header(let name): .header(HeaderRules.folded(name))
            case .bearer, .basic, .scheme, .token, .clientCredentials, .password: .header("authorization")
            case .query(let name): .query(HeaderRules.folded(name))
            case .cookie(let name): .cookie(HeaderRules.folded(name))
            case .certificate, .unsupported: nil
            }
        }

        /// A part of a request that holds one credential.
        enum Place: Hashable {
            /// Each by its folded name, so that no twin stands beside it.
            case header(String)
            case query(String)
            case cookie(String)
        }

        var isSupported: Bool { if case .unsupported = self { false } else { true } }

        /// What is less work to set up comes first.
        var order: Int {
            switch self {
            case .header, .bearer: 0
            case .query, .scheme: 1
            case .basic, .cookie: 2
            case .clientCredentials: 3
            case .password, .token: 4
            case .certificate: 5
            case .unsupported: 6
            }
        }
    }

    let kind: Kind
    let node: Node

    init(_ node: Node, _ tokens: TokenURLs) {
        self.node = node
        kind = Self.kind(node, tokens)
    }

    private static func kind(_ node: Node, _ tokens: TokenURLs) -> Kind {
        switch node.text("type")?.lowercased() {
        case "apikey"?: return key(node)
        case "basic"?: return .basic
        case "http"?:
            let scheme = node.text("scheme") ?? ""
            switch scheme.lowercased() {
            case "basic": return .basic
            case "bearer", "": return .bearer
            case "digest", "negotiate", "ntlm", "hoba", "mutual", "vapid", "oauth", "gnap", "dpop",
                _ where scheme.lowercased().hasPrefix("scram"):
                return .unsupported("HTTP authentication of the scheme \(quoted(scheme))")
            default:
                let isToken = HeaderRules.isValidFieldName(scheme) && scheme.utf8.count <= longestName
                return isToken ? .scheme(scheme) : .unsupported("the scheme \(quoted(scheme))")
            }
        case "oauth2"?: return oauth(node, tokens)
        case "openidconnect"?: return .token("OpenID Connect")
        case "mutualtls"?: return .certificate
        case let type: return .unsupported("security of the type \(quoted(type ?? ""))")
        }
    }

    /// In bytes, as definitions have it.
    private static let longestName = 256

    private static func key(_ node: Node) -> Kind {
        guard let name = node.text("name"), name.utf8.count <= longestName else {
            return .unsupported("an API key without a name, or with a long one")
        }
        switch node.text("in")?.lowercased() {
        case "query"?:
            let isSound = name.utf8.allSatisfy { $0 >= 0x20 && $0 != 0x7F }
            return isSound ? .query(name) : .unsupported("an API key named \(quoted(name))")
        case "cookie"?:
            return HeaderRules.isValidFieldName(name) ? .cookie(name) : .unsupported("a cookie named \(quoted(name))")
        case "header"?, nil:
            let lower = name.lowercased()
            let isFraming = HeaderRules.isReservedInRequests(name) && lower != "authorization"
            guard HeaderRules.isValidFieldName(name), !isFraming, !HeaderRules.isHopByHop(name), lower != "content-type"
            else { return .unsupported("an API key in the header \(quoted(name))") }
            return .header(name)
        case let place?: return .unsupported("an API key in \(quoted(place))")
        }
    }

    private static func oauth(_ node: Node, _ tokens: TokenURLs) -> Kind {
        let flows = node.child("flows")
        // 2.0 has one flow, beside the scheme's type.
        let old = node.text("flow")
        let url = tokens.read(tokenURL(of: node))
        if flows?.child("clientCredentials") != nil || old == "application" { return .clientCredentials(tokenURL: url) }
        let interactive = flows?.child("authorizationCode") != nil || old == "accessCode"
        let password = flows?.child("password") != nil || old == "password"
        if !interactive, password { return .password(tokenURL: url) }
        return .token("OAuth 2.0 in which a person agrees")
    }

    /// The token endpoint as the document writes it: of the flow that is used, else of another one.
    static func tokenURL(of node: Node) -> String? {
        guard let flows = node.child("flows") else { return node.text("tokenUrl") }
        let order = ["clientCredentials", "password", "authorizationCode"]
        return order.lazy.compactMap { flows.child($0)?.text("tokenUrl") }.first
    }
}
