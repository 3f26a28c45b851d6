import Registry

/// Media types as documents write them.
enum MediaTypes {
    /// Lower case, without parameters.
    static func essence(_ type: String) -> String {
        Texts.trimmed(String(type.prefix { $0 != ";" })).lowercased()
    }

    static func isJSON(_ type: String) -> Bool {
        let essence = essence(type)
        return essence == "application/json" || essence.hasSuffix("+json") || essence == "text/json"
            || essence == "json" || essence.hasSuffix("/x-json")
    }

    /// Whether it can be sent in `Accept`.
    static func isAcceptable(_ type: String) -> Bool {
        type.contains("/") && type.utf8.count <= 200 && type.utf8.allSatisfy { (0x20..<0x7F).contains($0) }
    }

    static func isWildcard(_ type: String) -> Bool { essence(type).hasSuffix("*") }

    /// How well the relay can write bodies of a type: the lower the better.
    static func rank(_ type: String) -> Int {
        let essence = essence(type)
        switch essence {
        case "application/json": return 0
        case "*/*", "application/*", "json", "text/json", "application/x-json": return 2
        case "application/json-patch+json": return 4
        case _ where essence.hasSuffix("+json"): return 3
        case "application/x-www-form-urlencoded": return 5
        case "multipart/form-data": return 6
        case "text/plain": return 7
        case "application/xml", "text/xml": return 8
        case _ where essence.hasPrefix("text/") || essence.hasSuffix("+xml"): return 9
        case "application/octet-stream": return 10
        case _ where essence.hasPrefix("multipart/"): return 12
        default: return 11
        }
    }

    /// What is to be sent as `Content-Type`, and how; nil for what the relay cannot write.
    static func content(_ type: String) -> RequestContent? {
        switch essence(type) {
        case "*/*", "application/*", "json": .json
        case "multipart/*", "multipart/mixed", "multipart/related": nil
        case "text/*": RequestContent("text/plain")
        case let essence where essence.hasSuffix("/*"): RequestContent("application/octet-stream")
        default: RequestContent(Texts.trimmed(type))
        }
    }
}
