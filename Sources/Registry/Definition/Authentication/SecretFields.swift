import EgressPolicy
import Value

/// Takes the secrets out of a definition while it is read, and remembers the references to leave in their places.
final class SecretFields {
    private let context: DefinitionContext
    private let faults: FaultList
    /// `vault://users/<user>/apis/<api>/` of the API as the document itself names it.
    private let written: String?
    /// The references that are stored now.
    private let known: Set<String>

    /// All secret fields of the definition, also of what is switched off.
    private(set) var fields: [String] = []
    /// Before the names of fields while a part of several credentials is read: two parts may have fields of one name.
    var prefix = ""
    /// Plain values on their way to the vault.
    private(set) var secrets: [WrittenSecret] = []
    /// What is to stand in the stored definition, by place.
    private(set) var replacements: [(place: JSONPointer, value: JSON?)] = []

    /// The longest secret, in bytes: a private key with some to spare.
    private static let longest = 64 << 10

    /// - Parameters:
    ///   - writtenUser: `user_id` of the document.
    ///   - writtenAPI: `id` of the document.
    init(_ context: DefinitionContext, writtenUser: String?, writtenAPI: String?, _ faults: FaultList) {
        self.context = context
        self.faults = faults
        written = writtenUser.flatMap { user in writtenAPI.map { "vault://users/\(user)/apis/\($0)/" } }
        known = Set(context.existing?.references ?? [])
    }

    func credential(_ field: String) -> AuthPlan.Credential {
        AuthPlan.Credential(user: context.user, api: context.api, field: prefix + field)
    }

    /// Takes a secret out of the definition, and leaves its reference there. An absent one keeps what is stored.
    ///
    /// - Parameters:
    ///   - field: its name in the vault; by default that of the key.
    ///   - isPEM: whether it may have several lines.
    func read(
        _ name: CredentialKey, as field: String? = nil, _ reader: ObjectReader, isPEM: Bool = false
    ) -> AuthPlan.Credential {
        let (key, alias) = (name.rawValue, name.alias)
        let credential = credential(field ?? key)
        fields.append(credential.field)
        let value = reader.value(key)
        let reference = reader.string(alias)
        if value != nil, reference != nil {
            faults.invalid(reader.place(alias), "Give \"\(key)\" or \"\(alias)\", not both.")
        }
        if let reference {
            check(reference, reader.place(alias), credential)
        } else if let value {
            take(value, key, reader, credential, isPEM: isPEM)
        }
        if reader.object[alias] != nil { replacements.append((reader.place(alias), nil)) }
        replacements.append((reader.place(key), .string(credential.reference)))
        return credential
    }

    /// As ``read(_:as:_:isPEM:)``, where the API can do without: nil when nothing is written and nothing stored.
    func readOptional(
        _ name: CredentialKey, as field: String? = nil, _ reader: ObjectReader
    ) -> AuthPlan.Credential? {
        let (key, alias) = (name.rawValue, name.alias)
        let isStored = known.contains(credential(field ?? key).reference)
        guard reader.has(key) || reader.has(alias) || isStored else {
            _ = reader.value(key)
            _ = reader.value(alias)
            return nil
        }
        return read(name, as: field, reader)
    }

    /// Whether a value was written or is stored already.
    func isKnown(_ credential: AuthPlan.Credential) -> Bool {
        known.contains(credential.reference) || secrets.contains { $0.field == credential.field }
    }

    /// A text that is secret unless it is written `{"literal": "…"}`.
    func readText(_ name: CredentialKey, as field: String? = nil, _ reader: ObjectReader) -> AuthPlan.Text? {
        let key = name.rawValue
        guard name.mayBeLiteral, let object = reader.object[key]?.object, let literal = object["literal"] else {
            return .secret(read(name, as: field, reader))
        }
        _ = reader.value(key)
        guard object.count == 1, let text = literal.string else {
            faults.invalid(reader.place(key), "A literal is written {\"literal\": \"…\"} with nothing beside it.")
            return nil
        }
        return .literal(text)
    }

    /// An empty text, which is no secret and stays where it is; nil for anything else.
    func readEmptyText(_ name: CredentialKey, _ reader: ObjectReader) -> AuthPlan.Text? {
        guard reader.object[name.rawValue]?.string == "", !reader.has(name.alias) else { return nil }
        _ = reader.value(name.rawValue)
        _ = reader.value(name.alias)
        return .literal("")
    }

    /// The field that a reference to this API's secrets names; nil for any other text.
    func field(ofReference text: String?) -> String? {
        guard let text else { return nil }
        return [credential("").reference, written.map { $0 + prefix }].compactMap(\.self).first { text.hasPrefix($0) }
            .map { String(text.dropFirst($0.count)) }
    }

    private func take(
        _ value: JSON, _ key: String, _ reader: ObjectReader, _ credential: AuthPlan.Credential, isPEM: Bool
    ) {
        let place = reader.place(key)
        var value = value
        if let object = value.object {
            if object["from_env"] != nil || object["from_file"] != nil {
                return faults.invalid(
                    place, "from_env and from_file are resolved by the penstock command; send the value itself.")
            }
            if object["literal"] != nil {
                return faults.invalid(place, "\"\(key)\" is always secret and cannot be a literal.")
            }
            if let secret = object["secret"], object.count == 1 { value = secret }
        }
        guard let text = value.string else {
            return faults.invalid(place, "\"\(key)\" must be a string, not \(value.typeName).")
        }
        if text.hasPrefix("vault://") { return check(text, place, credential) }
        guard !text.isEmpty, !text.utf8.contains(where: { Self.isUnsafe($0, isPEM: isPEM) }) else {
            return faults.invalid(place, "\"\(key)\" must not be empty or hold control characters.")
        }
        guard text.utf8.count <= Self.longest else {
            return faults.invalid(place, "\"\(key)\" is longer than \(Self.longest) bytes.")
        }
        secrets.append(WrittenSecret(field: credential.field, value: text))
    }

    private func check(_ text: String, _ place: JSONPointer, _ credential: AuthPlan.Credential) {
        // A copy of another API's document names its secrets consistently with its own ids. They stay where they are:
        // the copy gets places of its own, and values later.
        if let written, text == written + credential.field { return }
        if text != credential.reference {
            faults.invalid(
                place, "This reference belongs to another place. Write the value itself, or leave it out.")
        } else if !known.contains(text) {
            faults.invalid(
                place, "No credential is stored under this reference yet. Write the value itself.")
        }
    }

    private static func isUnsafe(_ byte: UInt8, isPEM: Bool) -> Bool {
        switch byte {
        case 0x09, 0x0A, 0x0D: !isPEM
        default: byte < 0x20 || byte == 0x7F
        }
    }
}

extension StoredAPI {
    /// All vault references of the stored definition, of which only some parts can have any.
    fileprivate var references: [String] {
        var found: [String] = []
        var rest = CredentialKey.parts.compactMap { definition[$0] }
        while let value = rest.popLast() {
            switch value {
            case .string(let text): if text.hasPrefix("vault://") { found.append(text) }
            case .array(let elements): rest += elements
            case .object(let object): rest += object.map(\.value)
            case .null, .bool, .number: break
            }
        }
        return found
    }
}
