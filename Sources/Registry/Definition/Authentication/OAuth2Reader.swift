import EgressPolicy
import Value

/// Reads the configuration of `oauth2`.
struct OAuth2Reader {
    private let fields: SecretFields
    private let tunnel: TunnelPart
    private let context: DefinitionContext

    init(_ fields: SecretFields, _ tunnel: TunnelPart, _ context: DefinitionContext) {
        self.fields = fields
        self.tunnel = tunnel
        self.context = context
    }

    func read(_ config: ObjectReader) -> OAuth2Plan? {
        let clientID = fields.read(.clientID, config)
        let way = way(config)
        let endpoint = config.required("token_url").flatMap { self.endpoint($0, way, config) }
        let scopes = Self.scopes(config)
        let word = config.word("grant", among: ["client_credentials", "refresh_token", "password"])
        let grant: OAuth2Plan.Grant
        switch word {
        case "refresh_token": grant = .refreshToken(fields.read(.refreshToken, config))
        case "password":
            grant = .password(username: fields.read(.username, config), password: fields.read(.password, config))
        default: grant = .clientCredentials
        }
        // Only a client with a secret can be granted something on its own behalf.
        let secret =
            grant == .clientCredentials
            ? fields.read(.clientSecret, config) : fields.readOptional(.clientSecret, config)
        let authentication = config.word("client_auth", among: ["basic", "post"])
        Self.refuseOthers(than: word, config)
        config.finish()
        guard let endpoint else { return nil }
        return OAuth2Plan(
            origin: endpoint.origin, target: endpoint.target, clientID: clientID, clientSecret: secret, scopes: scopes,
            grant: grant, clientAuthentication: authentication.flatMap(OAuth2Plan.ClientAuthentication.init) ?? .basic,
            way: way)
    }

    private static func refuseOthers(than grant: String?, _ config: ObjectReader) {
        let own = ["refresh_token": ["refresh_token"], "password": ["username", "password"]]
        for (other, keys) in own.sorted(by: { $0.key < $1.key }) where other != grant {
            for key in keys where config.value(key) != nil {
                config.faults.invalid(config.place(key), "\"\(key)\" is used only with \"grant\": \"\(other)\".")
            }
        }
    }

    private func way(_ config: ObjectReader) -> OAuth2Plan.Way {
        let word = config.word("via", among: ["direct", "tunnel"]).flatMap(OAuth2Plan.Way.init)
        if word == .tunnel, !tunnel.isAgent {
            config.faults.invalid(
                config.place("via"), "Only an API with a tunnel of type platform_agent can fetch tokens through it.")
        }
        return word ?? (tunnel.isAgent ? .tunnel : .direct)
    }

    private func endpoint(
        _ text: String, _ way: OAuth2Plan.Way, _ config: ObjectReader
    ) -> (origin: Origin, target: RequestTarget)? {
        let rules = way == .direct ? DirectRules(context, config.faults) : nil
        return DirectURL.read(text, config.place("token_url"), rules, config.faults)
    }

    /// A list, or as in the protocol one text with spaces.
    private static func scopes(_ config: ObjectReader) -> [String] {
        let place = config.place("scopes")
        var scopes: [(text: String, place: JSONPointer)] = []
        if let text = config.object["scopes"]?.string {
            _ = config.value("scopes")
            scopes = text.split(separator: " ").map { (String($0), place) }
        } else {
            for (value, pointer) in config.elements("scopes", atMost: 200) {
                guard let text = value.string else {
                    config.faults.invalid(pointer, "A scope is a string, not \(value.typeName).")
                    continue
                }
                scopes.append((text, pointer))
            }
        }
        for (text, pointer) in scopes where !isScope(text) {
            config.faults.invalid(pointer, "A scope holds printable characters without spaces, quotes and backslashes.")
        }
        return scopes.map(\.text)
    }

    /// `scope-token` of RFC 6749, section 3.3.
    private static func isScope(_ text: String) -> Bool {
        !text.isEmpty && text.utf8.count <= 1024
            && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7F && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }
    }
}
