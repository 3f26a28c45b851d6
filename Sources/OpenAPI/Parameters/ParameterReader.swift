import Drafts
import EgressPolicy
import Value

/// Makes an endpoint's parameters of a document's.
struct ParameterReader {
    let writer: SchemaWriter
    let log: FindingLog
    let version: SpecVersion
    /// What the credential sets, as ``HeaderRules/folded(_:)`` writes names.
    let taken: TakenNames

    /// What arguments cannot set.
    struct TakenNames {
        var headers: Set<String> = []
        var queries: Set<String> = []
        var cookies: Set<String> = []
    }

    private static let longestDescription = 16 << 10

    /// Nil where the parameter is left out, with the finding made.
    ///
    /// - Parameter name: the parameter's name in the path, where it stands in one.
    func read(_ source: SourceParameter, in location: ParameterLocation, named name: String) -> ImportedParameter? {
        guard mayBeSet(name, location, source) else { return nil }
        let node = source.node
        var result = ImportedParameter(
            name: name, location: location, argument: name,
            isRequired: location == .path || node.flag("required") ?? false,
            description: Texts.bounded(source.description, Self.longestDescription),
            schema: SchemaWriter.Written(json: [:], count: 1), place: node.place)
        addSchema(node, &result)
        if result.contentType == nil { addStyle(node, &result) }
        if result.contentType == nil, result.style != .deepObject { reviewNesting(&result) }
        result.example = example(node, result).map { fitted($0, result) }
        return result
    }

    // MARK: What may be set

    /// OpenAPI says of these that their declaration is ignored.
    private static let described: Set = ["content-type", "authorization"]

    /// The value that a parameter Accept can only have.
    static func fixedAccept(_ source: SourceParameter) -> String? {
        let schema = source.node.value["schema"] ?? source.node.value
        let values = schema["enum"]?.array ?? []
        let value = schema["const"] ?? schema["default"] ?? (values.count == 1 ? values.first : Optional.none)
        guard let text = value?.string, MediaTypes.isAcceptable(text) else { return nil }
        return text
    }

    private func mayBeSet(_ name: String, _ location: ParameterLocation, _ source: SourceParameter) -> Bool {
        let place = source.node.place
        let lower = name.lowercased()
        switch location {
        case .path: return true
        case .header:
            if lower == "accept" {
                let what = Self.fixedAccept(source).map { "is always \(quoted($0))" }
                log.add(
                    .note, "header_described_elsewhere",
                    "The header Accept \(what ?? "follows from the content types of answers"); it is no argument.",
                    at: place)
                return false
            }
            if Self.described.contains(lower) {
                log.add(
                    .note, "header_described_elsewhere",
                    "The header \(name) follows from content types and authentication; as a parameter it is ignored.",
                    at: place)
                return false
            }
            if !HeaderRules.isValidFieldName(name) {
                log.add(
                    .change, "parameter_invalid", "\(quoted(name)) cannot be a header's name; it was left out.",
                    at: place)
                return false
            }
            if HeaderRules.isReservedInRequests(name) || HeaderRules.isHopByHop(name) {
                log.add(
                    .change, "header_reserved",
                    "The header \(name) frames, routes or identifies the request; no argument can set it.", at: place)
                return false
            }
            if taken.headers.contains(HeaderRules.folded(name)) { return credential(name, place) }
        case .query:
            if name.utf8.contains(where: { $0 < 0x20 || $0 == 0x7F }) {
                log.add(
                    .change, "parameter_invalid", "\(quoted(name)) cannot be sent in a query; it was left out.",
                    at: place)
                return false
            }
            if taken.queries.contains(HeaderRules.folded(name)) { return credential(name, place) }
        case .cookie:
            if !HeaderRules.isValidFieldName(name) {
                log.add(
                    .change, "parameter_invalid", "\(quoted(name)) cannot be a cookie's name; it was left out.",
                    at: place)
                return false
            }
            if taken.cookies.contains(HeaderRules.folded(name)) { return credential(name, place) }
        }
        return true
    }

    private func credential(_ name: String, _ place: Place) -> Bool {
        log.add(
            .change, "parameter_is_credential",
            "\(quoted(name)) carries the API's credential, which the relay adds; it is no argument.", at: place)
        return false
    }

    // MARK: Schema

    private func addSchema(_ node: Node, _ result: inout ImportedParameter) {
        if let schema = node.child("schema") {
            result.schema = writer.write(schema)
        } else if let content = node.child("content"), let (type, media) = content.members(atMost: 1).first {
            addContent(type, media, &result)
        } else if version == .v2 || node.value["type"] != nil {
            if version != .v2 {
                log.addThere(
                    .change, "schema_repaired", "The parameter's type stands beside it instead of in \"schema\".",
                    at: node.place)
            }
            var schema = node.value.object ?? [:]
            for key in Self.notOfSchema { schema[key] = nil }
            result.schema = writer.write(Node(place: node.place, value: .object(schema)))
        }
        writer.finish()
        keepDefaultSendable(&result)
    }

    /// Lists of objects and the like, which no style but `deepObject` can write.
    private func reviewNesting(_ result: inout ImportedParameter) {
        let schema = writer.target(result.schema.json)
        let inner = schema["items"].map { [$0] } ?? (schema["properties"]?.object ?? [:]).map(\.value)
        let nested = inner.count { isNested(writer.target($0)) }
        guard nested > 0 else { return }
        guard result.location != .path, nested == inner.count else {
            log.add(
                .note, "parameter_nested",
                "Lists and objects inside \(quoted(result.name)) cannot be written in a \(result.location.rawValue); they "
                    + "cannot be given.", at: result.place)
            return
        }
        (result.contentType, result.style, result.explode) = ("application/json", nil, nil)
        log.add(
            .change, "parameter_as_json",
            "The document does not say how lists and objects inside \(quoted(result.name)) are written; it is sent as JSON.",
            at: result.place)
    }

    private func isNested(_ schema: JSON) -> Bool {
        switch schema["type"] {
        case .string(let type)?: type == "array" || type == "object"
        case .array(let types)?: types.allSatisfy { ["array", "object", "null"].contains($0.string ?? "") }
        default: schema["properties"]?.object.map { !$0.isEmpty } ?? false
        }
    }

    /// An example of the parameter's type, as `"10"` for 10.
    private func fitted(_ example: JSON, _ parameter: ImportedParameter) -> JSON {
        let type = writer.target(parameter.schema.json)["type"]
        let names = type?.string.map { [$0] } ?? type?.array?.compactMap(\.string) ?? []
        guard !names.isEmpty, !SchemaTypes.admits(names, example) else { return example }
        return SchemaTypes.coerce(example, to: names) ?? example
    }

    private static let notOfSchema = [
        "name", "in", "required", "description", "style", "explode", "allowReserved", "allowEmptyValue",
        "collectionFormat", "deprecated", "example", "examples", "content", "schema",
    ]

    private func addContent(_ type: String, _ media: Node, _ result: inout ImportedParameter) {
        if let schema = media.child("schema") { result.schema = writer.write(schema) }
        if MediaTypes.isJSON(type) {
            result.contentType = "application/json"
        } else {
            log.add(
                .change, "parameter_content",
                "The value is written as \(quoted(type)) in the document; it is to be given as the text to be sent.",
                at: media.place)
            result.schema = SchemaWriter.Written(json: ["type": "string"], count: 1)
        }
    }

    /// A default is sent where no argument is given, which only plain lists and objects can be.
    private func keepDefaultSendable(_ result: inout ImportedParameter) {
        guard result.contentType == nil, var schema = result.schema.json.object, let value = schema["default"] else {
            return
        }
        let inner = value.array ?? value.object.map { $0.map(\.value) } ?? []
        guard inner.contains(where: { $0.array != nil || $0.object != nil || $0.isNull }) else { return }
        schema["default"] = nil
        result.schema.json = .object(schema)
        log.add(
            .change, "default_repaired", "The default of \(quoted(result.name)) cannot be sent; it was left out.",
            at: result.place)
    }

    private func example(_ node: Node, _ result: ImportedParameter) -> JSON? {
        if let value = node.value["example"], !value.isNull { return value }
        if let first = node.child("examples")?.members(atMost: 1).first?.node, case .success(let target) = follow(first)
        {
            return target.value["value"]
        }
        if let first = writer.target(result.schema.json)["examples"]?.array?.first { return first }
        return node.value["x-example"]
    }

    private func follow(_ node: Node) -> Result<Node, References.Unresolved> { writer.references.follow(node) }
}
