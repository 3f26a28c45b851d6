package import ArgumentParser
import Version

#if canImport(Glibc)
    import Glibc
#elseif canImport(Darwin)
    import Darwin
#endif

/// The `penstock` command: what people type to manage a relay's users, tokens, tunnels and APIs, and to call tools.
package struct PenstockCommand: AsyncParsableCommand {
    package static let configuration = CommandConfiguration(
        commandName: "penstock",
        abstract: "Manages APIs, tunnels and tokens of a Penstock relay, and calls tools.",
        discussion: """
            A first look, everything on this machine:
              penstock demo

            A relay of your own:
              penstock login --url https://relay.example.com --token-file ~/user-token
              penstock status
              penstock tunnels create office --token-out tunnel-token
              penstock apis apply -f crm.yaml
              penstock tools call my_company_crm.get_customer customer_id=cust_12345

            Settings come from flags, then PENSTOCK_… variables, then the configuration file. A token is never a flag's \
            value: use --token-file, PENSTOCK_TOKEN_FILE or PENSTOCK_TOKEN.

            Exit codes: 0 done, 1 failed, 2 wrong usage, 3 refused by the relay, 4 relay not reachable.
            """,
        version: "penstock \(Version.text)",
        groupedSubcommands: [
            CommandGroup(name: "Tool", subcommands: [ToolsCommand.self]),
            CommandGroup(
                name: "Management",
                subcommands: [
                    APIsCommand.self, CredentialsCommand.self, TunnelsCommand.self, TokensCommand.self,
                    UsersCommand.self, AlertsCommand.self, PlatformCommand.self, StatusCommand.self, WhoamiCommand.self,
                ]),
            CommandGroup(
                name: "Local",
                subcommands: [LoginCommand.self, ContextsCommand.self, CompletionCommand.self, VersionCommand.self]),
            CommandGroup(
                name: "Demo",
                subcommands: [DemoCommand.self, SampleCRMCommand.self, DemoKeeperCommand.self]),
        ]
    )

    @OptionGroup(title: "Everywhere") var options: GlobalOptions

    package init() {}

    /// Runs one command line.
    ///
    /// - Parameter arguments: without the executable's name.
    /// - Returns: the process's exit code.
    package static func run(_ arguments: [String]) async -> Int32 {
        // A reader that has left is a write that fails, and is reported as one.
        signal(SIGPIPE, SIG_IGN)
        let status = await runParsed(arguments)
        guard status == 0, let reason = Terminal.outputFailure else { return status }
        Terminal.error("penstock: the output could not be written: \(reason)")
        return CommandFailure.Kind.failed.rawValue
    }

    private static func runParsed(_ arguments: [String]) async -> Int32 {
        do {
            var command = try await asyncParseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            return 0
        } catch let failure as CommandFailure {
            Terminal.error("penstock: \(failure)")
            return failure.kind.rawValue
        } catch let status as ExitCode {
            return status.rawValue
        } catch {
            return report(error)
        }
    }

    /// Help and version texts, and what the argument parser refused.
    private static func report(_ error: any Error) -> Int32 {
        let text = fullMessage(for: error)
        switch exitCode(for: error) {
        case .success:
            Terminal.output(HelpText.ordered(text))
            return 0
        case .validationFailure:
            Terminal.error(text)
            return CommandFailure.Kind.usage.rawValue
        default:
            Terminal.error("penstock: \(error)")
            return CommandFailure.Kind.failed.rawValue
        }
    }
}
