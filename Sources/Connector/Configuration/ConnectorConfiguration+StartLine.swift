import Logging
import Version

extension ConnectorConfiguration {
    /// What an administrator wants to know of a connector that starts.
    var startLine: Logger.Metadata {
        var line: Logger.Metadata = [
            "version": "\(Version.text)", "relay": "\(relay)", "connections": "\(connections)", "allow": "\(allowText)",
            "audit": "\(auditFile ?? "none")",
        ]
        if let healthListen { line["health"] = "http://\(healthListen)" }
        return line
    }

    /// As many rules, and as many methods and paths of each, are named; the others are counted.
    private static let named = 10

    /// The rules of `allow`, on one line.
    private var allowText: String {
        allow.isEmpty ? "nothing" : Self.list(allow.map(\.text), separator: "; ")
    }

    fileprivate static func list(_ items: [String], separator: String = ", ") -> String {
        let shown = items.prefix(named).joined(separator: separator)
        return items.count > named ? "\(shown)\(separator)and \(items.count - named) more" : shown
    }
}

extension ConnectorConfiguration.Rule {
    /// The origin as it is written, and in brackets what narrows it, as in `http://crm.corp:8080 (GET, POST /api/*)`.
    fileprivate var text: String {
        let parts = [methods, paths].filter { !$0.isEmpty }.map { ConnectorConfiguration.list($0) }
        return parts.isEmpty ? origin : "\(origin) (\(parts.joined(separator: " ")))"
    }
}
