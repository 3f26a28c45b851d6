package import Value

/// Schemas that name an older draft by `$schema`, in the words of draft 2020-12.
package enum OlderDraft {
    private enum Version: Int, Comparable {
        case draft4 = 4, draft6 = 6, draft7 = 7, draft2019 = 8

        static func < (left: Version, right: Version) -> Bool { left.rawValue < right.rawValue }
    }

    private static let single: Set = [
        "additionalProperties", "additionalItems", "contains", "else", "if", "items", "not", "propertyNames", "then",
        "unevaluatedItems", "unevaluatedProperties", "contentSchema",
    ]
    private static let lists: Set = ["allOf", "anyOf", "oneOf", "items"]
    private static let maps: Set = ["$defs", "definitions", "dependentSchemas", "patternProperties", "properties"]
    /// Keywords by the draft that brought them: before it they mean nothing.
    private static let since: [String: Version] = [
        "const": .draft6, "contains": .draft6, "propertyNames": .draft6, "if": .draft7, "then": .draft7,
        "else": .draft7, "dependentRequired": .draft2019, "dependentSchemas": .draft2019, "minContains": .draft2019,
        "maxContains": .draft2019, "unevaluatedItems": .draft2019, "unevaluatedProperties": .draft2019,
    ]
    /// What may stand beside `$ref` before draft 2019-09, where all else is ignored.
    private static let besideReference: Set = [
        "$ref", "$defs", "definitions", "title", "description", "default", "examples", "readOnly", "writeOnly",
    ]
    private static let deepest = 512

    /// The schema as 2020-12 has it; unchanged where it names no older draft.
    package static func upgraded(_ schema: JSON) -> JSON {
        guard let version = version(schema["$schema"]?.string) else { return schema }
        return upgraded(schema, version, depth: 0)
    }

    private static func version(_ uri: String?) -> Version? {
        guard var name = uri?[...] else { return nil }
        for scheme in ["http://", "https://"] where name.hasPrefix(scheme) { name = name.dropFirst(scheme.count) }
        while name.hasSuffix("#") { name = name.dropLast() }
        return switch name {
        case "json-schema.org/draft-04/schema": .draft4
        case "json-schema.org/draft-06/schema": .draft6
        case "json-schema.org/draft-07/schema": .draft7
        case "json-schema.org/draft/2019-09/schema": .draft2019
        default: nil
        }
    }

    private static func upgraded(_ schema: JSON, _ version: Version, depth: Int) -> JSON {
        guard var object = schema.object, depth < deepest else { return schema }
        object["$schema"] = .none
        for key in object.keys where (since[key] ?? version) > version { object[key] = .none }
        rename(&object, version)
        if object["$ref"] != nil, version < .draft2019 {
            for key in object.keys where !besideReference.contains(key) { object[key] = .none }
        }
        for (key, value) in object {
            if lists.contains(key), let list = value.array {
                object[key] = .array(list.map { upgraded($0, version, depth: depth + 1) })
            } else if maps.contains(key), let map = value.object {
                object[key] = .object(
                    JSONObject(map.map { ($0.key, upgraded($0.value, version, depth: depth + 1)) }))
            } else if single.contains(key) {
                object[key] = upgraded(value, version, depth: depth + 1)
            }
        }
        return .object(respelt(object, version))
    }

    /// Names and references.
    private static func rename(_ object: inout JSONObject, _ version: Version) {
        if version == .draft4, let id = object["id"]?.string {
            object["id"] = .none
            object["$id"] = .string(id)
        }
        if let id = object["$id"]?.string {
            if id.hasPrefix("#") {
                object["$id"] = .none
                if id.utf8.count > 1 { object["$anchor"] = .string(String(id.dropFirst())) }
            } else if id.hasSuffix("#") {
                object["$id"] = .string(String(id.dropLast()))
            }
        }
        if let reference = object["$recursiveRef"] { (object["$ref"], object["$recursiveRef"]) = (reference, .none) }
        object["$recursiveAnchor"] = .none
        guard let reference = object["$ref"]?.string else { return }
        if self.version(reference) != nil {
            // The draft's own meta-schema: a schema.
            object["$ref"] = .none
            object["type"] = version == .draft4 ? "object" : ["object", "boolean"]
        } else if let hash = reference.firstIndex(of: "#"),
            let pointer = JSONPointer(text: String(reference[reference.index(after: hash)...]))
        {
            var tokens = pointer.tokens
            for index in tokens.indices.dropFirst() where tokens[index - 1] == "items" && Int(tokens[index]) != nil {
                tokens[index - 1] = "prefixItems"
            }
            object["$ref"] = .string(reference[..<hash] + "#" + JSONPointer(tokens).description)
        }
    }

    /// Keywords that are written otherwise today.
    private static func respelt(_ object: JSONObject, _ version: Version) -> JSONObject {
        var object = object
        if object["items"]?.array != nil {
            object["prefixItems"] = object["items"]
            object["items"] = object["additionalItems"]
        }
        object["additionalItems"] = .none
        for (key, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
            guard version == .draft4, let isExclusive = object[key]?.bool else { continue }
            object[key] = isExclusive ? object[bound] : .none
            if isExclusive { object[bound] = .none }
        }
        guard let dependencies = object["dependencies"]?.object else { return object }
        object["dependencies"] = .none
        var names = object["dependentRequired"]?.object ?? [:]
        var schemas = object["dependentSchemas"]?.object ?? [:]
        for (name, value) in dependencies {
            if value.array == nil {
                schemas[name] = upgraded(value, version, depth: 1)
            } else {
                names[name] = value
            }
        }
        if !names.isEmpty { object["dependentRequired"] = .object(names) }
        if !schemas.isEmpty { object["dependentSchemas"] = .object(schemas) }
        return object
    }
}
