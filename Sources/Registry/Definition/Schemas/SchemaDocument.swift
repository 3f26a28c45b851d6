import JSONSchema
import Value

/// The parts of a definition in which schemas stand, written out in full: what a `$ref` can lead to. Nothing secret is in
/// it.
final class SchemaDocument {
    /// With the members `endpoints` and `$defs`.
    let root: JSON
    /// Where the definition begins in the document as it was sent.
    let base: JSONPointer
    /// By schema, and name; looked for once.
    private var anchors: [JSONPointer: [String: JSONPointer]] = [:]

    init(_ definition: ObjectReader) {
        base = definition.pointer
        var root = JSONObject()
        root["$defs"] = definition.object["$defs"].map { defs in
            guard let members = defs.object else { return defs }
            return .object(JSONObject(members.map { ($0.key, OlderDraft.upgraded($0.value)) }))
        }
        root["endpoints"] = definition.object["endpoints"].map { endpoints in
            guard let list = endpoints.array else { return endpoints }
            return .array(list.map(Self.expanded))
        }
        self.root = .object(root)
    }

    /// The place in the document as it was sent.
    func place(_ pointer: JSONPointer) -> JSONPointer { JSONPointer(base.tokens + pointer.tokens) }

    /// The pointer within the definition, of a place in the document as it was sent.
    func pointer(_ place: JSONPointer) -> JSONPointer { JSONPointer(Array(place.tokens.dropFirst(base.tokens.count))) }

    /// Where a schema begins that has this place in it.
    static func enclosingSchema(of pointer: JSONPointer) -> JSONPointer {
        let tokens = pointer.tokens
        let length: Int
        switch (tokens.first, tokens.dropFirst(2).first) {
        case ("$defs", _): length = 2
        case ("endpoints", "parameters"): length = tokens.dropFirst(4).first == "schema" ? 5 : 4
        case ("endpoints", _): length = 3
        default: length = tokens.count
        }
        return JSONPointer(Array(tokens.prefix(length)))
    }

    /// Where the anchor of this name stands in a schema.
    func anchor(_ name: String, in schema: JSONPointer) -> JSONPointer? {
        if let known = anchors[schema] { return known[name] }
        var found: [String: JSONPointer] = [:]
        var rest = [(schema, root[schema] ?? .null)]
        while let (pointer, value) = rest.popLast() {
            if let object = value.object {
                for key in ["$anchor", "$dynamicAnchor"] { object[key]?.string.map { found[$0] = pointer } }
                rest += object.map { (pointer.appending($0.key), $0.value) }
            } else if let elements = value.array {
                rest += elements.enumerated().map { (pointer.appending($0.offset), $0.element) }
            }
        }
        anchors[schema] = found
        return found[name]
    }

    private static func upgraded(_ parameter: JSON) -> JSON {
        guard var object = parameter.object, let schema = object["schema"] else { return parameter }
        object["schema"] = OlderDraft.upgraded(schema)
        return .object(object)
    }

    private static func expanded(_ endpoint: JSON) -> JSON {
        guard var object = endpoint.object else { return endpoint }
        object["request_body"] = object["request_body"].map { RequestBodyPart.schema(of: $0) }
        object["response_schema"] = object["response_schema"].map { OlderDraft.upgraded(ShortSchema.expand($0)) }
        object["parameters"] = object["parameters"].map { parameters in
            guard let list = parameters.array else { return parameters }
            return .array(list.map(upgraded))
        }
        return .object(object)
    }
}
