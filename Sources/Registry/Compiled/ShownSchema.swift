package import Value

/// A schema as a model is shown it: without what says nothing to it, and no larger than it can be worth.
package enum ShownSchema {
    /// Tokens of one endpoint's schema, by default.
    package static let tokens = 8000

    private static let maps: Set = ["properties", "patternProperties", "dependentSchemas", "$defs"]
    private static let lists: Set = ["allOf", "anyOf", "oneOf", "prefixItems"]
    private static let single: Set = [
        "additionalProperties", "unevaluatedProperties", "unevaluatedItems", "propertyNames", "contains", "items",
        "contentSchema", "not", "if", "then", "else",
    ]
    private static let flags: Set = ["readOnly", "writeOnly", "deprecated", "uniqueItems"]
    private static let deepest = 256

    /// A self-contained schema without what says nothing, pruned from its depth where it is more than so many tokens.
    package static func make(_ schema: JSON, tokens: Int = tokens) -> JSON {
        let plain = plain(schema) { schema["$defs"]?[$0] }
        return fits(plain, tokens) ? plain : Pruning(plain).within(tokens)
    }

    /// What showing a self-contained schema costs, at most as many tokens as are shown of one.
    package static func cost(_ schema: JSON) -> Int {
        let plain = plain(schema) { schema["$defs"]?[$0] }
        return size(plain, atMost: tokens) > tokens ? tokens : min(ToolCost.tokens(of: plain.text()), tokens)
    }

    /// A schema without comments, extensions and empty keywords, and without the names of `readOnly` properties in
    /// `required`.
    ///
    /// - Parameter definition: what a name under `$defs` stands for.
    package static func plain(_ schema: JSON, definition: (String) -> JSON?) -> JSON {
        cleaned(schema, depth: 0, definition)
    }

    private static func fits(_ schema: JSON, _ tokens: Int) -> Bool {
        size(schema, atMost: tokens) <= tokens && ToolCost.tokens(of: schema.text()) <= tokens
    }

    // MARK: What says nothing

    private static func cleaned(_ schema: JSON, depth: Int, _ definition: (String) -> JSON?) -> JSON {
        guard let object = schema.object, depth < deepest else { return schema }
        var result = JSONObject()
        for (key, value) in object {
            if key == "$comment" || key.hasPrefix("x-") { continue }
            if flags.contains(key), value == false { continue }
            if maps.contains(key), let map = value.object {
                guard !map.isEmpty else { continue }
                result[key] = .object(
                    JSONObject(map.map { ($0.key, cleaned($0.value, depth: depth + 1, definition)) }))
            } else if lists.contains(key), let list = value.array {
                result[key] = .array(list.map { cleaned($0, depth: depth + 1, definition) })
            } else if single.contains(key) {
                result[key] = cleaned(value, depth: depth + 1, definition)
            } else if ["title", "description", "format", "pattern"].contains(key), value == "" {
                continue
            } else if ["examples", "enum"].contains(key), value.array?.isEmpty == true {
                continue
            } else if key == "required", let names = value.array {
                let kept = names.filter { !isReadOnly($0.string.flatMap { object["properties"]?[$0] }, definition) }
                if !kept.isEmpty { result[key] = .array(kept) }
            } else {
                result[key] = value
            }
        }
        return .object(result)
    }

    private static func isReadOnly(_ property: JSON?, _ definition: (String) -> JSON?) -> Bool {
        var property = property
        for _ in 0..<8 {
            if property?["readOnly"] == true { return true }
            guard let name = reference(property), let next = definition(name) else { return false }
            property = next
        }
        return false
    }

    /// The name in `$defs` that a schema refers to.
    static func reference(_ schema: JSON?) -> String? {
        guard let text = schema?["$ref"]?.string, text.hasPrefix("#/$defs/") else { return nil }
        return String(text.dropFirst(8))
    }

    /// Hardly more than the tokens of a value: names and words, without punctuation.
    private static func size(_ value: JSON, atMost most: Int) -> Int {
        var total = 0
        var rest = [value]
        while let next = rest.popLast(), total <= most {
            switch next {
            case .null, .bool, .number: total += 1
            case .string(let text): total += 1 + text.utf8.count / 4
            case .array(let elements): rest += elements
            case .object(let object):
                total += object.count
                rest += object.map(\.value)
            }
        }
        return total
    }

    // MARK: What is too much

    /// Takes away what lies deepest until the rest fits.
    private struct Pruning {
        private let root: JSON
        private let shared: JSONObject
        /// How deep each member of `$defs` begins.
        private var depths: [String: Int] = [:]
        private var most = 0

        init(_ schema: JSON) {
            root = schema
            shared = schema["$defs"]?.object ?? [:]
            var own = schema.object ?? [:]
            own["$defs"] = .none
            var rest = [(JSON.object(own), 0)]
            var next = 0
            // Breadth first, so that each member is met where it is nearest.
            while next < rest.count {
                let (schema, depth) = rest[next]
                next += 1
                most = max(most, depth)
                for name in Self.references(schema) where depths[name] == nil {
                    guard let target = shared[name] else { continue }
                    depths[name] = depth
                    rest.append((target, depth))
                }
                rest += Self.children(schema).map { ($0, depth + 1) }
            }
        }

        func within(_ tokens: Int) -> JSON {
            var best: JSON?
            for limit in 1...max(most, 1) {
                let next = pruned(at: limit)
                guard ShownSchema.fits(next, tokens) else { break }
                best = next
            }
            if let best { return best }
            // So many names that even they are too much: the first of them, and what is required.
            return narrowed(tokens)
        }

        private static func references(_ schema: JSON) -> [String] {
            let mapped = (schema["discriminator"]?["mapping"]?.object ?? [:]).map { JSON.object(["$ref": $0.value]) }
            return ([schema] + mapped).compactMap { ShownSchema.reference($0) }
        }

        private static func children(_ schema: JSON) -> [JSON] {
            (schema.object ?? [:]).flatMap { key, value -> [JSON] in
                if maps.contains(key) { return (value.object ?? [:]).map(\.value) }
                if lists.contains(key) { return value.array ?? [] }
                return single.contains(key) ? [value] : []
            }
        }

        /// The schema without what lies deeper, and with a note in its place.
        private func pruned(at limit: Int) -> JSON {
            var own = root.object ?? [:]
            own["$defs"] = .none
            guard var result = cut(.object(own), 0, limit).object else { return root }
            var kept = JSONObject()
            for (name, schema) in shared {
                guard let depth = depths[name], depth <= limit else { continue }
                kept[name] = cut(schema, depth, limit)
            }
            // What only pruned parts had referred to is of no use.
            var used: Set<String> = []
            var rest = [JSON.object(result)]
            while let next = rest.popLast() {
                for name in Self.references(next) where used.insert(name).inserted {
                    if let schema = kept[name] { rest.append(schema) }
                }
                rest += Self.children(next)
            }
            let left = kept.filter { used.contains($0.key) }.map { ($0.key, $0.value) }
            if !left.isEmpty { result["$defs"] = .object(JSONObject(left)) }
            return .object(result)
        }

        private func cut(_ schema: JSON, _ depth: Int, _ limit: Int) -> JSON {
            guard let object = schema.object else { return schema }
            if let name = ShownSchema.reference(schema), (depths[name] ?? 0) > limit { return Self.note(shared[name]) }
            if depth >= limit, !Self.children(schema).isEmpty { return Self.note(schema) }
            var result = JSONObject()
            for (key, value) in object {
                if maps.contains(key), let map = value.object {
                    result[key] = .object(JSONObject(map.map { ($0.key, cut($0.value, depth + 1, limit)) }))
                } else if lists.contains(key), let list = value.array {
                    result[key] = .array(list.map { cut($0, depth + 1, limit) })
                } else if single.contains(key) {
                    result[key] = cut(value, depth + 1, limit)
                } else {
                    result[key] = value
                }
            }
            shorten(&result)
            return .object(result)
        }

        private static let mostValues = 100
        private static let longestText = 1000

        /// What is long in any depth: lists of values, texts, and values that only illustrate.
        private func shorten(_ object: inout JSONObject) {
            if let text = object["description"]?.string, text.utf8.count > Self.longestText {
                object["description"] = .string(String(text.prefix(Self.longestText)) + "…")
            }
            if let values = object["enum"]?.array, values.count > Self.mostValues {
                object["enum"] = .array(Array(values.prefix(Self.mostValues)))
                let text = object["description"]?.string.map { $0 + " " } ?? ""
                object["description"] = .string(
                    text + "\(values.count - Self.mostValues) more values are allowed, which are left out here.")
            }
            for key in ["default", "examples"] {
                guard let value = object[key], ShownSchema.size(value, atMost: 200) > 200 else { continue }
                object[key] = .none
            }
        }

        private static let remark = "More of this schema is left out here, since it is large."

        private static func note(_ schema: JSON?) -> JSON {
            var result = JSONObject()
            result["type"] = schema?["type"]
            let text = schema?["description"]?.string.map { String($0.prefix(200)) + " " } ?? ""
            result["description"] = .string(text + remark)
            return .object(result)
        }

        private func narrowed(_ tokens: Int) -> JSON {
            guard var result = pruned(at: 1).object else { return root }
            result["$defs"] = .none
            let required = Set((result["required"]?.array ?? []).compactMap(\.string))
            let all = result["properties"]?.object ?? [:]
            let ordered = all.filter { required.contains($0.key) } + all.filter { !required.contains($0.key) }
            var properties = JSONObject()
            var left = tokens - 200
            for (name, schema) in ordered {
                let short = ShownSchema.reference(schema) == nil && schema.object != nil ? schema : Self.note(schema)
                let isLong = ToolCost.tokens(of: short.text()) > 400
                let shown = isLong ? Self.note(short) : short
                left -= ToolCost.tokens(of: name) + ToolCost.tokens(of: shown.text()) + 2
                guard left > 0 else { break }
                properties[name] = shown
            }
            result["properties"] = .object(properties)
            let count = all.count - properties.count
            if count > 0 {
                result["description"] = .string("\(count) more properties are left out here. \(Self.remark)")
            }
            return .object(result)
        }
    }
}
