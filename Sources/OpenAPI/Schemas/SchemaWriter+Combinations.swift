import Drafts
import Value

/// Combinations that no value, or not the values that their authors meant, could satisfy.
extension SchemaWriter {
    private static let lists: Set = ["allOf", "anyOf", "oneOf", "prefixItems"]
    private static let maps: Set = ["properties", "patternProperties", "dependentSchemas"]
    private static let single: Set = [
        "additionalProperties", "unevaluatedProperties", "unevaluatedItems", "propertyNames", "contains", "items",
        "contentSchema", "not", "if", "then", "else",
    ]
    /// What an object may have besides its properties and still be merged with others.
    private static let plain: Set = [
        "type", "properties", "required", "additionalProperties", "title", "description", "default", "examples",
        "deprecated", "discriminator", "readOnly", "writeOnly",
    ]
    private static let deepest = 16

    /// The schema with its combinations as they were meant; findings are made at the place.
    func settled(_ schema: JSON, at place: Place, depth: Int = 0) -> JSON {
        guard var object = schema.object, depth < 256 else { return schema }
        for (key, value) in object {
            if Self.lists.contains(key), let list = value.array {
                object[key] = .array(list.map { settled($0, at: place, depth: depth + 1) })
            } else if Self.maps.contains(key), let map = value.object {
                object[key] = .object(JSONObject(map.map { ($0.key, settled($0.value, at: place, depth: depth + 1)) }))
            } else if Self.single.contains(key) {
                object[key] = settled(value, at: place, depth: depth + 1)
            }
        }
        declareRequired(&object, place)
        reviewBounds(&object, place)
        reviewTypes(&object, place)
        openClosed(&object, place)
        markOverlap(&object, place)
        return .object(object)
    }

    // MARK: Single schemas

    /// What a closed object requires and does not have nothing could satisfy.
    private func declareRequired(_ object: inout JSONObject, _ place: Place) {
        guard object["additionalProperties"] == false, object["patternProperties"] == nil, object["allOf"] == nil,
            var properties = object["properties"]?.object ?? (object["required"] == nil ? nil : [:])
        else { return }
        for name in (object["required"]?.array ?? []).compactMap(\.string) where properties[name] == nil {
            properties[name] = [:]
            log.addThere(
                .change, "property_undeclared",
                "\(quoted(name)) is required and is no property; any value is taken for it.", at: place)
        }
        if !properties.isEmpty { object["properties"] = .object(properties) }
    }

    private static let bounds = [
        ("minimum", "maximum"), ("minLength", "maxLength"), ("minItems", "maxItems"),
        ("minProperties", "maxProperties"),
    ]

    /// Bounds between which there is nothing.
    private func reviewBounds(_ object: inout JSONObject, _ place: Place) {
        for (low, high) in Self.bounds {
            guard let least = object[low]?.number, let most = object[high]?.number, least > most else { continue }
            (object[low], object[high]) = (object[high], object[low])
            log.addThere(
                .change, "bounds_repaired", "\(quoted(low)) is more than \(quoted(high)); they were exchanged.",
                at: place)
        }
    }

    // MARK: allOf

    /// Types of which no value has all: any of the branches is taken then.
    private func reviewTypes(_ object: inout JSONObject, _ place: Place) {
        guard let branches = object["allOf"]?.array, branches.count > 1, object["anyOf"] == nil else { return }
        var common = types(.object(object))
        for branch in branches { common.formIntersection(types(target(branch))) }
        guard common.isEmpty else { return }
        object["anyOf"] = object["allOf"]
        object["allOf"] = .none
        object["type"] = .none
        log.addThere(
            .change, "schema_unsatisfiable",
            "No value can be of all the types that \"allOf\" asks for; it is read as \"anyOf\".", at: place)
    }

    private func types(_ schema: JSON) -> Set<String> {
        var types: Set<String>
        switch schema["type"] {
        case .string(let name)?: types = [name]
        case .array(let names)?: types = Set(names.compactMap(\.string))
        default: return Set(SchemaTypes.names)
        }
        if types.contains("number") { types.insert("integer") }
        return types
    }

    /// What applies to one object together: the schema itself and what it combines, each without its `allOf`; nil where
    /// that cannot be told.
    private func parts(of schema: JSON, depth: Int = 0) -> [JSONObject]? {
        guard depth < Self.deepest, var object = target(schema).object else { return nil }
        var result: [JSONObject] = []
        if let beside = Self.besideReference(schema) {
            guard let inner = parts(of: beside, depth: depth + 1) else { return nil }
            result += inner
        }
        for branch in object["allOf"]?.array ?? [] {
            guard let inner = parts(of: branch, depth: depth + 1) else { return nil }
            result += inner
        }
        object["allOf"] = .none
        if !object.isEmpty { result.append(object) }
        return result.count <= 200 ? result : nil
    }

    /// What a schema says beside its reference; nil where there is neither.
    private static func besideReference(_ schema: JSON) -> JSON? {
        guard var object = schema.object, object["$ref"] != nil, object.count > 1 else { return Optional.none }
        object["$ref"] = .none
        return .object(object)
    }

    private static func names(_ object: JSONObject) -> Set<String> {
        Set(object["properties"]?.object?.keys ?? []).union((object["required"]?.array ?? []).compactMap(\.string))
    }

    private static func isClosed(_ object: JSONObject) -> Bool {
        object["additionalProperties"] == false && object["patternProperties"] == nil
    }

    /// Closed objects that are combined refuse each other's properties: they are one object, closed as a whole.
    private func openClosed(_ object: inout JSONObject, _ place: Place) {
        let keyword = ["oneOf", "anyOf"].first { object[$0] != nil }
        guard object["allOf"] != nil || keyword != nil && (object["properties"] != nil || Self.isClosed(object)),
            let common = parts(of: .object(object))
        else { return }
        let branches = keyword.flatMap { object[$0]?.array }?.map { parts(of: $0) } ?? []
        guard branches.allSatisfy({ $0 != nil }) else { return }
        let all = common + branches.flatMap { $0 ?? [] }
        guard all.contains(where: Self.isClosed) else { return }
        // Each way of combining them: what is common, with each branch.
        let ways = branches.isEmpty ? [common] : branches.map { common + ($0 ?? []) }
        let isAtOdds = ways.contains { way in
            let names = way.reduce(into: Set<String>()) { $0.formUnion(Self.names($1)) }
            return way.contains { Self.isClosed($0) && !names.subtracting(Self.names($0)).isEmpty }
        }
        guard isAtOdds else { return }
        // What is merged is copied, and any number of schemas can combine the same large ones.
        combined += all.reduce(0) { $0 + ($1["properties"]?.object?.count ?? 0) + 1 }
        guard combined <= mostSchemas else {
            log.addOnce(
                .change, "too_large", "More closed objects are combined than can be merged; the rest stays as it is.",
                at: place)
            return
        }
        log.addThere(
            .change, "closed_merged",
            "Objects that allow no other properties are combined, so that each refuses what the others have; they are "
                + "read as one object.", at: place)
        if branches.isEmpty, let merged = merged(common, beside: object) {
            object = merged
        } else {
            object["additionalProperties"] = .none
            for key in ["allOf", "oneOf", "anyOf"] {
                guard let list = object[key]?.array else { continue }
                object[key] = .array(list.map { opened($0) })
            }
            object["unevaluatedProperties"] = false
        }
    }

    /// One object with the properties of all; nil where one has more than properties.
    private func merged(_ parts: [JSONObject], beside outer: JSONObject) -> JSONObject? {
        var result = outer.filter { Self.plain.contains($0.key) && $0.key != "discriminator" }
            .reduce(into: JSONObject()) { $0[$1.key] = $1.value }
        var properties = JSONObject()
        var required: [JSON] = []
        for part in parts {
            let isObject = part["type"].map { $0 == "object" } ?? true
            guard isObject, part.keys.allSatisfy(Self.plain.contains),
                part["additionalProperties"].map({ $0.bool != nil || $0 == [:] }) ?? true
            else { return nil }
            for (name, schema) in part["properties"]?.object ?? [:] {
                if let known = properties[name], known != schema {
                    properties[name] = known == [:] ? schema : schema == [:] ? known : ["allOf": [known, schema]]
                } else {
                    properties[name] = schema
                }
            }
            for name in part["required"]?.array ?? [] where !required.contains(name) { required.append(name) }
        }
        result["type"] = "object"
        result["properties"] = .object(properties)
        result["required"] = required.isEmpty ? Optional<JSON>.none : .array(required)
        result["additionalProperties"] = false
        declare(required, &result)
        return result
    }

    private func declare(_ required: [JSON], _ object: inout JSONObject) {
        var properties = object["properties"]?.object ?? [:]
        for name in required.compactMap(\.string) where properties[name] == nil { properties[name] = [:] }
        object["properties"] = .object(properties)
    }

    /// The schema without its refusal of other properties, copied out of `$defs` as far as it has to be.
    private func opened(_ schema: JSON, depth: Int = 0) -> JSON {
        guard depth < Self.deepest, var object = target(schema).object else { return schema }
        if let beside = Self.besideReference(schema), let reference = schema["$ref"] {
            let alone: JSON = ["$ref": reference]
            let parts = [opened(alone, depth: depth + 1), opened(beside, depth: depth + 1)]
            return parts == [alone, beside] ? schema : ["allOf": .array(parts)]
        }
        let isClosed = Self.isClosed(object)
        let branches = object["allOf"]?.array
        let inner = branches?.map { opened($0, depth: depth + 1) }
        guard isClosed || inner != branches else { return schema }
        if isClosed { object["additionalProperties"] = .none }
        if let inner { object["allOf"] = .array(inner) }
        return .object(object)
    }

    // MARK: oneOf

    /// Marks a `oneOf` whose branches may match one value together: arguments need follow but one of them.
    private func markOverlap(_ object: inout JSONObject, _ place: Place) {
        guard let branches = object["oneOf"]?.array, branches.count > 1, object[Self.overlaps] == nil else { return }
        let targets = branches.map { target($0) }
        for (index, one) in targets.enumerated() {
            for other in targets.dropFirst(index + 1) {
                compared += 1
                // Beyond so many comparisons branches are taken to overlap.
                guard compared > Self.mostCompared || !areApart(one, other) else { continue }
                object[Self.overlaps] = true
                log.addThere(
                    .note, "one_of_overlaps",
                    "One value can match several branches of this \"oneOf\"; of arguments it is read as \"anyOf\".",
                    at: place)
                return
            }
        }
    }

    /// A comparison takes microseconds.
    private static let mostCompared = 200_000

    /// What the registry knows a `oneOf` by whose branches overlap.
    static let overlaps = "x-overlaps"

    /// Whether it is plain that no value matches both.
    private func areApart(_ one: JSON, _ other: JSON) -> Bool {
        if types(one).isDisjoint(with: types(other)) { return true }
        if let left = Self.values(one), let right = Self.values(other) { return left.isDisjoint(with: right) }
        guard types(one) == ["object"], types(other) == ["object"], let left = parts(of: one),
            let right = parts(of: other)
        else { return false }
        // A property that both require, with values of its own in each.
        let required = Self.required(left).intersection(Self.required(right))
        if required.contains(where: { name in
            guard let a = Self.property(name, left).flatMap({ Self.values(target($0)) }),
                let b = Self.property(name, right).flatMap({ Self.values(target($0)) })
            else { return false }
            return a.isDisjoint(with: b)
        }) {
            return true
        }
        return Self.refuses(left, right) || Self.refuses(right, left)
    }

    /// Whether one closed part refuses what the other requires.
    private static func refuses(_ closed: [JSONObject], _ other: [JSONObject]) -> Bool {
        let needed = required(other)
        return closed.contains { isClosed($0) && !needed.subtracting(names($0)).isEmpty }
    }

    private static func required(_ parts: [JSONObject]) -> Set<String> {
        parts.reduce(into: []) { $0.formUnion(($1["required"]?.array ?? []).compactMap(\.string)) }
    }

    private static func property(_ name: String, _ parts: [JSONObject]) -> JSON? {
        parts.lazy.compactMap { $0["properties"]?[name] }.first
    }

    private static func values(_ schema: JSON) -> Set<JSON>? {
        if let value = schema["const"] { return [value] }
        return schema["enum"]?.array.map { Set($0) }
    }
}
