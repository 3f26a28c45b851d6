package import Logging

/// Logs one line an event, as text or as JSON, through a ``LineWriter``.
package struct LineLogHandler: LogHandler {
    package enum Format: String, Sendable, CaseIterable {
        case text
        case json
    }

    package var metadata: Logger.Metadata = [:]
    package var logLevel: Logger.Level
    package var metadataProvider: Logger.MetadataProvider?
    private let writer: LineWriter
    private let format: Format

    package init(writer: LineWriter, format: Format, level: Logger.Level) {
        self.writer = writer
        self.format = format
        self.logLevel = level
    }

    package subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    package func log(event: LogEvent) {
        var clock = Timestamp()
        let time = clock.now()
        let fields = (event.metadata.map { metadata.merging($0) { $1 } } ?? metadata).sorted { $0.key < $1.key }
        switch format {
        case .json:
            var line = JSONLine()
            line.add("time", raw: time)
            line.add("level", event.level.rawValue)
            line.add("message", event.message.description)
            for (key, value) in fields { line.add(key, text: value.description) }
            writer.write(String(decoding: line.finish().dropLast(), as: UTF8.self))
        case .text:
            var text = "\(String(decoding: time, as: UTF8.self)) \(event.level.rawValue) \(event.message)"
            for (key, value) in fields { text += " \(key)=\(Self.quoted(value.description))" }
            writer.write(text)
        }
    }

    /// One line stays one line, whatever a value holds.
    private static func quoted(_ text: String) -> String {
        guard text.utf8.contains(where: { $0 <= 0x20 || $0 == 0x7f || $0 == UInt8(ascii: "\"") }) else { return text }
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\n": quoted += "\\n"
            case "\"": quoted += "\\\""
            default: quoted.unicodeScalars.append(scalar.value < 0x20 ? " " : scalar)
            }
        }
        return quoted + "\""
    }
}
