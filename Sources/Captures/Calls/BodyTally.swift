import Drafts
import Value

/// The bodies that calls of one endpoint had.
struct BodyTally {
    private(set) var type: String?
    private var count = 0
    private var values = SchemaInference(limits: .init(places: 512))
    private var files: [String] = []
    /// Whether some were of another type than the first, and so not looked at.
    private(set) var isMixed = false
    /// Whether the fields of the first cannot be told, so that the body is any text.
    private(set) var isUnreadable = false

    var isEmpty: Bool { type == nil }
    var hasFiles: Bool { !files.isEmpty }

    mutating func add(_ body: CallBody) {
        switch body {
        case .json(let value, let type):
            let isPlain = type == "text/json" || MediaType.usable(type) == nil
            add(value, type: isPlain ? "application/json" : type)
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
        count += 1
        if let value { values.add(value) }
    }

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
        count += other.count
        values.merge(other.values)
        for file in other.files where !files.contains(file) { files.append(file) }
    }

    /// `request_body`; nil where there was none.
    ///
    /// - Parameter calls: how many there were: a body that was not always there is optional.
    func schema(calls: Int) -> JSON? {
        guard let type else { return Optional.none }
        var schema = values.count == 0 ? [:] : values.schema(requiredFrom: 2).object ?? [:]
        if type == "multipart/form-data" || type == "application/x-www-form-urlencoded", schema["type"] != "object" {
            schema = ["type": "object", "properties": [:], "additionalProperties": true]
        }
        if type != "application/json" { schema["content_type"] = .string(type) }
        if count < calls, schema["required"] == nil { schema["required"] = false }
        // Nothing is known but that it is JSON: then any is let through anyway.
        return schema.isEmpty ? Optional.none : .object(schema)
    }
}
