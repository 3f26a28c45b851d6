import Value

/// What of a definition's `$defs` is in use.
enum DefinitionReferences {
    /// The definition without the members of `$defs` that neither endpoints nor other used members refer to, save those
    /// in `keeping`; without `$defs` when none is left.
    static func dropUnused(from definition: JSONObject, keeping kept: Set<String> = []) -> JSONObject {
        guard let shared = definition["$defs"]?.object else { return definition }
        var used = kept
        var pending: [JSON] = definition.filter { $0.key != "$defs" }.map(\.value)
        pending += kept.compactMap { shared[$0] }
        while let value = pending.popLast() {
            switch value {
            case .array(let elements): pending += elements
            case .object(let object):
                pending += object.map(\.value)
                let mapping = object["discriminator"]?["mapping"]?.object ?? [:]
                for reference in [object["$ref"]].compactMap(\.self) + mapping.map(\.value) {
                    guard let name = name(reference.string), let target = shared[name], used.insert(name).inserted
                    else { continue }
                    pending.append(target)
                }
            case .null, .bool, .number, .string: continue
            }
        }
        var result = definition
        let rest = shared.filter { used.contains($0.key) }.map { ($0.key, $0.value) }
        if rest.isEmpty { result["$defs"] = .none } else { result["$defs"] = .object(JSONObject(rest)) }
        return result
    }

    /// The member of `$defs` that a reference leads to or into.
    private static func name(_ reference: String?) -> String? {
        guard let reference, reference.utf8.first == UInt8(ascii: "#"),
            let pointer = JSONPointer(text: decoded(reference.utf8.dropFirst()))
        else { return nil }
        let tokens = pointer.tokens.first == "custom_api" ? pointer.tokens.dropFirst() : pointer.tokens[...]
        return tokens.first == "$defs" ? tokens.dropFirst().first : nil
    }

    private static func decoded(_ text: Substring.UTF8View) -> String {
        var bytes: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count >= 2,
                let code = UInt8(String(Substring(rest.prefix(2))), radix: 16)
            {
                bytes.append(code)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}
