import Drafts
import Value

/// The bodies that calls of one endpoint had.
struct BodyTally {
    private(set) var type: String?
    private var count = 0
    private var values = SchemaInference(limits: .init(places: 512))
    private var files: [String] = []
    /// What the outermost texts always were, by name.
    private var constants: [String: String] = [:]
    /// Whether some were of another type than the first, and so not looked at.
    private(set) var isMixed = false
    /// Whether the fields of the first cannot be told, so that the body is any text.
    private(set) var isUnreadable = false

    var isEmpty: Bool { type == nil }
    var hasFiles: Bool { !files.isEmpty }

    mutating func add(_ body: CallBody) {
        switch body {
        case .json(let value, let type):
            add(value, type: MediaType.usable(type) == nil ? "application/json" : type)
        case .form(let fields): add(Self.object(fields), type: "application/x-www-form-urlencoded")
        case .multipart(let fields):
            for field in fields where field.isFile && !files.contains(field.name) { files.append(field.name) }
            add(Self.object(fields), type: "multipart/form-data")
        case .other(let type):
            guard let type = MediaType.usable(type) else {
                isUnreadable = true
                return
            }
            if MediaType.isJSON(type) { isUnreadable = true }
            add(nil, type: type)
        }
    }

    private mutating func add(_ value: JSON?, type: String) {
        guard self.type == nil || self.type == type else {
            isMixed = true
            return
        }
        self.type = type
        let texts = Self.texts(value)
        constants = count == 0 ? texts : constants.filter { texts[$0.key] == $0.value }
        count += 1
        if let value { values.add(value) }
    }

    private static func texts(_ value: JSON?) -> [String: String] {
        var texts: [String: String] = [:]
        for (name, value) in (value?.object ?? [:]).prefix(500) {
            if let text = value.string, text.utf8.count <= 64 { texts[name] = text }
        }
        return texts
    }

    /// What its outermost members always were, of those that were in each of so many calls.
    func constants(calls: Int) -> [String: String] { count == calls ? constants : [:] }

    private static func object(_ fields: [CallField]) -> JSON {
        var object = JSONObject()
        for field in fields where !field.name.isEmpty && object.count < 500 {
            let value = field.isFile ? JSON.string("") : TextValue.json(field.text ?? "")
            if let other = object[field.name] {
                object[field.name] = .array((other.array ?? [other]) + [value])
            } else {
                object[field.name] = value
            }
        }
        return .object(object)
    }

    mutating func merge(_ other: BodyTally) {
        isMixed = isMixed || other.isMixed
        isUnreadable = isUnreadable || other.isUnreadable
        guard let theirs = other.type else { return }
        guard type == nil || type == theirs else {
            isMixed = true
            return
        }
        type = theirs
        constants = count == 0 ? other.constants : constants.filter { other.constants[$0.key] == $0.value }
        count += other.count
        values.merge(other.values)
        for file in other.files where !files.contains(file) { files.append(file) }
    }

    /// `request_body`; nil where there was none.
    ///
    /// - Parameters:
    ///   - calls: how many there were: a body that was not always there is optional.
    ///   - kept: what stays as it was, by name.
    func schema(calls: Int, keeping kept: [String: String]) -> JSON? {
        guard let type else { return Optional.none }
        var schema = values.count == 0 ? [:] : values.schema(requiredFrom: 2).object ?? [:]
        let isForm = type == "multipart/form-data" || type == "application/x-www-form-urlencoded"
        if isForm, schema["type"] != "object" {
            schema = ["type": "object", "properties": [:], "additionalProperties": true]
        }
        if !kept.isEmpty { Self.keep(kept, in: &schema) }
        if type == "multipart/form-data", !files.isEmpty { markFiles(&schema) }
        if type != "application/json" { schema["content_type"] = .string(type) }
        if count < calls, schema["required"] == nil { schema["required"] = false }
        // Nothing is known but that it is JSON: then any is let through anyway.
        return schema.isEmpty ? Optional.none : .object(schema)
    }

    /// Defaults of a body are not sent: what has to be there is a constant, and required.
    private static func keep(_ kept: [String: String], in schema: inout JSONObject) {
        guard var properties = schema["properties"]?.object else { return }
        var required = schema["required"]?.array ?? []
        for (name, value) in kept.sorted(by: { $0.key < $1.key }) where properties[name] != nil {
            properties[name] = ["type": "string", "const": .string(value)]
            if !required.contains(.string(name)) { required.append(.string(name)) }
        }
        schema["properties"] = .object(properties)
        if !required.isEmpty { schema["required"] = .array(required) }
    }

    /// Files are given in base64, and sent as what they are.
    private func markFiles(_ schema: inout JSONObject) {
        guard var properties = schema["properties"]?.object else { return }
        var encoding = JSONObject()
        for name in files {
            guard let property = properties[name] else { continue }
            let file: JSON = ["type": "string", "contentEncoding": "base64"]
            properties[name] = property["type"] == "array" ? ["type": "array", "items": file] : file
            encoding[name] = ["base64": true]
        }
        schema["properties"] = .object(properties)
        if !encoding.isEmpty { schema["encoding"] = .object(encoding) }
    }
}
