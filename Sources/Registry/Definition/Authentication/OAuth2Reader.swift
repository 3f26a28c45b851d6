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
        let secret: AuthPlan.Text? =
            if let empty = fields.readEmptyText(.clientSecret, config) {
                empty
            } else if grant == .clientCredentials {
                .secret(fields.read(.clientSecret, config))
            } else {
                fields.readOptional(.clientSecret, config).map { .secret($0) }
            }
        let authentication =
            config.word("client_auth", among: ["basic", "post", "json"])
            .flatMap(OAuth2Plan.ClientAuthentication.init) ?? .basic
        Self.refuseOthers(than: word, config)
        let parameters = extras("token_params", as: "token_param", config)
        for (parameter, place) in parameters where Self.own.contains(parameter.name) {
            config.faults.invalid(place, "\"\(parameter.name)\" has a place of its own in \"config\".")
        }
        let headers = extras("token_headers", as: "token_header", config)
        for (header, place) in headers where CredentialHeader.check(header.name, place, config.faults) {
            if header.name.lowercased() == "authorization", authentication == .basic, secret != nil {
                config.faults.invalid(
                    place, "With \"client_auth\": \"basic\" the client's own credential is this header.")
            }
        }
        config.finish()
        guard let endpoint else { return nil }
        return OAuth2Plan(
            origin: endpoint.origin, target: endpoint.target, clientID: clientID, clientSecret: secret, scopes: scopes,
            grant: grant, clientAuthentication: authentication, way: way, parameters: parameters.map(\.text),
            headers: headers.map(\.text))
    }

    /// Parameters of the request that are made of the rest of the configuration.
    private static let own: Set<String> = [
        "grant_type", "scope", "client_id", "client_secret", "refresh_token", "username", "password",
    ]
    private static let mostExtras = 50

    /// An object of texts by name. A text is known to everybody, unless it is written `{"value": "…"}`.
    private func extras(
        _ key: String, as field: String, _ config: ObjectReader
    ) -> [(text: AuthPlan.Header, place: JSONPointer)] {
        guard let reader = config.nested(key) else { return [] }
        guard reader.object.count <= Self.mostExtras else {
            config.faults.invalid(config.place(key), "\"\(key)\" has at most \(Self.mostExtras) members.")
            return []
        }
        var names: Set<String> = []
        return reader.object.compactMap { name, value in
            let place = reader.place(name)
            let stored = String(name.lowercased().map { $0.isASCII && ($0.isLetter || $0.isNumber) ? $0 : "_" })
            guard !name.isEmpty, name.utf8.count <= 64, names.insert(stored).inserted else {
                config.faults.invalid(
                    place, "A name has 1 to 64 bytes, and no two differ in case or punctuation alone.")
                return nil
            }
            let text: AuthPlan.Text?
            if let object = value.object {
                let inner = ObjectReader(object, at: place, config.faults)
                text = fields.readText(.value, as: "\(field)_\(stored)", inner)
                inner.finish()
            } else {
                text = (value.string ?? value.number?.text ?? value.bool.map { "\($0)" }).map { .literal($0) }
            }
            guard let text else {
                config.faults.invalid(place, "This must be a text, or {\"value\": \"…\"} for a secret one.")
                return nil
            }
            if case .literal(let literal) = text, !HeaderRules.isValidFieldValue(literal) {
                config.faults.invalid(place, "This must not hold control characters, or spaces at its ends.")
            }
            return (AuthPlan.Header(name: name, value: text), place)
        }
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
