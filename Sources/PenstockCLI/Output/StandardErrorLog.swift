import Logging
import Value

/// Writes log lines to standard error: as text, or one JSON object a line.
struct StandardErrorLog: LogHandler {
    let format: LogFormat
    let label: String
    var logLevel: Logger.Level
    var metadata: Logger.Metadata = [:]

    init(_ label: String, level: LogLevel, format: LogFormat) {
        self.label = label
        self.format = format
        logLevel = Logger.Level(rawValue: level.rawValue) ?? .warning
    }

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) {
        let fields = metadata.merging(event.metadata ?? [:]) { $1 }.sorted { $0.key < $1.key }
        switch format {
        case .text:
            let rest = fields.map { " \($0.key)=\($0.value)" }.joined()
            Terminal.error("\(event.level): \(event.message)\(rest)".printable)
        case .json:
            var object = JSONObject([
                ("level", .string("\(event.level)")), ("logger", .string(label)),
                ("message", .string("\(event.message)")),
            ])
            for (key, value) in fields { object[key] = .string("\(value)") }
            Terminal.error(JSON.object(object).text())
        }
    }
}
