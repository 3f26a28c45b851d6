import Drafts
import Registry
import Value

/// Makes an endpoint's `request_body` of a document's body.
struct BodyReader {
    let writer: SchemaWriter
    let references: References
    let log: FindingLog
    let root: Node
    let version: SpecVersion

    private static let seldomWithBody: Set = ["GET", "HEAD", "OPTIONS"]

    /// Nil where there is none.
    func read(_ operation: SourceOperation, _ parameters: SourceParameters) -> ImportedBody? {
        let body = operation.node.child("requestBody").flatMap { readBody($0) } ?? readParameters(operation, parameters)
        guard let body else { return nil }
        // Generators write an empty form for requests that have nothing to say.
        if Self.seldomWithBody.contains(operation.method), !body.isRequired, isEmpty(body) { return nil }
        guard operation.method != "HEAD" else {
            log.add(
                .change, "body_dropped", "A \(operation.method) request has no body; it was left out.", at: body.place)
            return nil
        }
        return body
    }

    private func isEmpty(_ body: ImportedBody) -> Bool {
        let schema = writer.target(body.schema.json)
        return schema["properties"]?.object?.isEmpty ?? true
            && ["$ref", "allOf", "anyOf", "oneOf", "items"].allSatisfy { schema[$0] == nil }
    }

    // MARK: 3.x

    private func readBody(_ node: Node) -> ImportedBody? {
        let body: Node
        switch references.follow(node) {
        case .success(let target): body = target
        case .failure(let reason):
            log.add(
                .change, reason.code,
                "The reference \(quoted(node.text("$ref") ?? "")) \(reason.message); any body is taken.",
                at: node.place)
            return ImportedBody(
                content: .json, schema: SchemaWriter.Written(json: true, count: 1), isRequired: false,
                place: node.place)
        }
        guard body.value.object != nil else { return nil }
        let isRequired = body.flag("required")
        let choices = (body.child("content")?.members(atMost: 100) ?? []).filter {
            $0.node.value.object != nil || $0.node.value.isNull
        }
        let usable = choices.filter { MediaTypes.content($0.key) != nil }
        guard let best = best(usable.map { ($0.key, $0.node) }) else {
            if let first = choices.first {
                log.add(
                    .change, "content_unsupported",
                    "No body of type \(quoted(first.key)) can be written; it was left out.", at: body.place)
                return nil
            }
            return ImportedBody(
                content: .json, schema: SchemaWriter.Written(json: true, count: 1), isRequired: isRequired ?? false,
                place: body.place)
        }
        tellOthers(than: best.type, choices.map(\.key), body.place)
        return make(best.type, best.media.child("schema"), best.media, isRequired: isRequired, body.place)
    }

    /// Of equals the first; JSON Patch only where its schema is a list, since it describes changes and not values.
    private func best(_ choices: [(type: String, media: Node)]) -> (type: String, media: Node)? {
        var best: (type: String, media: Node)?
        for choice in choices {
            guard let known = best, MediaTypes.rank(known.type) <= MediaTypes.rank(choice.type) else {
                best = choice
                continue
            }
        }
        return best
    }

    private func tellOthers(than type: String, _ all: [String], _ place: Place) {
        let others = all.filter { $0 != type && !(MediaTypes.isJSON($0) && MediaTypes.isJSON(type)) }
        guard !others.isEmpty else { return }
        let shown = others.prefix(5).map { quoted($0) }.joined(separator: ", ")
        log.add(
            .note, "content_alternatives", "The body is sent as \(quoted(type)); it could also be \(shown).", at: place)
    }

    // MARK: 2.0

    private func readParameters(_ operation: SourceOperation, _ parameters: SourceParameters) -> ImportedBody? {
        let fields = parameters.list.filter { $0.location == "formData" }
        let consumes = (operation.node.child("consumes") ?? root.child("consumes")).map(Self.types) ?? []
        if let body = parameters.list.first(where: { $0.location == "body" }) {
            if !fields.isEmpty {
                log.add(
                    .change, "body_dropped", "There are a body and fields of a form; the body counts.",
                    at: body.node.place)
            }
            let usable = consumes.filter { MediaTypes.content($0) != nil }
            let type = best(usable.map { ($0, body.node) })?.type ?? "application/json"
            if operation.node.child("consumes") != nil { tellOthers(than: type, consumes, body.node.place) }
            return make(
                type, body.node.child("schema"), body.node, isRequired: body.node.flag("required"),
                body.node.place)
        }
        return fields.isEmpty ? nil : form(fields, consumes)
    }

    private static func types(_ node: Node) -> [String] {
        node.value.string.map { [$0] } ?? (node.value.array ?? []).compactMap(\.string)
    }

    private func form(_ fields: [SourceParameter], _ consumes: [String]) -> ImportedBody {
        var properties = JSONObject()
        var required: [JSON] = []
        var example = JSONObject()
        var result = SchemaWriter.Written(json: true, count: 1)
        var hasFile = false
        for field in fields {
            var source = field.node.child("schema")?.value.object ?? field.node.value.object ?? [:]
            if field.node.child("schema") == nil {
                for key in ["name", "in", "required", "collectionFormat", "allowEmptyValue"] { source[key] = nil }
            }
            if source["type"]?.string?.lowercased() == "file" { hasFile = true }
            let written = writer.write(Node(place: field.node.place, value: .object(source)))
            result.uses.formUnion(written.uses)
            result.count += written.count
            properties[field.name] = written.json
            if field.node.flag("required") ?? false { required.append(.string(field.name)) }
            if let value = field.node.value["x-example"] ?? field.node.value["example"] { example[field.name] = value }
        }
        var schema: JSONObject = ["type": "object", "properties": .object(properties)]
        if !required.isEmpty { schema["required"] = .array(required) }
        result.json = .object(schema)
        writer.finish()
        let isMultipart = hasFile || consumes.contains { MediaTypes.essence($0) == "multipart/form-data" }
        let type = isMultipart ? "multipart/form-data" : "application/x-www-form-urlencoded"
        var body = ImportedBody(
            content: RequestContent(type) ?? .json, schema: result, isRequired: !required.isEmpty,
            examples: example.isEmpty ? [] : [.object(example)], isSchema: false, place: fields[0].node.place)
        if isMultipart { fieldsOfForms.markFiles(&body) }
        for field in fields where body.encoding[field.name] == nil {
            let type = writer.target(properties[field.name] ?? true)["type"]
            guard type == "array" || type?.array?.contains("array") ?? false else { continue }
            body.encoding[field.name] = joining(field)
        }
        return body
    }

    /// How a list of 2.0 is written: with commas by default, which is not that of forms.
    private func joining(_ field: SourceParameter) -> JSON? {
        switch field.node.text("collectionFormat")?.lowercased() ?? "csv" {
        case "csv": return ["explode": false]
        case "ssv": return ["style": "spaceDelimited", "explode": false]
        case "pipes": return ["style": "pipeDelimited", "explode": false]
        case "multi": return nil
        case let format:
            log.add(
                .change, "encoding_ignored",
                "The items of \(quoted(field.name)) are fields of their own; collectionFormat \(quoted(format)) is not supported.",
                at: field.node.place)
            return nil
        }
    }

    // MARK: Both

    private func make(
        _ type: String, _ schema: Node?, _ media: Node, isRequired: Bool?, _ place: Place
    ) -> ImportedBody {
        let content = MediaTypes.content(type) ?? .json
        var body = ImportedBody(
            content: content, schema: SchemaWriter.Written(json: true, count: 1), isRequired: isRequired ?? false,
            place: place)
        if let schema {
            body.schema = writer.write(schema)
            writer.finish()
        }
        if isRequired == nil, let name = writer.requiredNames(body.schema.json).first {
            body.isRequired = true
            log.add(
                .change, "body_required",
                "The document does not say that the body is required; since its schema requires \(quoted(name)), it is.",
                at: place)
        }
        body.examples = examples(media)
        switch content.encoding {
        case .json: break
        case .form, .multipart: makeForm(&body, media)
        case .text, .base64: makeText(&body, type)
        }
        return body
    }

    private func examples(_ media: Node) -> [JSON] {
        if let value = media.value["example"], !value.isNull { return [value] }
        return (media.child("examples")?.members(atMost: 3) ?? []).compactMap { _, node in
            guard case .success(let target) = references.follow(node) else { return Optional<JSON>.none }
            return target.value["value"]
        }
    }

    private func makeForm(_ body: inout ImportedBody, _ media: Node) {
        let target = writer.target(body.schema.json)
        let type = target["type"]
        let isObject =
            type.map { $0 == "object" || $0.array?.contains("object") ?? false } ?? (target.object != nil)
        if !isObject {
            if target != true {
                log.add(
                    .change, "body_repaired", "The body of a form is an object; any fields are taken.",
                    at: body.place)
            }
            body.schema = SchemaWriter.Written(json: ["type": "object"], count: 1)
        }
        fieldsOfForms.complete(&body, media)
    }

    private var fieldsOfForms: FormFields {
        FormFields(writer: writer, references: references, log: log, version: version)
    }

    private func makeText(_ body: inout ImportedBody, _ type: String) {
        let target = writer.target(body.schema.json)
        let isText = target["type"].map { $0 == "string" } ?? true
        if !isText {
            log.add(
                .change, "body_as_text",
                "A body of type \(quoted(type)) is given as the text to be sent; its schema was left out.",
                at: body.place)
        }
        var schema: JSONObject = ["type": "string"]
        if let description = target["description"]?.string { schema["description"] = .string(description) }
        if isText, let format = target["format"] { schema["format"] = format }
        if body.content.encoding == .base64 {
            schema["contentEncoding"] = "base64"
            schema["format"] = nil
        }
        body.schema = SchemaWriter.Written(json: .object(schema), count: 1)
    }
}
