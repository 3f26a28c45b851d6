import EgressPolicy
import Value

/// What applying a definition would change, by place. Endpoints and parameters are told apart by their names, so that
/// one more in front is one line and not a change of all that follow.
///
/// A credential is named, never shown: ``CredentialKey`` decides, as it does for the vault. Neither is a text that came
/// out of a variable or a file, nor a member whose name is unknown and may be a mistyped credential's.
struct DefinitionDifference {
    enum Change: Hashable {
        case added(JSON)
        case removed(JSON)
        case changed(from: JSON, to: JSON)
        /// A credential is written: only the relay can say whether it differs.
        case secret
    }

    /// In the order of the new definition, what is gone last.
    private(set) var changes: [(pointer: JSONPointer, change: Change)] = []

    /// Texts that are not shown, wherever they are.
    private let hidden: Set<String>
    /// The parts whose credentials are kept where the new definition leaves them out.
    private var keeping: Set<String> = []

    /// Written by the relay, whatever the file says.
    private static let relays: Set<String> = ["id", "user_id", "slug", "metadata"]
    /// The parts that hold no credential, and are shown as they are.
    private static let open: Set<String> = ["name", "description", "security", "endpoints", "$defs"]
    /// Members whose text is out of place, and could be anything.
    private static let containers: Set<String> = ["config", "headers", "of", "access"]
    private static let longest = 60

    /// - Parameters:
    ///   - old: as the relay shows it; nil where there is none yet.
    ///   - hidden: texts that came out of variables and files.
    init(from old: JSON?, to new: JSON, hidden: Set<String> = []) {
        self.hidden = hidden
        let old = old.map { Self.unwrapped($0) } ?? JSONObject()
        let new = Self.unwrapped(new)
        keeping = CredentialKey.parts.filter { old[$0]?["type"] == new[$0]?["type"] }
        compare(.object(old), .object(new), at: .root)
    }

    var isEmpty: Bool { changes.isEmpty }

    /// Whether nothing differs but credentials, of which only the relay knows whether they do.
    var isOnlyCredentials: Bool { changes.allSatisfy { $0.change == .secret } }

    /// One line a change: `~ /connection/timeout_ms: 30000 → 10000`.
    var lines: [String] {
        changes.map { pointer, change in
            let line =
                switch change {
                case .added(let value): "+ \(pointer): \(shown(value, at: pointer) ?? Self.notShown)"
                case .removed(let value): "- \(pointer): \(shown(value, at: pointer) ?? Self.notShown)"
                case .changed(let old, let new):
                    if let old = shown(old, at: pointer), let new = shown(new, at: pointer) {
                        "~ \(pointer): \(old) → \(new)"
                    } else {
                        "~ \(pointer): changed \(Self.notShown)"
                    }
                case .secret: "* \(pointer): a credential is set"
                }
            return line.printable
        }
    }

    private static let notShown = "(not shown)"

    private static func unwrapped(_ root: JSON) -> JSONObject {
        var object = (root["custom_api"] ?? root).object ?? JSONObject()
        for key in relays { object[key] = nil }
        for part in CredentialKey.parts { object[part] = object[part].map(withoutAliases) }
        return object
    }

    /// `key_vault_ref: …` means what `key: …` means.
    private static func withoutAliases(_ value: JSON) -> JSON {
        switch value {
        case .object(let object):
            var result = JSONObject()
            for (key, member) in object {
                result[CredentialKey(member: key)?.rawValue ?? key] = withoutAliases(member)
            }
            return .object(result)
        case .array(let elements): return .array(elements.map(withoutAliases))
        case .null, .bool, .number, .string: return value
        }
    }

    private mutating func compare(_ old: JSON?, _ new: JSON?, at pointer: JSONPointer) {
        if let key = Self.credential(pointer), let new, !Self.isReference(new) {
            let isLiteral = key.mayBeLiteral && new["literal"] != nil
            if !isLiteral { return changes.append((pointer, .secret)) }
        }
        switch (old, new) {
        case (nil, nil):
            return
        case (.object(let old)?, .object(let new)?):
            compareMembers(old, new, at: pointer)
        case (.object(let old)?, nil) where pointer.tokens == ["authentication", "config"]:
            compareMembers(old, JSONObject(), at: pointer)
        case (.array(let old)?, .array(let new)?):
            guard let (old, new) = Self.members(old, new, at: pointer) else {
                if old != new { changes.append((pointer, .changed(from: .array(old), to: .array(new)))) }
                return
            }
            compareMembers(old, new, at: pointer)
        case (let old?, let new?):
            if old != new { changes.append((pointer, .changed(from: old, to: new))) }
        case (nil, .object(let new)?) where pointer.tokens.count < 3 && pointer.tokens.first != "endpoints":
            compareMembers(JSONObject(), new, at: pointer)
        case (nil, let new?) where Self.mayHoldCredentials(pointer) && !new.isScalar:
            compare(new.array == nil ? .object([:]) : .array([]), new, at: pointer)
        case (nil, let new?):
            changes.append((pointer, .added(new)))
        case (let old?, nil):
            // The relay keeps a credential that is left out.
            if Self.isReference(old), let part = pointer.tokens.first, keeping.contains(part) { return }
            changes.append((pointer, .removed(old)))
        }
    }

    private mutating func compareMembers(_ old: JSONObject, _ new: JSONObject, at pointer: JSONPointer) {
        for (key, value) in new { compare(old[key], value, at: pointer.appending(key)) }
        for (key, value) in old where new[key] == nil { compare(value, nil, at: pointer.appending(key)) }
    }

    /// The elements of two lists by their unique names, where all have one; by their places where they may hold
    /// credentials.
    private static func members(_ old: [JSON], _ new: [JSON], at pointer: JSONPointer) -> (JSONObject, JSONObject)? {
        if let old = byName(old), let new = byName(new) { return (old, new) }
        guard mayHoldCredentials(pointer) else { return nil }
        func byPlace(_ elements: [JSON]) -> JSONObject {
            JSONObject(elements.enumerated().map { (String($0.offset), $0.element) })
        }
        return (byPlace(old), byPlace(new))
    }

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

    private static func mayHoldCredentials(_ pointer: JSONPointer) -> Bool {
        pointer.tokens.first.map { !open.contains($0) } ?? false
    }

    /// The credential that a place is for; nil for any other place.
    private static func credential(_ pointer: JSONPointer) -> CredentialKey? {
        guard let part = pointer.tokens.first, pointer.tokens.count > 1, CredentialKey.parts.contains(part),
            let name = pointer.tokens.last, !isHeader(pointer)
        else { return nil }
        return CredentialKey(member: name)
    }

    private static func isContainer(_ pointer: JSONPointer) -> Bool {
        pointer.tokens.last.map(containers.contains) ?? false && mayHoldCredentials(pointer)
    }

    /// Whether the last token is the name, or the number, of one header.
    private static func isHeader(_ pointer: JSONPointer) -> Bool {
        pointer.parent?.tokens.last == "headers"
    }

    /// A value on a short line; nil where it may be a credential.
    private func shown(_ value: JSON, at pointer: JSONPointer) -> String? {
        guard !holdsHidden(value), Self.mayShow(value, at: pointer) else { return nil }
        switch value {
        case .object(let object): return "{\(object.count) \(object.count == 1 ? "member" : "members")}"
        case .array(let elements)
        where elements.count > 3 || elements.contains { !$0.isScalar } || Self.isContainer(pointer):
            return "[\(elements.count) \(elements.count == 1 ? "element" : "elements")]"
        default:
            let text = value.text()
            return text.count <= Self.longest ? text : String(text.prefix(Self.longest)) + "…"
        }
    }

    private static func mayShow(_ value: JSON, at pointer: JSONPointer) -> Bool {
        guard mayHoldCredentials(pointer) else { return true }
        guard let part = pointer.tokens.first, CredentialKey.parts.contains(part) else { return false }
        if credential(pointer) != nil { return isReference(value) || value["literal"] != nil }
        guard let text = value.string else { return true }
        guard let name = pointer.tokens.last, CredentialKey.plain.contains(name), !isContainer(pointer) else {
            return isReference(value)
        }
        // A key in a certificate's place, and a user or a query in a URL.
        return !["PRIVATE KEY", "@", "?"].contains { text.contains($0) }
    }

    private func holdsHidden(_ value: JSON) -> Bool {
        guard !hidden.isEmpty else { return false }
        switch value {
        case .string(let text): return hidden.contains(text)
        case .array(let elements): return elements.contains(where: holdsHidden)
        case .object(let object): return object.contains { holdsHidden($0.value) }
        case .null, .bool, .number: return false
        }
    }
}

extension JSON {
    fileprivate var isScalar: Bool { object == nil && array == nil }
}
