import Value

/// Finds what was mistyped in a schema that somebody writes: left alone, it would let everything through.
enum SchemaTypos {
    /// How deep schemas are looked into; what is deeper is left to the compiler.
    private static let deepest = 64

    /// Faults of all schemas of a definition as they were written.
    static func check(_ definition: ObjectReader, isStrict: Bool) {
        let faults = definition.faults
        for (name, schema) in definition.object["$defs"]?.object ?? JSONObject() {
            check(
                schema, at: definition.place("$defs").appending(name), isShort: false, isStrict: isStrict, faults)
        }
        for (index, endpoint) in (definition.object["endpoints"]?.array ?? []).enumerated() {
            let place = definition.place("endpoints").appending(index)
            if let body = endpoint["request_body"] {
                check(
                    RequestBodyPart.schema(of: body), at: place.appending("request_body"), isShort: true,
                    isStrict: isStrict, faults)
            }
            if let response = endpoint["response_schema"] {
                check(response, at: place.appending("response_schema"), isShort: true, isStrict: isStrict, faults)
            }
            for (number, parameter) in (endpoint["parameters"]?.array ?? []).enumerated() {
                guard let schema = parameter["schema"] else { continue }
                let inner = place.appending("parameters").appending(number).appending("schema")
                check(schema, at: inner, isShort: false, isStrict: isStrict, faults)
            }
        }
    }

    /// Faults of one schema.
    ///
    /// - Parameters:
    ///   - isShort: whether the short form `{id: string}` may stand here.
    ///   - isStrict: whether keywords are looked at: where mismatches are errors, a schema that judges nothing is one too.
    private static func check(
        _ schema: JSON, at place: JSONPointer, isShort: Bool, isStrict: Bool, _ faults: FaultList
    ) {
        guard let object = schema.object, !object.isEmpty else { return }
        if isShort {
            guard ShortSchema.expand(schema) == schema else { return }
            if checkShort(object, at: place, faults) { return }
        }
        if isStrict { checkKeywords(schema, at: place, depth: 0, faults) }
    }

    /// Whether it is a short form; then what is wrong with its types is a fault.
    private static func checkShort(_ object: JSONObject, at place: JSONPointer, _ faults: FaultList) -> Bool {
        // A property may well be named like a keyword; what a keyword holds besides text makes it a schema.
        let isSchema = object.contains {
            SchemaKeyword.isKnown($0.key) && ($0.value.string == nil || $0.key.hasPrefix("$"))
        }
        guard !isSchema, object.contains(where: { !SchemaKeyword.isKnown($0.key) && isType($0.value) }) else {
            return false
        }
        for (key, value) in object where !ShortSchema.types.contains(value.string ?? "") {
            let message: String
            if let text = value.string {
                message =
                    "\"\(text.prefix(40))\" is not a type\(advice(text)); types are \(ShortSchema.types.joined(separator: ", "))."
            } else {
                message =
                    "The short form holds names and types alone. Write a JSON Schema: "
                    + "{\"type\": \"object\", \"properties\": {…}}."
            }
            faults.invalid(place.appending(key), message)
        }
        return true
    }

    private static func isType(_ value: JSON) -> Bool {
        value.string.map { ShortSchema.types.contains($0) || type(meantBy: $0) != nil } ?? false
    }

    /// The type that a word of another language, or a mistyped one, stands for.
    static func type(meantBy text: String) -> String? {
        let word = text.lowercased()
        let others = [
            "int": "integer", "int32": "integer", "int64": "integer", "long": "integer", "float": "number",
            "double": "number", "decimal": "number", "str": "string", "text": "string", "bool": "boolean",
            "list": "array", "map": "object", "dict": "object", "none": "null", "nil": "null",
        ]
        return others[word] ?? nearest(to: word, among: ShortSchema.types)
    }

    private static func advice(_ text: String) -> String {
        type(meantBy: text).map { "; did you mean \"\($0)\"?" } ?? ""
    }

    private static func checkKeywords(_ schema: JSON, at place: JSONPointer, depth: Int, _ faults: FaultList) {
        guard depth < deepest, !faults.isFull, let object = schema.object else { return }
        for (key, value) in object {
            let here = place.appending(key)
            if !SchemaKeyword.isKnown(key), key.utf8.count > 4,
                let meant = nearest(to: key, among: SchemaKeyword.judging, within: 2)
            {
                faults.invalid(here, "Unknown keyword \"\(key)\"; did you mean \"\(meant)\"?")
            }
            switch SchemaKeyword.kind(of: key, value) {
            case .schema: checkKeywords(value, at: here, depth: depth + 1, faults)
            case .list:
                for (index, element) in (value.array ?? []).enumerated() {
                    checkKeywords(element, at: here.appending(index), depth: depth + 1, faults)
                }
            case .map:
                for (name, member) in value.object ?? JSONObject() {
                    checkKeywords(member, at: here.appending(name), depth: depth + 1, faults)
                }
            case .reference, .data, .discriminator, .dropped: continue
            }
        }
    }
}
