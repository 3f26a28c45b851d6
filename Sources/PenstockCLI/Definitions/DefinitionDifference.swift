import Value

/// What applying a definition would change, by place. Endpoints and parameters are told apart by their names, so that
/// one more in front is one line and not a change of all that follow. A secret is named, never shown.
struct DefinitionDifference {
    enum Change: Hashable {
        case added(JSON)
        case removed(JSON)
        case changed(from: JSON, to: JSON)
        /// A credential is written: whether it differs is not to be known here.
        case secret
    }

    /// In the order of the new definition, what is gone last.
    private(set) var changes: [(pointer: JSONPointer, change: Change)] = []

    /// Written by the relay, whatever stands there.
    private static let relays: Set<String> = ["id", "user_id", "slug", "metadata"]
    private static let longest = 60

    /// - Parameter old: as the relay shows it; nil where there is none yet.
    init(from old: JSON?, to new: JSON) {
        let old = old.map { Self.unwrapped($0) } ?? JSONObject()
        let new = Self.unwrapped(new)
        compare(.object(old), .object(new), at: .root)
    }

    var isEmpty: Bool { changes.isEmpty }

    /// One line a change: `~ /connection/timeout_ms: 30000 → 10000`.
    var lines: [String] {
        changes.map { pointer, change in
            switch change {
            case .added(let value): "+ \(pointer): \(Self.short(value))"
            case .removed(let value): "- \(pointer): \(Self.short(value))"
            case .changed(let old, let new): "~ \(pointer): \(Self.short(old)) → \(Self.short(new))"
            case .secret: "* \(pointer): a credential is set"
            }
        }
    }

    private static func unwrapped(_ root: JSON) -> JSONObject {
        var object = (root["custom_api"] ?? root).object ?? JSONObject()
        for key in relays { object[key] = nil }
        return object
    }

    private mutating func compare(_ old: JSON?, _ new: JSON?, at pointer: JSONPointer) {
        switch (old, new) {
        case (nil, nil):
            return
        case (let old?, let new?) where Self.isReference(old) && !Self.isReference(new):
            changes.append((pointer, .secret))
        case (nil, let new?) where Self.isSecret(pointer):
            changes.append((pointer, Self.isReference(new) ? .added(new) : .secret))
        case (.object(let old)?, .object(let new)?):
            compareMembers(old, new, at: pointer)
        case (.array(let old)?, .array(let new)?):
            guard let old = Self.byName(old), let new = Self.byName(new) else {
                if old != new { changes.append((pointer, .changed(from: .array(old), to: .array(new)))) }
                return
            }
            compareMembers(old, new, at: pointer)
        case (let old?, let new?):
            if old != new { changes.append((pointer, .changed(from: old, to: new))) }
        case (nil, .object(let new)?) where pointer.tokens.count < 3 && pointer.tokens.first != "endpoints":
            compareMembers(JSONObject(), new, at: pointer)
        case (nil, let new?):
            changes.append((pointer, .added(new)))
        case (let old?, nil):
            changes.append((pointer, .removed(old)))
        }
    }

    private mutating func compareMembers(_ old: JSONObject, _ new: JSONObject, at pointer: JSONPointer) {
        for (key, value) in new { compare(old[key], value, at: pointer.appending(key)) }
        for (key, value) in old where new[key] == nil { compare(value, nil, at: pointer.appending(key)) }
    }

    /// The elements by their unique names, where all have one.
    private static func byName(_ elements: [JSON]) -> JSONObject? {
        var object = JSONObject()
        for element in elements {
            guard let name = element["name"]?.string, object[name] == nil else { return nil }
            object[name] = element
        }
        return object
    }

    private static func isReference(_ value: JSON) -> Bool {
        value.string?.hasPrefix("vault://") ?? false
    }

    /// The names under which a definition holds a credential.
    private static let secrets: Set<String> = [
        "key", "token", "password", "client_secret", "refresh_token", "secret", "value", "client_key",
    ]

    private static func isSecret(_ pointer: JSONPointer) -> Bool {
        guard let part = pointer.tokens.first, ["authentication", "tunnel", "connection"].contains(part) else {
            return false
        }
        return pointer.tokens.last.map(secrets.contains) ?? false
    }

    private static func short(_ value: JSON) -> String {
        switch value {
        case .object(let object): "{\(object.count) \(object.count == 1 ? "member" : "members")}"
        case .array(let elements) where elements.count > 3: "[\(elements.count) elements]"
        default:
            value.text().count <= longest ? value.text() : String(value.text().prefix(longest)) + "…"
        }
    }
}
