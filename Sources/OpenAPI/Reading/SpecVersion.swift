import Value

/// The versions of OpenAPI that mean different things.
enum SpecVersion {
    case v2, v30, v31

    /// The version a document says it has, and its family; nil for what is no OpenAPI document.
    static func read(_ root: JSON) -> (text: String, family: SpecVersion?)? {
        guard let written = root["openapi"] ?? root["swagger"] ?? root["swaggerVersion"] else { return nil }
        let text: String
        switch written {
        case .string(let value): text = value
        case .number(let value): text = value.text
        default: return nil
        }
        let trimmed = text.split(separator: " ").first.map(String.init) ?? text
        let version = trimmed.hasPrefix("v") ? String(trimmed.dropFirst()) : trimmed
        if version == "2" || version.hasPrefix("2.") { return (text, .v2) }
        if version == "3" || version == "3.0" || version.hasPrefix("3.0.") { return (text, .v30) }
        if version.hasPrefix("3.") { return (text, .v31) }
        return (text, nil)
    }
}
