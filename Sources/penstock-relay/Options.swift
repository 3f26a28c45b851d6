import ArgumentParser
import Foundation
import Logging
import Relay
import Settings

/// What every subcommand takes.
struct CommonOptions: ParsableArguments {
    @Option(name: .long, help: "The configuration file (PENSTOCK_CONFIG).")
    var config: String?

    @Option(name: .customLong("data-dir"), help: "The data folder (PENSTOCK_DATA_DIR). Default: /var/lib/penstock.")
    var dataDirectory: String?

    @Option(name: .customLong("log-level"), help: "trace, debug, info, notice, warning or error. Default: info.")
    var logLevel: String?

    @Option(name: .customLong("log-format"), help: "text or json. Default: text.")
    var logFormat: String?

    var environment: [String: String] { ProcessInfo.processInfo.environment }

    /// The configuration, or the faults in it on standard error and exit code 2.
    func configuration() throws -> RelayConfiguration {
        do {
            return try readConfiguration()
        } catch {
            throw usageFailure("\(error)")
        }
    }

    /// The configuration; throws the faults in it.
    func readConfiguration() throws -> RelayConfiguration {
        try RelayConfiguration.read(
            path: config ?? environment["PENSTOCK_CONFIG"], flags: [("data_dir", "--data-dir", dataDirectory)],
            environment: environment)
    }

    /// Where the data is, for commands that need nothing else.
    func dataFolder() throws -> (folder: String, masterKey: RelayConfiguration.MasterKeySource) {
        do {
            return try RelayConfiguration.readDataFolder(
                path: config ?? environment["PENSTOCK_CONFIG"], flags: [("data_dir", "--data-dir", dataDirectory)],
                environment: environment)
        } catch {
            throw usageFailure("\(error)")
        }
    }
}

/// Runs a command and prints what it has to say; exit code 1 when it failed or found something wrong.
func printReport(_ command: () throws -> CommandReport) throws {
    do {
        let report = try command()
        for line in report.lines { writeOutput(line) }
        guard report.isGood else { throw ExitCode.failure }
    } catch {
        throw failure(error)
    }
}

/// Says why on standard error; exit code 2.
func usageFailure(_ message: String) -> ExitCode {
    writeError(message)
    return ExitCode(2)
}

/// Says why on standard error; exit code 1.
func failure(_ error: any Error) -> any Error {
    if error is ExitCode { return error }
    writeError("\(error)")
    return ExitCode.failure
}

func writeError(_ message: String) {
    FileHandle.standardError.write(Data("penstock-relay: \(message)\n".utf8))
}

func writeOutput(_ message: String) {
    do {
        try tryWriteOutput(message)
    } catch {
        try? FileHandle.standardError.write(contentsOf: Data("penstock-relay: \(error)\n".utf8))
        exit(1)
    }
}

/// Writes a line to standard output; throws where that fails.
func tryWriteOutput(_ message: String) throws {
    do {
        try FileHandle.standardOutput.write(contentsOf: Data("\(message)\n".utf8))
    } catch {
        throw RelayError("The output could not be written: \(String(cString: strerror(errno))).")
    }
}
