import Logging

extension GlobalOptions {
    /// Runs `body` with the relay and the printer that flags, environment and file name.
    func withRelay(_ body: (RelayClient, Printer) async throws -> Void) async throws {
        let settings = try ClientSettings.load(self)
        guard let url = settings.url else {
            throw CommandFailure(
                .usage, "no relay is named", notes: ["Run penstock login, or give --url or PENSTOCK_URL."])
        }
        guard let token = settings.token else {
            throw CommandFailure(
                .usage, "there is no token",
                notes: ["Run penstock login, or give --token-file, PENSTOCK_TOKEN_FILE or PENSTOCK_TOKEN."])
        }
        let address = try RelayAddress(url)
        try await RelayClient.with(
            address, token: token.read(), caFile: settings.caFile, logger: settings.logger
        ) { relay in
            try await body(relay, Printer(format: settings.output))
        }
    }
}

extension ClientSettings {
    /// Log lines go to standard error.
    var logger: Logger {
        Logger(label: "penstock") { StandardErrorLog($0, level: logLevel, format: logFormat) }
    }
}
