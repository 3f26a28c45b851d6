import Connector
import Glibc
import Lines
import Logging

/// What each command does.
struct Commands {
    private let arguments: Arguments
    private let environment: [String: String]

    init(_ arguments: Arguments, environment: [String: String]) {
        self.arguments = arguments
        self.environment = environment
    }

    func run(_ command: Arguments.Command) async throws -> Int32 {
        let writer = LineWriter(descriptor: STDERR_FILENO)
        defer { writer.flush() }
        let logger = try makeLogger(writer)
        switch command {
        case .run: return try await serve(logger)
        case .check: return await check(logger)
        case .healthcheck: return try healthcheck()
        case .completion: return 2
        }
    }

    private func configuration() throws(ConnectorError) -> ConnectorConfiguration {
        try ConnectorConfiguration.read(
            file: arguments.config ?? environment["PENSTOCK_CONFIG"], environment: environment)
    }

    private func serve(_ logger: Logger) async throws -> Int32 {
        let connector = try Connector(configuration: try configuration(), logger: logger)
        Signals.take { number in
            if number == SIGHUP {
                let audit = connector.reopenAudit() ? "the audit file was opened again" : "no audit file is set"
                logger.notice("SIGHUP: \(audit); the configuration stays as it is until a restart")
            } else {
                connector.shutdown()
            }
        }
        try await connector.run()
        return 0
    }

    private func check(_ logger: Logger) async -> Int32 {
        let output = { (line: String) in PenstockConnector.write(line + "\n", to: STDOUT_FILENO) }
        do throws(ConnectorError) {
            let configuration = try configuration()
            output("\u{2713} configuration: \(configuration.allow.count) allowed origins")
            var check = Check(configuration: configuration, logger: logger, output: output)
            return await check.run()
        } catch {
            output("\u{2717} configuration: \(error.message)")
            return 1
        }
    }

    private func healthcheck() throws -> Int32 {
        guard let listen = try configuration().healthListen else {
            throw ConnectorError(.failed, "health.listen is not set, so there is no health endpoint to ask")
        }
        guard let fault = HealthProbe.fault(listen) else { return 0 }
        throw ConnectorError(.failed, fault)
    }

    private func makeLogger(_ writer: LineWriter) throws(Arguments.UsageError) -> Logger {
        let levelName = arguments.logLevel ?? environment["PENSTOCK_LOG_LEVEL"] ?? "info"
        guard let level = Logger.Level(rawValue: levelName) else {
            let names = Logger.Level.allCases.map(\.rawValue).joined(separator: ", ")
            throw Arguments.UsageError(message: "unknown log level \"\(levelName)\"; there are \(names)")
        }
        let formatName = arguments.logFormat ?? environment["PENSTOCK_LOG_FORMAT"] ?? "text"
        guard let format = LineLogHandler.Format(rawValue: formatName) else {
            throw Arguments.UsageError(message: "unknown log format \"\(formatName)\"; there are text, json")
        }
        return Logger(label: "penstock-connector") { _ in
            LineLogHandler(writer: writer, format: format, level: level)
        }
    }
}
