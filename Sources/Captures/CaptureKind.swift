import Value

/// What a text that records or writes down calls is.
package enum CaptureKind: String, Sendable, Hashable, CaseIterable {
    /// A Postman collection, format 2.0 or 2.1.
    case postman
    /// An HTTP archive, version 1.2.
    case har
    /// One or more command lines of curl.
    case curl

    /// How much of a document is looked at.
    private static let looked = 4096

    /// What `bytes` look like; nil for anything else. Where the beginning tells, nothing else is looked at, so that a
    /// document that is broken further on is still known for what it was meant to be.
    package static func detect(_ bytes: [UInt8]) -> CaptureKind? {
        let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        let body = bytes[start...].drop { $0 <= 0x20 }
        guard body.first == UInt8(ascii: "{") else { return isCurl(body) ? .curl : nil }
        if let kind = guess(body) { return kind }
        guard let root = try? JSON.parse(body, limits: .lenient), let object = root.object else { return nil }
        if let log = object["log"]?.object, log["entries"] != nil || log["creator"] != nil { return .har }
        let collection = object["collection"]?.object ?? object
        if collection["item"] != nil, collection["info"] != nil { return .postman }
        if collection["requests"] != nil, collection["order"] != nil || collection["folders"] != nil { return .postman }
        return nil
    }

    /// Whether a file is an environment, or the globals, of Postman: variables that its collections use.
    package static func isPostmanEnvironment(_ bytes: [UInt8]) -> Bool {
        let start = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
        guard bytes.count <= mostOfEnvironment, let root = try? JSON.parse(bytes[start...]),
            let values = root["values"]?.array
        else { return false }
        return root["_postman_variable_scope"] != nil
            || root["name"]?.string != nil && values.allSatisfy { $0["key"]?.string != nil && $0["value"] != nil }
    }

    private static let mostOfEnvironment = 4 << 20

    /// By marks that nothing else has.
    private static func guess(_ body: ArraySlice<UInt8>) -> CaptureKind? {
        let text = String(decoding: body.prefix(looked), as: UTF8.self)
        if text.contains("schema.getpostman.com") || text.contains("\"_postman_id\"") { return .postman }
        let start = text.filter { !$0.isWhitespace }.prefix(9)
        return start.hasPrefix("{\"log\":{") && text.contains("\"creator\"") ? .har : nil
    }

    /// Whether a command of that name stands at the beginning of one of the first lines, behind comments, a prompt,
    /// assignments.
    private static func isCurl(_ body: ArraySlice<UInt8>) -> Bool {
        let text = String(decoding: body.prefix(looked), as: UTF8.self)
        for line in text.split(whereSeparator: \.isNewline).prefix(32) {
            for word in line.split(separator: " ", maxSplits: 8).prefix(8) {
                if word == "curl" || word == "curl.exe" || word.hasSuffix("/curl") { return true }
                let isSkipped = ["$", "%", ">", "#", "sudo", "time"].contains(word) || word.contains("=")
                if !isSkipped { break }
            }
        }
        return false
    }
}
