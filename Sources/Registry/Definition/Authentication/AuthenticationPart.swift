import EgressPolicy
import Value

/// `authentication`: how calls identify themselves.
struct AuthenticationPart {
    private(set) var plan = AuthPlan.none
    let fields: SecretFields

    private static let types = [
        "none", "api_key", "bearer_token", "basic_auth", "oauth2", "custom_header", "url_secret",
        "all",
    ]
    private static let inConfig =
        [
            "header_name", "query_name", "cookie_name", "prefix", "token_url", "scopes", "grant", "client_auth", "via",
            "headers", "token_params", "token_headers",
        ]
        + CredentialKey.allCases.filter { $0 != .value && $0 != .clientKey }.flatMap { [$0.rawValue, $0.alias] }

    init(_ reader: ObjectReader?, _ fields: SecretFields, _ tunnel: TunnelPart, _ context: DefinitionContext) {
        self.fields = fields
        guard let reader else { return }
        let type = reader.required("type")
        let config = reader.nestedOrEmpty("config")
        let parts = type == "all" ? reader.elements("of", atMost: Self.mostParts) : []
        reader.finish(
            elsewhere: Dictionary(
                uniqueKeysWithValues: Self.inConfig.map { ($0, "\"\($0)\" belongs under \"config\".") }))
        switch type {
        case nil: return
        case "none": config.finish()
        case "all":
            config.finish()
            plan = Self.readAll(parts, reader, fields, tunnel, context)
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
        let username = fields.readEmptyText(.username, config) ?? fields.readText(.username, config)
        let password = fields.readEmptyText(.password, config) ?? .secret(fields.read(.password, config))
        config.finish()
        guard let username else { return }
        if username.isEmpty, password.isEmpty {
            config.faults.invalid(config.pointer, "Of \"username\" and \"password\" only one may be empty.")
        }
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

    private static let mostParts = 8

    /// `of`: several credentials at once.
    ///
    /// The fields of each have names of their own in the vault, `of_0_key`: the number is that of its references, wherever
    /// it stands now, and else its index or, where another's references have that, the least free one.
    private static func readAll(
        _ elements: [(value: JSON, pointer: JSONPointer)], _ reader: ObjectReader, _ fields: SecretFields,
        _ tunnel: TunnelPart, _ context: DefinitionContext
    ) -> AuthPlan {
        let faults = reader.faults
        if elements.isEmpty { faults.invalid(reader.place("of"), "\"of\" needs at least one credential.") }
        let own = elements.map { number(in: $0.value, fields) }
        var taken = Set(own.compactMap(\.self))
        var claimed: Set<Int> = []
        var parts: [AuthPlan] = []
        for (index, (value, pointer)) in elements.enumerated() {
            guard let object = value.object else {
                faults.invalid(
                    pointer, "A credential is an object with \"type\" and \"config\", not \(value.typeName).")
                continue
            }
            if let type = object["type"]?.string, type == "all" || type == "none" {
                faults.invalid(pointer.appending("type"), "Each of \"of\" is one credential.")
                continue
            }
            let known = own[index].flatMap { claimed.insert($0).inserted ? $0 : nil }
            let number = known ?? ([index] + Array(0...mostParts)).first { !taken.contains($0) } ?? index
            taken.insert(number)
            fields.prefix = "of_\(number)_"
            parts.append(AuthenticationPart(ObjectReader(object, at: pointer, faults), fields, tunnel, context).plan)
            fields.prefix = ""
        }
        refuseTwins(parts, reader.place("of"), faults)
        return .all(parts)
    }

    /// The number in the references that a credential holds, if it holds any.
    private static func number(in value: JSON, _ fields: SecretFields) -> Int? {
        switch value {
        case .string(let text):
            guard let field = fields.field(ofReference: text), field.hasPrefix("of_") else { return nil }
            let digits = field.dropFirst(3).prefix { $0 != "_" }
            return Int(digits).flatMap { (0...mostParts).contains($0) ? $0 : nil }
        case .array(let elements): return elements.lazy.compactMap { number(in: $0, fields) }.first
        case .object(let object): return object.lazy.compactMap { number(in: $0.value, fields) }.first
        case .null, .bool, .number: return nil
        }
    }

    private static func refuseTwins(_ parts: [AuthPlan], _ place: JSONPointer, _ faults: FaultList) {
        let plan = AuthPlan.all(parts)
        var names: Set<String> = []
        for name in plan.headerNames.map({ $0.lowercased() }) where name != "cookie" && !names.insert(name).inserted {
            faults.invalid(place, "Two of these set the header \(name).")
        }
        for list in [plan.queryNames, plan.cookieNames] where Set(list).count < list.count {
            faults.invalid(place, "Two of these set the same query parameter or cookie.")
        }
        let urls = parts.count { $0.url != nil }
        let tokens = parts.count { if case .oauth2 = $0 { true } else { false } }
        if urls > 1 || tokens > 1 {
            faults.invalid(place, "Of these, at most one can be oauth2, and at most one url_secret.")
        }
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
