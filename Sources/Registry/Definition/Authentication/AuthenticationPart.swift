import EgressPolicy
import Value

/// `authentication`: how calls identify themselves.
struct AuthenticationPart {
    private(set) var plan = AuthPlan.none
    let fields: SecretFields

    private static let types = [
        "none", "api_key", "bearer_token", "basic_auth", "oauth2", "custom_header", "url_secret",
    ]
    private static let inConfig =
        [
            "header_name", "query_name", "cookie_name", "prefix", "token_url", "scopes", "grant", "client_auth", "via",
            "headers",
        ]
        + CredentialKey.allCases.filter { $0 != .value && $0 != .clientKey }.flatMap { [$0.rawValue, $0.alias] }

    init(_ reader: ObjectReader?, _ fields: SecretFields, _ tunnel: TunnelPart, _ context: DefinitionContext) {
        self.fields = fields
        guard let reader else { return }
        let type = reader.required("type")
        let config = reader.nestedOrEmpty("config")
        reader.finish(
            elsewhere: Dictionary(
                uniqueKeysWithValues: Self.inConfig.map { ($0, "\"\($0)\" belongs under \"config\".") }))
        switch type {
        case nil: return
        case "none": config.finish()
        case "api_key": readAPIKey(config)
        case "bearer_token": readBearer(config)
        case "basic_auth": readBasic(config)
        case "oauth2": plan = OAuth2Reader(fields, tunnel, context).read(config).map { .oauth2($0) } ?? .none
        case "custom_header": plan = .headers(CustomHeaderReader(fields).read(config))
        case "url_secret":
            plan = .url(fields.read(.secret, config))
            config.finish()
        case let type?:
            let near = nearest(to: type, among: Self.types).map { " Did you mean \($0)?" } ?? ""
            reader.faults.invalid(
                reader.place("type"), "\"type\" must be one of \(Self.types.joined(separator: ", ")).\(near)")
        }
    }

    private mutating func readAPIKey(_ config: ObjectReader) {
        let faults = config.faults
        let places: [(key: String, name: String)] = ["header_name", "query_name", "cookie_name"].compactMap { key in
            config.string(key).map { (key, $0) }
        }
        let prefix = config.text("prefix", bytes: 1024) ?? ""
        if prefix.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
            faults.invalid(config.place("prefix"), "\"prefix\" must not hold control characters.")
        }
        let credential = fields.read(.key, config)
        config.finish()
        guard places.count == 1, let place = places.first else {
            faults.invalid(config.pointer, "Give exactly one of \"header_name\", \"query_name\" and \"cookie_name\".")
            return
        }
        guard Self.check(place.name, place.key, config) else { return }
        switch place.key {
        case "header_name": plan = .header(name: place.name, prefix: prefix, credential)
        case "query_name": plan = .query(name: place.name, prefix: prefix, credential)
        default: plan = .cookie(name: place.name, prefix: prefix, credential)
        }
    }

    private mutating func readBearer(_ config: ObjectReader) {
        let credential = fields.read(.token, config)
        config.finish()
        plan = .header(name: "Authorization", prefix: "Bearer ", credential)
    }

    private mutating func readBasic(_ config: ObjectReader) {
        let username = fields.readText(.username, config)
        let password = fields.read(.password, config)
        config.finish()
        guard let username else { return }
        var shown: String?
        switch username {
        case .literal(let text): shown = text
        case .secret(let credential): shown = fields.secrets.first { $0.field == credential.field }?.value
        }
        if let shown, shown.utf8.contains(where: { $0 == UInt8(ascii: ":") || $0 < 0x20 || $0 == 0x7F }) {
            config.faults.invalid(
                config.place("username"),
                "A user name of Basic authentication holds no colon and no control characters (RFC 7617).")
        }
        plan = .basic(username: username, password: password)
    }

    private static func check(_ name: String, _ key: String, _ config: ObjectReader) -> Bool {
        switch key {
        case "header_name":
            return CredentialHeader.check(name, config.place(key), config.faults)
        case "query_name":
            guard name.isEmpty || name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) else { return true }
            config.faults.invalid(config.place(key), "\"\(key)\" must be a name without control characters.")
        default:
            guard !HeaderRules.isValidFieldName(name) else { return true }
            config.faults.invalid(config.place(key), "\"\(key)\" must be a name of letters, digits and hyphens.")
        }
        return false
    }
}
