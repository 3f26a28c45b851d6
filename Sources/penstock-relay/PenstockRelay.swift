import ArgumentParser
import Relay

/// The relay's command.
@main
struct PenstockRelay: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "penstock-relay",
        abstract: "The relay: takes tunnels from connectors and calls from agents, on one TLS port.",
        discussion: """
            A first start:
              penstock-relay init --data-dir /var/lib/penstock
              penstock-relay check --config /etc/penstock/relay.yaml
              penstock-relay serve --config /etc/penstock/relay.yaml

            Settings come from flags, then PENSTOCK_… variables, then the file, then defaults. Secrets are never \
            flags: the master key is a file or PENSTOCK_VAULT_MASTER_KEY.

            Exit codes: 0 done, 1 failed, 2 wrong usage or configuration.
            """,
        version: RelayVersion.text,
        subcommands: [
            ServeCommand.self, InitCommand.self, CheckCommand.self, AuditCommand.self, CompletionCommand.self,
        ])
}
