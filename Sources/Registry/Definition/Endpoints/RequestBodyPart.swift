import JSONSchema
import Value

/// `request_body`: a JSON Schema, with `content_type` and a flag `required` among its keywords.
struct RequestBodyPart {
    /// Nil where there is none; then any JSON value is let through where the method has a body by its nature.
    private(set) var schema: JSON?
    /// Whether the definition says `false`: requests have no body, whatever their method.
    private(set) var isExcluded = false
    private(set) var content = RequestContent.json
    private(set) var isRequired = false
    let place: JSONPointer

    private static let withBody = ["POST", "PUT", "PATCH"]

    init(_ reader: ObjectReader, method: String?) {
        place = reader.place("request_body")
        guard let value = reader.value("request_body") else { return }
        let faults = reader.faults
        if value.bool == false {
            isExcluded = true
            return
        }
        if method == "HEAD" {
            faults.invalid(place, "A HEAD request has no body.")
            return
        }
        guard value.object != nil || value.bool != nil else {
            faults.invalid(place, "\"request_body\" must be a JSON Schema, not \(value.typeName).")
            return
        }
        schema = Self.schema(of: value)
        isRequired = value["required"]?.bool ?? true
        guard let type = Self.contentType(of: value) else { return }
        guard let content = type.string.flatMap(RequestContent.init) else {
            faults.invalid(
                place.appending("content_type"),
                "\"content_type\" must be a media type such as application/json, application/x-www-form-urlencoded, "
                    + "multipart/form-data, text/plain or application/octet-stream.")
            return
        }
        self.content = content
        if let encoding = value["encoding"], !encoding.isNull { readFields(encoding, faults) }
        complete(faults)
    }

    /// Whether a request of this method has a body.
    func isSent(_ method: String) -> Bool {
        !isExcluded && (Self.withBody.contains(method) || schema != nil)
    }

    /// The schema alone.
    static func schema(of value: JSON) -> JSON {
        let expanded = ShortSchema.expand(value)
        guard expanded == value, var object = OlderDraft.upgraded(value).object else { return expanded }
        if contentType(of: value) != nil {
            object["content_type"] = nil
            object["encoding"] = nil
        }
        if object["required"]?.bool != nil { object["required"] = nil }
        return ShortSchema.expand(.object(object))
    }

    /// `encoding`: how single fields of a form are written.
    private mutating func readFields(_ encoding: JSON, _ faults: FaultList) {
        let place = place.appending("encoding")
        guard content.encoding == .form || content.encoding == .multipart, let fields = encoding.object else {
            return faults.invalid(place, "\"encoding\" is an object of the fields of a form.")
        }
        for (name, value) in fields {
            guard let object = value.object else {
                faults.invalid(place.appending(name), "How a field is written is an object, not \(value.typeName).")
                continue
            }
            let reader = ObjectReader(object, at: place.appending(name), faults)
            var field = FieldEncoding()
            field.isFile = reader.bool("base64") ?? false
            field.type = reader.string("content_type")
            field.style = Self.style(reader)
            reader.finish()
            if let type = field.type, RequestContent(type) == nil {
                faults.invalid(reader.place("content_type"), "\"content_type\" must be a media type.")
            }
            if content.encoding == .form, field.isFile || field.type != nil {
                faults.invalid(reader.pointer, "Only multipart/form-data has files, and fields with types.")
            }
            content.fields[name] = field
        }
    }

    private static func style(_ reader: ObjectReader) -> FieldEncoding.Style {
        let word = reader.word("style", among: ["form", "spaceDelimited", "pipeDelimited", "deepObject"])
        let explode = reader.bool("explode")
        let separator: Character = word == "spaceDelimited" ? " " : word == "pipeDelimited" ? "|" : ","
        switch (word, explode ?? (word == nil || word == "form")) {
        case ("deepObject"?, _): return .deep
        case (_, false): return .joined(separator: separator)
        case (nil, true): return explode == nil ? .plain : .spread
        case (_?, true): return .spread
        }
    }

    /// In a short form, `content_type` is a name like others.
    private static func contentType(of value: JSON) -> JSON? {
        ShortSchema.expand(value) == value ? value["content_type"] : nil
    }

    /// Says of the schema what the content type says already.
    private mutating func complete(_ faults: FaultList) {
        guard var object = schema?.object, object["$ref"] == nil else { return }
        let type = object["type"]
        switch content.encoding {
        case .json: return
        case .form, .multipart:
            if let type, type != "object" {
                faults.invalid(place.appending("type"), "The body of a form is an object: its members are the fields.")
            }
            object["type"] = "object"
        case .text, .base64:
            if let type, type != "string" {
                faults.invalid(place.appending("type"), "A body of \(content.type) is given as a string.")
            }
            object["type"] = "string"
            if content.encoding == .base64, object["contentEncoding"] == nil { object["contentEncoding"] = "base64" }
        }
        schema = .object(object)
    }
}
