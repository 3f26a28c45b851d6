import Drafts
import Registry
import Value

/// How the fields of a form are written: files, which are given in base64, and what a document's `encoding` says.
struct FormFields {
    let writer: SchemaWriter
    let references: References
    let log: FindingLog
    let version: SpecVersion

    private static let styles: Set = ["form", "spaceDelimited", "pipeDelimited", "deepObject"]

    func complete(_ body: inout ImportedBody, _ media: Node) {
        if body.content.encoding == .multipart { markFiles(&body) }
        for (name, node) in media.child("encoding")?.members(atMost: 500) ?? [] {
            guard case .success(let encoding) = references.follow(node) else { continue }
            read(name, encoding, &body)
        }
    }

    /// Marks the files in the body's schema; a shared one is copied where it has any.
    func markFiles(_ body: inout ImportedBody) {
        guard var object = writer.target(body.schema.json).object, let properties = object["properties"]?.object else {
            return
        }
        var changed = properties
        for (name, property) in properties {
            if let file = file(property) {
                changed[name] = file
            } else if var list = writer.target(property).object, let file = list["items"].flatMap(file) {
                list["items"] = file
                changed[name] = .object(list)
            } else {
                continue
            }
            body.encoding[name] = ["base64": true]
        }
        guard !body.encoding.isEmpty else { return }
        object["properties"] = .object(changed)
        body.schema.json = .object(object)
        body.schema.uses = SchemaSize.uses(body.schema.json)
        body.schema.count = SchemaSize.count(body.schema.json)
    }

    private func file(_ property: JSON) -> JSON? {
        guard var schema = writer.target(property).object else { return Optional<JSON>.none }
        let isBinary =
            schema["format"] == "binary" || schema["contentEncoding"] == "binary"
            || (schema["contentMediaType"] != nil && schema["contentEncoding"] == nil)
        // Null is no file; a field without one is left out.
        let isText = schema["type"].map { $0 == "string" || $0.array?.contains("string") ?? false } ?? true
        guard isBinary, isText else { return Optional<JSON>.none }
        schema["type"] = "string"
        schema["format"] = nil
        schema["contentEncoding"] = "base64"
        return .object(schema)
    }

    private func read(_ name: String, _ node: Node, _ body: inout ImportedBody) {
        var field = body.encoding[name]?.object ?? JSONObject()
        let style = node.text("style")
        let explode = node.flag("explode")
        // Before 3.1, styles were for forms that are no multipart only.
        if style != nil || explode != nil, body.content.encoding == .form || version == .v31 {
            if style.map(Self.styles.contains) ?? true {
                field["style"] = .string(style ?? "form")
                field["explode"] = explode.map(JSON.bool)
            } else {
                log.add(
                    .change, "encoding_ignored",
                    "The field \(quoted(name)) is written as forms are; its style is not supported.", at: node.place)
            }
        } else if let type = node.text("contentType"), body.content.encoding == .multipart {
            // Of several, nobody but the caller knows which.
            let first = type.split(separator: ",").first.map { Texts.trimmed(String($0)) } ?? ""
            if RequestContent(first) != nil, !MediaTypes.isWildcard(first) { field["content_type"] = .string(first) }
        }
        if node.child("headers") != nil {
            log.add(
                .note, "encoding_ignored", "The part \(quoted(name)) is sent without headers of its own.",
                at: node.place)
        }
        body.encoding[name] = field.isEmpty ? Optional<JSON>.none : .object(field)
    }
}
