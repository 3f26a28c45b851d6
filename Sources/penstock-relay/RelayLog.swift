import Logging

/// The relay's log: one line an event on standard error.
enum RelayLog {
    static func logger(level: String?, format: String?) throws -> Logger {
        guard let level = Logger.Level(rawValue: level ?? "info") else {
            throw usageFailure("--log-level is trace, debug, info, notice, warning, error or critical")
        }
        guard format == nil || format == "text" || format == "json" else {
            throw usageFailure("--log-format is text or json")
        }
        LoggingSystem.bootstrap { StreamLogHandler.standardError(label: $0) }
        var logger = Logger(label: "penstock-relay")
        logger.logLevel = level
        return logger
    }
}
