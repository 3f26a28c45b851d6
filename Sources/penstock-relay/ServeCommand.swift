import ArgumentParser
import Logging
import Relay

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serves agents and takes tunnels until a signal says to leave.",
        discussion: """
            SIGTERM or SIGINT drains: connectors are told to leave, calls in flight finish within shutdown_grace.
            SIGHUP reads the configuration again: it is checked whole, and taken over or refused whole, with a line in \
            the log. The egress section, limits.response_bytes, limits.calls_in_flight and audit.retention_days can \
            change; what else has changed is named, and needs a restart.
            Certificates are read again when their files change. Core dumps are off.

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
