import EgressPolicy
import Value

/// `authentication`: how calls identify themselves, and the plain secrets that stood in it.
struct AuthenticationPart {
    private(set) var plan = AuthPlan.none
    private(set) var secrets: [WrittenSecret] = []
    /// The part with references instead of secrets.
    private(set) var stored = JSON.null

    private static let types = [
        "none", "api_key", "bearer_token", "basic_auth", "oauth2", "custom_header", "url_secret",
    ]
    private static let later = [
        "basic_auth": "Basic authentication is", "oauth2": "OAuth 2.0 is", "custom_header": "Custom header groups are",
        "url_secret": "Secret URL parts are",
    ]

    init(_ reader: ObjectReader?, _ context: DefinitionContext) {
        guard let reader else { return }
        stored = .object(reader.object)
        let type = reader.required("type")
        let config = reader.nested("config")
        let inConfig = ["key", "token", "header_name", "query_name", "cookie_name", "prefix", "key_vault_ref"]
        reader.finish(
            elsewhere: Dictionary(uniqueKeysWithValues: inConfig.map { ($0, "\"\($0)\" belongs under \"config\".") }))
        switch type {
        case nil: return
        case "none": config?.finish()
        case "api_key": readAPIKey(config ?? Self.empty(reader), context)
        case "bearer_token": readBearer(config ?? Self.empty(reader), context)
        case let type?:
            guard let what = Self.later[type] else {
                let near = nearest(to: type, among: Self.types).map { " Did you mean \($0)?" } ?? ""
                reader.faults.invalid(
                    reader.place("type"), "\"type\" must be one of \(Self.types.joined(separator: ", ")).\(near)")
                return
            }
            reader.faults.notImplemented(reader.place("type"), what)
        }
    }

    private static func empty(_ reader: ObjectReader) -> ObjectReader {
        ObjectReader([:], at: reader.place("config"), reader.faults)
    }

    private mutating func readAPIKey(_ config: ObjectReader, _ context: DefinitionContext) {
        let faults = config.faults
        let places: [(key: String, name: String)] = ["header_name", "query_name", "cookie_name"].compactMap { key in
            config.string(key).map { (key, $0) }
        }
        let prefix = config.string("prefix") ?? ""
        if Self.isUnsafe(prefix) {
            faults.invalid(config.place("prefix"), "\"prefix\" must not hold control characters.")
        }
        let reference = readSecret("key", config, context)
        config.finish()
        guard places.count == 1, let place = places.first else {
            faults.invalid(config.pointer, "Give exactly one of \"header_name\", \"query_name\" and \"cookie_name\".")
            return
        }
        guard Self.check(place.name, place.key, config) else { return }
        let credential = AuthPlan.Credential(field: "key", reference: reference)
        switch place.key {
        case "header_name": plan = .header(name: place.name, prefix: prefix, credential)
        case "query_name": plan = .query(name: place.name, prefix: prefix, credential)
        default: plan = .cookie(name: place.name, prefix: prefix, credential)
        }
    }

    private mutating func readBearer(_ config: ObjectReader, _ context: DefinitionContext) {
        let reference = readSecret("token", config, context)
        config.finish()
        plan = .header(
            name: "Authorization", prefix: "Bearer ", AuthPlan.Credential(field: "token", reference: reference))
    }

    private static func check(_ name: String, _ key: String, _ config: ObjectReader) -> Bool {
        if key == "query_name" {
            guard name.isEmpty || isUnsafe(name) else { return true }
            config.faults.invalid(config.place(key), "\"\(key)\" must be a name without control characters.")
            return false
        }
        guard HeaderRules.isValidFieldName(name) else {
            config.faults.invalid(config.place(key), "\"\(key)\" must be a name of letters, digits and hyphens.")
            return false
        }
        // Identifying the caller is what this header is for; framing and routing it must not touch.
        let lower = name.lowercased()
        let framing = HeaderRules.isReservedInRequests(name) && lower != "authorization"
        guard key != "header_name" || !framing && !HeaderRules.isHopByHop(name) else {
            config.faults.invalid(
                config.place(key), "The header \(name) frames or routes the message and cannot carry a key.")
            return false
        }
        return true
    }

    /// Takes a secret field out of the definition, and leaves its reference there. An absent one keeps what is stored.
    private mutating func readSecret(_ field: String, _ config: ObjectReader, _ context: DefinitionContext) -> String {
        let reference = context.reference(field)
        let alias = "\(field)_vault_ref"
        let value = config.value(field)
        let written = config.string(alias)
        if value != nil, written != nil {
            config.faults.invalid(config.place(alias), "Give \"\(field)\" or \"\(alias)\", not both.")
        }
        if let written {
            checkReference(written, alias, config, context, expected: reference)
        } else if let text = value?.string {
            if text.hasPrefix("vault://") {
                checkReference(text, field, config, context, expected: reference)
            } else if text.isEmpty || Self.isUnsafe(text) {
                config.faults.invalid(
                    config.place(field), "\"\(field)\" must not be empty or hold control characters.")
            } else {
                secrets.append(WrittenSecret(field: field, value: text))
            }
        } else if let object = value?.object, object["from_env"] != nil || object["from_file"] != nil {
            config.faults.invalid(
                config.place(field),
                "from_env and from_file are resolved by the penstock command; send the value itself.")
        } else if let value {
            config.faults.invalid(config.place(field), "\"\(field)\" must be a string, not \(value.typeName).")
        }
        var object = config.object
        object[alias] = nil
        object[field] = .string(reference)
        if var part = stored.object {
            part["config"] = .object(object)
            stored = .object(part)
        }
        return reference
    }

    private func checkReference(
        _ text: String, _ key: String, _ config: ObjectReader, _ context: DefinitionContext, expected: String
    ) {
        if text != expected {
            config.faults.invalid(
                config.place(key), "This reference belongs to another place. Write the value itself, or leave it out.")
        } else if context.existing?.uses(reference: expected) != true {
            config.faults.invalid(
                config.place(key), "No credential is stored under this reference yet. Write the value itself.")
        }
    }

    private static func isUnsafe(_ text: String) -> Bool {
        text.utf8.contains { $0 < 0x20 || $0 == 0x7F }
    }
}

extension StoredAPI {
    /// Whether the stored definition holds this reference.
    fileprivate func uses(reference: String) -> Bool {
        definition["authentication"]?["config"]?.object?.contains { $0.value.string == reference } ?? false
    }
}
