import Drafts
import Registry
import Value

/// How a body's schema is written as `request_body`, so that its properties can stand among the arguments.
struct BodyShape {
    /// As `endpoints[].request_body` has it.
    private(set) var json: JSON
    private(set) var uses: Set<String>
    /// Schemas that the registry counts for it.
    private(set) var count: Int
    /// The names that become arguments; nil where the whole body is the argument `body`.
    private(set) var properties: [String]?
    private(set) var required: [String] = []
    /// Whether members of other names belong to it.
    private(set) var isOpen = false

    /// What the registry takes for a plain object.
    private static let annotations: Set = [
        "title", "description", "default", "example", "examples", "deprecated", "$comment", "readOnly", "writeOnly",
    ]
    private static let plain = annotations.union(["type", "properties", "required", "additionalProperties"])

    /// - Parameter name: of the endpoint, for schemas that have to stand in `$defs`.
    init(
        _ body: ImportedBody, _ parameters: Set<String>, endpoint name: String, _ writer: SchemaWriter,
        _ log: FindingLog
    ) {
        uses = body.schema.uses
        count = body.schema.count
        json = body.schema.json == false ? true : body.schema.json
        if let object = Self.plainObject(json, writer) { makePlain(object, body, writer, log) }
        if let names = properties, !parameters.isDisjoint(with: names) {
            properties = nil
            log.add(
                .note, "body_as_argument",
                "A name stands among the parameters and in the body, so that the whole body is the argument \"body\".",
                at: body.place)
        }
        var object = json.object ?? [:]
        if !body.isRequired, object["required"] != nil {
            let shared = SchemaWriter.Written(json: json, uses: uses, count: count)
            let reference = writer.share(shared, as: "\(name)_body")
            object = ["$ref": .string(SchemaWriter.prefix + reference)]
            uses.insert(reference)
        }
        if body.content.encoding != .json, object["type"]?.array != nil { object["type"] = "object" }
        object = Self.guarded(object)
        if body.content.type != "application/json" { object["content_type"] = .string(body.content.type) }
        if !body.encoding.isEmpty { object["encoding"] = .object(body.encoding) }
        if !body.isRequired { object["required"] = false }
        json = .object(object)
    }

    /// The object that a schema is, or refers to, if nothing but its properties describes it.
    private static func plainObject(_ schema: JSON, _ writer: SchemaWriter) -> JSONObject? {
        guard let outer = schema.object else { return nil }
        if outer["$ref"] != nil, !outer.keys.allSatisfy({ $0 == "$ref" || annotations.contains($0) }) { return nil }
        guard let object = writer.target(schema).object, object.keys.allSatisfy(plain.contains),
            object["properties"]?.object != nil
        else { return nil }
        switch object["type"] {
        case nil, .string("object")?: return object
        case .array(let types)? where types.allSatisfy({ $0 == "object" || $0.isNull || $0 == "null" }): return object
        default: return nil
        }
    }

    private mutating func makePlain(
        _ source: JSONObject, _ body: ImportedBody, _ writer: SchemaWriter, _ log: FindingLog
    ) {
        var object = source
        let all = source["properties"]?.object ?? [:]
        if source["type"]?.array != nil { object["type"] = "object" }
        var members = all
        // Callers may give what only the API sets; they need not.
        let names = (source["required"]?.array ?? []).compactMap(\.string).filter { name in
            all[name].map { !writer.isReadOnly($0) } ?? true
        }
        for name in names where members[name] == nil {
            members[name] = [:]
            log.add(
                .change, "property_undeclared",
                "\(quoted(name)) is required and is no property; any value is taken for it.", at: body.place)
        }
        // What a document leaves undescribed it allows; here it would have to be said.
        if source["additionalProperties"] == nil, body.isSchema { object["additionalProperties"] = true }
        object["properties"] = .object(members)
        object["required"] = names.isEmpty ? Optional<JSON>.none : .array(names.map { .string($0) })
        properties = members.keys
        required = body.isRequired ? names : []
        isOpen = object["additionalProperties"].map { $0 != false } ?? false
        count += members.count
        guard object != source else {
            count += SchemaSize.count(.object(source))
            return
        }
        if let name = SchemaWriter.name(in: json), json.object?.count == 1 {
            var open = source
            open["additionalProperties"] = object["additionalProperties"]
            if open == object {
                // It says no more than before, wherever else the schema is used.
                writer.replace(name, with: .object(open))
                count += SchemaSize.count(.object(source))
                return
            }
        }
        json = .object(object)
        uses = SchemaSize.uses(json)
        count = SchemaSize.count(json)
    }

    /// The registry reads an object of nothing but names of types as its short form; a comment says that it is none.
    static func guarded(_ object: JSONObject) -> JSONObject {
        guard !object.isEmpty, object.allSatisfy({ SchemaTypes.names.contains($0.value.string ?? "") }) else {
            return object
        }
        var object = object
        object["$comment"] = ""
        return object
    }
}
