import Drafts
import Value

/// The body of a call.
enum CallBody {
    case json(JSON, type: String)
    case form([CallField])
    case multipart([CallField])
    /// A text or bytes, of a media type; also JSON that cannot be read.
    case other(type: String)

    private static let limits = JSONLimits(depth: 128, bytes: 16 << 20, nodes: 200_000)

    /// Reads a body by its media type, or by what it looks like where that is not given; nil for an empty one.
    init?(_ text: String, type: String?) {
        guard !text.isEmpty else { return nil }
        let essence = MediaType.essence(type ?? "")
        switch essence {
        case "application/x-www-form-urlencoded": self = Self.form(text)
        case "multipart/form-data": self = .multipart(MultipartFields.read(text))
        case _ where MediaType.isJSON(essence): self = Self.json(text, essence)
        case "": self = Self.guess(text)
        default: self = .other(type: essence)
        }
    }

    private static func json(_ text: String, _ type: String) -> CallBody {
        guard let value = try? JSON.parse(text, limits: limits) else { return .other(type: type) }
        return .json(value, type: type)
    }

    private static func form(_ text: String) -> CallBody {
        // Command lines of curl send JSON under the type of forms unless they say otherwise.
        if let first = text.first(where: { !$0.isWhitespace }), first == "{" || first == "[" {
            return json(text, "application/json")
        }
        return fields(text) ?? .other(type: "text/plain")
    }

    /// Nil for what only happens to have an equals sign somewhere: its parts are no names.
    private static func fields(_ text: String) -> CallBody? {
        let fields = TextValue.fields(text)
        let areNames = fields.allSatisfy { field in
            field.name.utf8.count <= 64 && !field.name.utf8.contains { $0 <= 0x20 || "\"'<>{}".utf8.contains($0) }
        }
        return areNames ? .form(fields) : nil
    }

    private static func guess(_ text: String) -> CallBody {
        if let value = try? JSON.parse(text, limits: limits), value.object != nil || value.array != nil {
            return .json(value, type: "application/json")
        }
        if let first = text.first(where: { !$0.isWhitespace }), first == "{" || first == "[" {
            return .other(type: "application/json")
        }
        return text.contains("=") ? fields(text) ?? .other(type: "text/plain") : .other(type: "text/plain")
    }
}

/// The names of a multipart body's parts, as far as they can be read.
enum MultipartFields {
    private static let most = 200

    static func read(_ text: String) -> [CallField] {
        var fields: [CallField] = []
        for line in text.split(whereSeparator: \.isNewline)
        where line.lowercased().hasPrefix("content-disposition: form-data") && fields.count < most {
            guard let name = value(of: " name=\"", in: line) else { continue }
            fields.append(CallField(name, nil, isFile: value(of: "filename=\"", in: line) != nil))
        }
        return fields
    }

    private static func value(of key: String, in line: Substring) -> String? {
        let bytes = Array(line.utf8)
        let key = Array(key.utf8)
        guard bytes.count > key.count else { return nil }
        for start in 0...(bytes.count - key.count) where bytes[start..<start + key.count].elementsEqual(key) {
            return String(decoding: bytes[(start + key.count)...].prefix { $0 != UInt8(ascii: "\"") }, as: UTF8.self)
        }
        return nil
    }
}

/// Media types without their parameters.
enum MediaType {
    static func essence(_ text: String) -> String {
        let essence = text.prefix { $0 != ";" && $0 != "," }.lowercased()
        return String(essence.drop { $0 == " " }.reversed().drop { $0 == " " }.reversed())
    }

    static func isJSON(_ essence: String) -> Bool {
        essence == "application/json" || essence == "text/json" || essence.hasSuffix("+json")
            || essence.hasSuffix("/x-json")
    }

    /// As a definition can have it for a request; nil for anything else.
    static func usable(_ essence: String) -> String? {
        let parts = essence.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 2, essence.utf8.count <= 100, parts[0] != "multipart" || parts[1] == "form-data",
            parts.allSatisfy({ !$0.isEmpty && $0.utf8.allSatisfy(isToken) })
        else { return nil }
        return essence
    }

    private static func isToken(_ byte: UInt8) -> Bool {
        (0x61...0x7A).contains(byte) || (0x30...0x39).contains(byte) || "!#$&-^_.+".utf8.contains(byte)
    }
}
