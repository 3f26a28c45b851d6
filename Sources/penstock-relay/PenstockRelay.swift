import ArgumentParser
import Foundation
import Glibc
import Relay
import Version

/// The entry point: exit codes are the interface's, where ArgumentParser's own for wrong usage is 64.
@main
enum Main {
    static func main() async {
        do {
            var command = try PenstockRelay.parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            let code = PenstockRelay.exitCode(for: error)
            let message = PenstockRelay.fullMessage(for: error)
            if code.isSuccess {
                writeOutput(message)
            } else if !message.isEmpty {
                writeError(message.hasPrefix("Error: ") ? String(message.dropFirst(7)) : message)
            }
            exit(code == .validationFailure ? 2 : code.rawValue)
        }
    }
}

/// The relay's command.
struct PenstockRelay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "penstock-relay",
        abstract: "The relay: accepts tunnels from connectors and calls from agents, on one TLS port.",
        discussion: """
            A first start:
              penstock-relay init --data-dir /var/lib/penstock
              penstock-relay check --config /etc/penstock/relay.yaml
              penstock-relay serve --config /etc/penstock/relay.yaml

            Settings come from flags, then PENSTOCK_… variables, then the file, then defaults. Secrets are never \
            flags: the master key is a file, the output of a command, or PENSTOCK_VAULT_MASTER_KEY.

            Looking after it:
              penstock-relay backup /backup/penstock.db --config /etc/penstock/relay.yaml
              penstock-relay audit verify --config /etc/penstock/relay.yaml
              penstock-relay vault rotate --config /etc/penstock/relay.yaml

            Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.
            """,
        version: Version.text,
        subcommands: [
            ServeCommand.self, InitCommand.self, CheckCommand.self, VaultCommand.self, AuditCommand.self,
            BackupCommand.self, RestoreCommand.self, CompletionCommand.self,
        ])

    static func main() async {
        do {
            var command = try parseAsRoot()
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch {
            // The parser's own code for wrong usage is sysexits' 64; the interface says 2.
            guard exitCode(for: error) == .validationFailure else { exit(withError: error) }
            FileHandle.standardError.write(Data((fullMessage(for: error) + "\n").utf8))
            exit(withError: ExitCode(2))
        }
    }
}
