import ArgumentParser
import Logging
import Relay

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serves agents and accepts tunnels until a signal ends it.",
        discussion: """
            SIGTERM or SIGINT drains: the relay asks connectors to leave, and calls in flight finish within \
            shutdown_grace.
            SIGHUP reads the configuration again: the relay checks it whole, and applies or refuses it whole, with a \
            line in the log. The egress section, limits.response_bytes, limits.calls_in_flight and \
            audit.retention_days can change; the log names other changes, which need a restart.
            The relay reads certificates again when their files change. Core dumps are off.

            Example: penstock-relay serve --config /etc/penstock/relay.yaml
            """)

    @OptionGroup var common: CommonOptions

    func run() async throws {
        let configuration = try common.configuration()
        let logger = try RelayLog.logger(
            level: common.logLevel ?? common.environment["PENSTOCK_LOG_LEVEL"],
            format: common.logFormat ?? common.environment["PENSTOCK_LOG_FORMAT"])
        do {
            let common = common
            try await Relay(configuration, read: { try common.readConfiguration() }, logger: logger).run()
        } catch {
            throw failure(error)
        }
    }
}
