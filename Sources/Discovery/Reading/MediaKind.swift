/// What a body is, by its own bytes first: what it is called is often wrong.
enum MediaKind: Sendable, Hashable {
    case html, json, yaml, script, linkset, other

    init(_ response: DiscoveryResponse) {
        let type = response.values("content-type").first.map { ASCIIText.lowercased($0.utf8) } ?? ""
        var start = response.body[...]
        if start.starts(with: [0xEF, 0xBB, 0xBF]) { start = start.dropFirst(3) }
        start = start.drop(while: ASCIIText.isSpace)
        let isData = type.contains("json") || type.contains("yaml") || type.contains("openapi")
        if type.hasPrefix("application/linkset"), !type.contains("json") {
            self = .linkset
        } else if start.first == UInt8(ascii: "<") {
            self = type.contains("xml") && !type.contains("xhtml") ? .other : .html
        } else if start.first == UInt8(ascii: "{") || start.first == UInt8(ascii: "["), !type.contains("javascript") {
            self = .json
        } else if type.contains("javascript") || type.contains("ecmascript") {
            self = .script
        } else if isData || type.hasPrefix("text/") || type.hasPrefix("application/octet-stream") || type.isEmpty {
            self = .yaml
        } else {
            self = .other
        }
    }
}
