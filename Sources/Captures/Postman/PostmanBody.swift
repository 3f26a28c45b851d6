import Value

/// The body of a Postman request.
enum PostmanBody {
    private static let limits = JSONLimits(depth: 128, bytes: 16 << 20, nodes: 200_000)

    /// Nil where there is none, or it is switched off.
    static func read(_ json: JSON?, headers: [CallField]) -> CallBody? {
        guard let json, json["disabled"]?.bool != true, let mode = json["mode"]?.string else { return nil }
        let type = headers.last { $0.name.lowercased() == "content-type" }?.text
        switch mode {
        case "raw": return raw(json, type)
        case "urlencoded": return .form(fields(json["urlencoded"]))
        case "formdata": return .multipart(fields(json["formdata"]))
        case "graphql": return graphQL(json["graphql"])
        case "file": return .other(type: MediaType.essence(type ?? "application/octet-stream"))
        default: return nil
        }
    }

    private static func fields(_ list: JSON?) -> [CallField] {
        if let text = list?.string { return TextValue.fields(text) }
        return (list?.array ?? []).prefix(500).compactMap { item in
            PostmanText.field(item).map { field in
                var field = field
                field.text = PostmanText.sample(field.text)
                return field
            }
        }
    }

    private static func raw(_ json: JSON, _ type: String?) -> CallBody? {
        guard let text = json["raw"]?.string, !text.isEmpty else { return nil }
        let language = json["options"]?["raw"]?["language"]?.string
        let known = ["json": "application/json", "xml": "application/xml", "text": "text/plain", "html": "text/html"]
        let given = type ?? language.flatMap { known[$0] }
        if given.map({ MediaType.isJSON(MediaType.essence($0)) }) ?? true, let value = lenient(text) {
            return .json(value, type: given.map(MediaType.essence) ?? "application/json")
        }
        return CallBody(text, type: given)
    }

    /// JSON in which variables and comments may stand.
    static func lenient(_ text: String) -> JSON? {
        if let value = try? JSON.parse(text, limits: limits) { return value }
        return try? JSON.parse(plain(text), limits: limits)
    }

    /// Without comments, and with null for each variable that stands for a value. One pass.
    private static func plain(_ text: String) -> [UInt8] {
        var output: [UInt8] = []
        let bytes = Array(text.utf8)
        var index = 0
        var isString = false
        func starts(_ word: StaticString) -> Bool {
            let count = word.utf8CodeUnitCount
            return index + count <= bytes.count
                && (0..<count).allSatisfy { bytes[index + $0] == word.utf8Start[$0] }
        }
        while index < bytes.count {
            let byte = bytes[index]
            if isString {
                if byte == UInt8(ascii: "\\"), index + 1 < bytes.count {
                    output.append(byte)
                    index += 1
                } else if byte == UInt8(ascii: "\"") {
                    isString = false
                }
                output.append(bytes[index])
                index += 1
            } else if starts("//") {
                while index < bytes.count, bytes[index] != 0x0A { index += 1 }
            } else if starts("/*") {
                index += 2
                while index < bytes.count, !starts("*/") { index += 1 }
                index = min(index + 2, bytes.count)
            } else if starts("{{") {
                // An object in an object's place of a key cannot be JSON: this is a variable.
                while index < bytes.count, !starts("}}") { index += 1 }
                index = min(index + 2, bytes.count)
                output += Array("null".utf8)
            } else {
                isString = byte == UInt8(ascii: "\"")
                output.append(byte)
                index += 1
            }
        }
        return output
    }

    private static func graphQL(_ json: JSON?) -> CallBody? {
        guard let query = json?["query"]?.string else { return nil }
        var object: JSONObject = ["query": .string(query)]
        if let text = json?["variables"]?.string, let variables = lenient(text), variables.object != nil {
            object["variables"] = variables
        } else if let variables = json?["variables"], variables.object != nil {
            object["variables"] = variables
        }
        if let name = json?["operationName"]?.string, !name.isEmpty { object["operationName"] = .string(name) }
        return .json(.object(object), type: "application/json")
    }
}
