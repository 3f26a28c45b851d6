import Value

extension SchemaWriter {
    /// `type`, whatever it was written like.
    func addTypes(_ source: JSONObject, _ node: Node, _ out: inout JSONObject) {
        guard let written = source["type"], !written.isNull else { return }
        let place = node.place.appending("type")
        switch written {
        case .string(let text) where SchemaTypes.names.contains(text): out["type"] = written
        case .string(let text):
            guard let known = SchemaTypes.known(text) else {
                if !text.isEmpty, text.lowercased() != "any" {
                    change("type_repaired", "There is no type \(quoted(text)); any is taken.", place)
                }
                return
            }
            for (key, value) in known { out[key] = value }
            if version == .v2, text == "file" { return }
            change(
                "type_repaired", "There is no type \(quoted(text)); \(known["type"]?.string ?? "any") is taken.", place)
        case .array(let elements):
            var types: [String] = []
            for element in elements {
                let known = element.isNull ? "null" : element.string.flatMap { SchemaTypes.known($0)?["type"]?.string }
                guard let known, !types.contains(known) else { continue }
                types.append(known)
            }
            if types.count < elements.count {
                change("type_repaired", "Some of these types do not exist; they were left out.", place)
            }
            guard !types.isEmpty else { return }
            out["type"] = types.count == 1 ? .string(types[0]) : .array(types.map { .string($0) })
        default: change("type_repaired", "\"type\" is a string; any type is taken.", place)
        }
    }

    /// `items`, also as the list that it was in older drafts.
    func addItems(_ source: JSONObject, _ node: Node, _ out: inout JSONObject, _ result: inout Written) {
        guard let items = source["items"], !items.isNull else { return }
        let inner = Node(place: node.place.appending("items"), value: items)
        guard let elements = items.array else {
            guard items.object != nil || items.bool != nil || items.string.flatMap(SchemaTypes.known) != nil else {
                return dropped("items", inner)
            }
            out["items"] = schema(inner, &result)
            return
        }
        guard !elements.isEmpty else { return }
        var schemas: [JSON] = []
        for element in inner.elements() { schemas.append(schema(element, &result)) }
        out["prefixItems"] = .array(schemas)
        if let rest = source["additionalItems"], rest.object != nil || rest.bool != nil {
            out["items"] = schema(Node(place: node.place.appending("additionalItems"), value: rest), &result)
        }
    }

    /// `required`, and the flags of that name that older drafts had on the properties themselves.
    func addRequired(_ source: JSONObject, _ node: Node, _ out: inout JSONObject) {
        var names: [String] = []
        var known: Set<String> = []
        if let list = source["required"]?.array {
            for name in list.compactMap(\.string) where known.insert(name).inserted { names.append(name) }
            if names.count < list.count {
                change(
                    "required_repaired", "\"required\" names something twice, or what is no name; that was left out.",
                    node.place.appending("required"))
            }
        } else if let text = source["required"]?.string, source["properties"]?[text] != nil {
            names = [text]
            known = [text]
            change(
                "required_repaired", "\"required\" is a list; its one name was put into one.",
                node.place.appending("required"))
        }
        for (name, property) in source["properties"]?.object ?? [:] {
            guard let flag = property["required"]?.bool ?? property["required"]?.string.map({ $0 == "true" }) else {
                continue
            }
            change(
                "required_repaired",
                flag
                    ? "The property \(quoted(name)) says itself that it is required; the object says so now."
                    : "\"required\" has no meaning in a property; it was left out.",
                node.place.appending("properties").appending(name).appending("required"))
            if flag, known.insert(name).inserted { names.append(name) }
        }
        if !names.isEmpty { out["required"] = .array(names.map { .string($0) }) }
    }

    /// `exclusiveMinimum` and `exclusiveMaximum`, as numbers or as the flags that they were.
    func addBounds(_ source: JSONObject, _ node: Node, _ out: inout JSONObject) {
        for (key, bound) in [("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")] {
            guard let value = source[key], !value.isNull else { continue }
            if let flag = value.bool ?? (value.string.map { $0 == "true" }) {
                guard flag, let limit = out[bound] else { continue }
                out[key] = limit
                out[bound] = nil
            } else {
                out[key] = number(key, Node(place: node.place.appending(key), value: value))
            }
        }
        guard let pattern = source["pattern"], !pattern.isNull else { return }
        out["pattern"] = self.pattern(Node(place: node.place.appending("pattern"), value: pattern))
    }

    private func pattern(_ node: Node) -> JSON? {
        guard let text = node.value.string else {
            dropped("pattern", node)
            return Optional<JSON>.none
        }
        if let inner = Self.withoutDelimiters(text), isPattern(inner) {
            change("pattern_repaired", "The slashes around a regular expression were left out.", node.place)
            return .string(inner)
        }
        if isPattern(text) { return node.value }
        change(
            "pattern_dropped", "\(quoted(text)) is not a regular expression that can be run; it was left out.",
            node.place)
        return Optional<JSON>.none
    }

    /// `^a$` for `/^a$/`, as programs write it.
    private static func withoutDelimiters(_ text: String) -> String? {
        guard text.hasPrefix("/^"), let end = text.lastIndex(of: "/"), end > text.startIndex else { return nil }
        let flags = text[text.index(after: end)...]
        guard text[..<end].hasSuffix("$"), flags.allSatisfy({ "gimsuy".contains($0) }) else { return nil }
        return String(text[text.index(after: text.startIndex)..<end])
    }

    func number(_ key: String, _ node: Node) -> JSON? {
        let number = node.value.number ?? SchemaTypes.coerce(node.value, to: ["number"])?.number
        guard let number, key != "multipleOf" || (number > JSONNumber(0) && number.text.utf8.count <= 24) else {
            dropped(key, node)
            return Optional<JSON>.none
        }
        if node.value.number == nil {
            change("schema_repaired", "\(quoted(key)) is a number; its text was read as one.", node.place)
        }
        return .number(number)
    }

    func count(_ key: String, _ node: Node) -> JSON? {
        let number = node.value.number ?? SchemaTypes.coerce(node.value, to: ["integer"])?.number
        guard let number, number.isInteger, number >= JSONNumber(0) else {
            dropped(key, node)
            return Optional<JSON>.none
        }
        if node.value.number == nil {
            change("schema_repaired", "\(quoted(key)) is a number; its text was read as one.", node.place)
        }
        return .number(number)
    }

    /// `dependentRequired`, and the older `dependencies`, which was two things.
    func addDependencies(_ source: JSONObject, _ node: Node, _ out: inout JSONObject, _ result: inout Written) {
        var required = JSONObject()
        var schemas = out["dependentSchemas"]?.object ?? JSONObject()
        for key in ["dependencies", "dependentRequired"] {
            guard let value = source[key], value.object != nil else { continue }
            for (name, member) in Node(place: node.place.appending(key), value: value).members() {
                if let names = member.value.array {
                    required[name] = .array(names.filter { $0.string != nil })
                } else if member.value.string != nil {
                    required[name] = .array([member.value])
                } else if key == "dependencies", member.value.object != nil || member.value.bool != nil {
                    schemas[name] = schema(member, &result)
                }
            }
        }
        if !required.isEmpty { out["dependentRequired"] = .object(required) }
        if !schemas.isEmpty { out["dependentSchemas"] = .object(schemas) }
    }

    /// Which property tells subtypes apart, and the schemas of those, by its values.
    func addDiscriminator(_ source: JSONObject, _ node: Node, _ out: inout JSONObject, _ result: inout Written) {
        guard let value = source["discriminator"] else { return }
        guard let property = value.string ?? value["propertyName"]?.string else { return }
        var discriminator: JSONObject = ["propertyName": .string(property)]
        var mapping = JSONObject()
        let place = node.place.appending("discriminator").appending("mapping")
        for (name, target) in value["mapping"]?.object ?? [:] {
            guard let text = target.string else { continue }
            mapping[name] = subtype(text, from: place.appending(name), &result)
        }
        // Where the alternatives are listed, their names are known.
        let isListed = source["oneOf"] != nil || source["anyOf"] != nil
        let mapped = Set(mapping.map(\.value))
        for (name, node) in isListed ? [] : references.subtypes(of: node.place) {
            let reference = JSON.string(Self.prefix + self.name(of: node, &result))
            if !mapped.contains(reference) { mapping[name] = reference }
        }
        if !mapping.isEmpty { discriminator["mapping"] = .object(mapping) }
        out["discriminator"] = .object(discriminator)
    }

    /// A mapping names a schema or refers to one; what leads nowhere stays a name.
    private func subtype(_ text: String, from place: Place, _ result: inout Written) -> JSON {
        let isReference = text.contains("/") || text.contains("#")
        let schemas = version == .v2 ? "#/definitions/" : "#/components/schemas/"
        for reference in isReference ? [text] : [schemas + text] {
            if case .success(let node) = references.resolve(reference, from: place) {
                return .string(Self.prefix + name(of: node, &result))
            }
        }
        return .string(text.split(separator: "/").last.map(String.init) ?? text)
    }
}
