package import Value

/// A definition that was read and found good: what to store, and the credentials that were taken out of it.
///
/// The schema is that of "Complete Custom API Configuration", with or without the `custom_api` wrapper. `id`, `user_id`
/// and `metadata` are the relay's to write; what stands there is replaced.
package struct CustomAPIDefinition: Sendable {
    package let name: String
    package let slug: String
    /// What to store: secret fields hold references.
    package let stored: JSON
    /// Plain values that were written; they go to the vault in the same transaction.
    package let secrets: [WrittenSecret]
    /// All secret fields the definition uses; credentials under other fields are to be deleted.
    package let secretFields: [String]
    let parts: DefinitionParts

    /// As calls would use them.
    package var endpoints: [CompiledEndpoint] { parts.endpoints }

    /// Reads a document, and throws all its faults at once, with their positions.
    package init(_ document: Document, context: DefinitionContext) throws(DefinitionError) {
        try self.init(document.root, document, context)
    }

    /// Reads a value that has no positions.
    package init(_ json: JSON, context: DefinitionContext) throws(DefinitionError) {
        try self.init(json, nil, context)
    }

    private init(_ root: JSON, _ document: Document?, _ context: DefinitionContext) throws(DefinitionError) {
        let faults = FaultList(document: document)
        guard let (object, pointer) = Self.unwrap(root, faults) else { throw DefinitionError(faults: faults.faults) }
        let reader = ObjectReader(object, at: pointer, faults)
        for key in ["id", "user_id", "metadata"] { _ = reader.value(key) }
        let fields = SecretFields(
            context, writtenUser: object["user_id"]?.string, writtenAPI: object["id"]?.string, faults)
        let name = reader.required("name")
        if let name, name.utf8.count > 200 {
            faults.invalid(reader.place("name"), "\"name\" is longer than 200 bytes.")
        }
        let slug = Self.slug(reader, name)
        let parts = DefinitionParts(reader, context, fields)
        reader.finish(elsewhere: Self.advice)
        guard faults.faults.isEmpty, let name, let slug, let parts else {
            throw DefinitionError(faults: faults.faults)
        }
        self.name = name
        self.slug = slug
        self.parts = parts
        secrets = fields.secrets
        secretFields = fields.fields
        stored = Self.stored(object, fields, pointer)
    }

    private static let advice = [
        "base_url": "\"base_url\" belongs under \"connection\".",
        "auth_type": "Write \"authentication\" with \"type\" and \"config\" instead of \"auth_type\".",
        "auth": "Write \"authentication\" with \"type\" and \"config\" instead of \"auth\".",
        "config": "\"config\" belongs under \"authentication\".",
        "timeout_ms": "\"timeout_ms\" belongs under \"connection\".",
        "verify_ssl": "\"verify_ssl\" belongs under \"connection\".",
        "ip_allowlist": "\"ip_allowlist\" belongs under \"security\".",
        "validation": "\"validation\" belongs under \"security\".",
        "url_allowlist": "\"url_allowlist\" belongs under \"security\".",
        "rate_limit": "\"rate_limit\" belongs under \"security\".",
    ]

    private static func unwrap(_ root: JSON, _ faults: FaultList) -> (JSONObject, JSONPointer)? {
        guard let object = root.object else {
            faults.invalid(.root, "A definition is an object, not \(root.typeName).")
            return nil
        }
        guard let inner = object["custom_api"] else { return (object, .root) }
        let pointer = JSONPointer.root.appending("custom_api")
        for key in object.keys where key != "custom_api" {
            faults.invalid(JSONPointer.root.appending(key), "Nothing may stand beside \"custom_api\".")
        }
        guard let unwrapped = inner.object else {
            faults.invalid(pointer, "\"custom_api\" must be an object, not \(inner.typeName).")
            return nil
        }
        return (unwrapped, pointer)
    }

    private static func slug(_ reader: ObjectReader, _ name: String?) -> String? {
        if let slug = reader.string("slug") {
            if Slug.isValid(slug) { return slug }
            reader.faults.invalid(
                reader.place("slug"), "A slug begins with a-z and holds only a-z, 0-9 and _, at most 63.")
            return nil
        }
        guard let name else { return nil }
        if let slug = Slug.make(from: name) { return slug }
        reader.faults.invalid(reader.place("slug"), "No slug can be made from this name; write a \"slug\".")
        return nil
    }

    private static func stored(_ object: JSONObject, _ fields: SecretFields, _ pointer: JSONPointer) -> JSON {
        var object = object
        for key in ["id", "user_id", "slug", "metadata"] { object[key] = nil }
        return fields.replacements.reduce(.object(object)) { result, replacement in
            result.setting(replacement.value, at: replacement.place.tokens.dropFirst(pointer.tokens.count))
        }
    }
}
