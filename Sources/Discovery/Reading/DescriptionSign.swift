import Value

/// Whether a body is the description of an API, told by its first words: the importers read it in earnest.
enum DescriptionSign: Sendable, Hashable {
    /// OpenAPI 3 or Swagger 2.0.
    case openAPI
    /// Swagger 1.x, which nobody here reads.
    case oldSwagger
    /// Looks like one, and cannot be read as JSON.
    case broken

    private static let mostYAML = 256 << 10

    /// - Parameter json: what the body holds, where it is JSON.
    init?(json: JSON) {
        if json["openapi"]?.string != nil { self = .openAPI; return }
        switch json["swagger"] ?? json["swaggerVersion"] {
        case .string(let version)?: self = version.hasPrefix("1") ? .oldSwagger : .openAPI
        case .number?: self = json["paths"] == nil ? .oldSwagger : .openAPI
        default: return nil
        }
    }

    /// A body that was to be JSON, and is not quite.
    init?(brokenJSON bytes: [UInt8]) {
        let start = String(decoding: bytes.prefix(4096), as: UTF8.self)
        guard start.contains(#""openapi""#) || start.contains(#""swagger""#) else { return nil }
        self = .broken
    }

    /// YAML: `openapi:` or `swagger:` at the start of a line, and `paths:`, `webhooks:` or `components:` at another.
    init?(yaml bytes: [UInt8]) {
        var hasVersion = false
        var hasContent = false
        for line in bytes.prefix(Self.mostYAML).split(whereSeparator: { $0 == 0x0A || $0 == 0x0D }) {
            let key = line.prefix(16).drop { $0 == UInt8(ascii: "\"") || $0 == UInt8(ascii: "'") }
            if key.starts(with: "openapi".utf8) || key.starts(with: "swagger".utf8) { hasVersion = true }
            if ["paths", "webhooks", "components", "info"].contains(where: { key.starts(with: $0.utf8) }) {
                hasContent = true
            }
            if hasVersion, hasContent {
                self = .openAPI
                return
            }
        }
        return nil
    }
}
