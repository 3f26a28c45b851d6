import Drafts
import Value

extension SchemaWriter {
    /// Keywords whose value is one schema.
    private static let single: Set = [
        "additionalProperties", "unevaluatedProperties", "unevaluatedItems", "propertyNames", "contains",
        "contentSchema", "not", "if", "then", "else",
    ]
    private static let lists: Set = ["allOf", "anyOf", "oneOf", "prefixItems"]
    private static let maps: Set = ["properties", "patternProperties", "dependentSchemas"]
    private static let texts: Set = [
        "title", "description", "format", "contentEncoding", "contentMediaType", "$comment",
    ]
    private static let flags: Set = ["readOnly", "writeOnly", "deprecated", "uniqueItems"]
    private static let numbers: Set = ["minimum", "maximum", "multipleOf"]
    private static let counts: Set = [
        "minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties", "minContains",
        "maxContains",
    ]
    /// What says nothing about values, or nothing once references lead into `$defs`.
    private static let silent: Set = [
        "$id", "id", "$schema", "$anchor", "$dynamicAnchor", "$recursiveAnchor", "$vocabulary", "$defs", "definitions",
        "xml", "externalDocs", "nullable", "example", "examples", "required", "type", "enum", "default", "const",
        "discriminator", "exclusiveMinimum", "exclusiveMaximum", "items", "additionalItems", "collectionFormat",
        "allowEmptyValue", "in", "name", "$ref", "pattern", "dependencies", "dependentRequired", "summary",
    ]

    /// Whether 2.0 and 3.0 read a keyword that stands beside `$ref`: what only describes is kept.
    private static let besideReference: Set = ["title", "description", "deprecated", "readOnly", "writeOnly"]

    func write(_ source: JSONObject, _ node: Node, _ result: inout Written) -> JSON {
        if let reference = source["$ref"] ?? source["$dynamicRef"] ?? source["$recursiveRef"] {
            guard let text = reference.string else {
                change("reference_malformed", "A \"$ref\" is a string; it was left out.", node.place)
                var rest = source
                for key in ["$ref", "$dynamicRef", "$recursiveRef"] { rest[key] = nil }
                return write(rest, node, &result)
            }
            return writeReference(text, source, node, &result)
        }
        var out = JSONObject()
        addTypes(source, node, &out)
        for (key, value) in source where !value.isNull {
            write(key, Node(place: node.place.appending(key), value: value), &out, &result)
        }
        addItems(source, node, &out, &result)
        addRequired(source, node, &out)
        addBounds(source, node, &out)
        addDependencies(source, node, &out, &result)
        addDiscriminator(source, node, &out, &result)
        addValues(source, node, &out, &result)
        return isNullable(source) ? admittingNull(out) : .object(out)
    }

    private func writeReference(_ text: String, _ source: JSONObject, _ node: Node, _ result: inout Written) -> JSON {
        var out = JSONObject()
        let place = node.place.appending("$ref")
        // `#` alone, in a 3.1 schema, is the schema itself; in an OpenAPI document that would be the whole document.
        let target = source["$ref"] == nil && text == "#" ? nil : reference(text, from: place, &result)
        if let target { out["$ref"] = target }
        if version == .v31 {
            var rest = source
            for key in ["$ref", "$dynamicRef", "$recursiveRef"] { rest[key] = nil }
            if !rest.isEmpty, case .object(let siblings) = write(rest, node, &result) {
                for (key, value) in siblings where key != "$ref" { out[key] = value }
            }
            return .object(out)
        }
        for (key, value) in source where Self.besideReference.contains(key) {
            write(key, Node(place: node.place.appending(key), value: value), &out, &result)
        }
        return isNullable(source) ? admittingNull(out) : .object(out)
    }

    /// One keyword that needs no other.
    private func write(_ key: String, _ node: Node, _ out: inout JSONObject, _ result: inout Written) {
        let value = node.value
        switch key {
        case _ where key.hasPrefix("x-") || Self.silent.contains(key): return
        case _ where Self.single.contains(key): out[key] = single(key, node, &result)
        case _ where Self.lists.contains(key): out[key] = list(key, node, &result)
        case _ where Self.maps.contains(key): out[key] = map(key, node, &result)
        case _ where Self.texts.contains(key):
            if let text = Texts.bounded(value.string, 16 << 10) {
                out[key] = .string(text)
            } else if let text = SchemaTypes.coerce(value, to: ["string"]) {
                out[key] = text
            }
        case _ where Self.flags.contains(key):
            if let flag = value.bool ?? SchemaTypes.coerce(value, to: ["boolean"])?.bool {
                if flag { out[key] = true }
            } else {
                dropped(key, node)
            }
        case _ where Self.numbers.contains(key): out[key] = number(key, node)
        case _ where Self.counts.contains(key): out[key] = count(key, node)
        default:
            // Known to no version of JSON Schema; it would only hide that the rest is plain.
            guard keywordsTold.count < 20, keywordsTold.insert(key).inserted else { return }
            log.addShared(
                .note, "keyword_unknown", "The keyword \(quoted(key)) is none of JSON Schema; it was left out.",
                at: node.place)
        }
    }

    private func single(_ key: String, _ node: Node, _ result: inout Written) -> JSON? {
        if key == "additionalProperties", let text = node.value.string, ["true", "false"].contains(text) {
            return text == "true" ? true : false
        }
        guard node.value.object != nil || node.value.bool != nil else {
            dropped(key, node)
            return Optional<JSON>.none
        }
        return schema(node, &result)
    }

    private func list(_ key: String, _ node: Node, _ result: inout Written) -> JSON? {
        var elements = node.elements()
        if node.value.object != nil {
            change("schema_repaired", "\(quoted(key)) is a list; its one schema was put into one.", node.place)
            elements = [node]
        }
        elements.removeAll { $0.value.isNull }
        guard !elements.isEmpty else {
            dropped(key, node)
            return Optional<JSON>.none
        }
        var schemas: [JSON] = []
        for element in elements { schemas.append(schema(element, &result)) }
        return .array(schemas)
    }

    private func map(_ key: String, _ node: Node, _ result: inout Written) -> JSON? {
        guard node.value.object != nil else {
            dropped(key, node)
            return Optional<JSON>.none
        }
        var schemas = JSONObject()
        for (name, member) in node.members() {
            if member.value.isNull {
                schemas[name] = true
                continue
            }
            if key == "patternProperties", !isPattern(name) {
                change(
                    "pattern_dropped", "\(quoted(name)) is not a regular expression that can be run; it was left out.",
                    member.place)
                continue
            }
            schemas[name] = schema(member, &result)
        }
        return .object(schemas)
    }

    /// Tells of a keyword whose value can mean nothing.
    func dropped(_ key: String, _ node: Node) {
        change(
            "keyword_dropped",
            "\(quoted(key)) has a value that it cannot have, \(node.value.typeName); it was left out.",
            node.place)
    }
}

extension Place {
    func appending(_ key: String) -> Place { Place(file: file, pointer: pointer.appending(key)) }
    func appending(_ index: Int) -> Place { Place(file: file, pointer: pointer.appending(index)) }
}
