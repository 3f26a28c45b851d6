import Glibc
import Lines
import Logging

/// The relay's log: one line an event on standard error.
enum RelayLog {
    static func logger(level: String?, format: String?) throws -> Logger {
        guard let level = Logger.Level(rawValue: level ?? "info") else {
            throw usageFailure("--log-level is trace, debug, info, notice, warning, error or critical")
        }
        guard let format = LineLogHandler.Format(rawValue: format ?? "text") else {
            throw usageFailure("--log-format is text or json")
        }
        // A stalled reader of the log never stalls a call: lines are written by a thread of their own.
        let writer = LineWriter(descriptor: STDERR_FILENO)
        let make: @Sendable (String) -> any LogHandler = { _ in
            LineLogHandler(writer: writer, format: format, level: level)
        }
        LoggingSystem.bootstrap(make)
        return Logger(label: "penstock-relay", factory: make)
    }
}
