import ArgumentParser
import Logging
import Relay

struct ServeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serve", abstract: "Serves agents and takes tunnels until a signal says to leave.",
        discussion: """
            SIGTERM or SIGINT drains: connectors are told to leave, calls in flight finish within shutdown_grace.
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
            try await Relay(configuration, logger: logger).run()
        } catch {
            throw failure(error)
        }
    }
}
