import Drafts
import Registry
import Value

/// How the fields of a form are written: files, which are given in base64, and what a document's `encoding` says.
struct FormFields {
    let writer: SchemaWriter
    let references: References
    let log: FindingLog

    func complete(_ body: inout ImportedBody, _ media: Node) {
        if body.content.encoding == .multipart { markFiles(&body) }
        for (name, node) in media.child("encoding")?.members ?? [] {
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
        guard isBinary, schema["type"].map({ $0 == "string" }) ?? true else { return Optional<JSON>.none }
        schema["type"] = "string"
        schema["format"] = nil
        schema["contentEncoding"] = "base64"
        return .object(schema)
    }

    private func read(_ name: String, _ node: Node, _ body: inout ImportedBody) {
        var field = body.encoding[name]?.object ?? JSONObject()
        if body.content.encoding == .form {
            switch (node.text("style"), node.flag("explode")) {
            case ("deepObject"?, _): field["style"] = "deepObject"
            case (nil, false?), ("form"?, false?): field["explode"] = false
            case (nil, _), ("form"?, _): break
            default:
                log.add(
                    .change, "encoding_ignored",
                    "The field \(quoted(name)) is written as forms are; its style is not supported.", at: node.place)
            }
        } else if let type = node.text("contentType") {
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
