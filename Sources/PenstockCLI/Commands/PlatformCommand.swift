import ArgumentParser
import NIOHTTP1
import Value

/// `penstock platform`: what everybody may know of the relay.
struct PlatformCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "platform",
        abstract: "Shows the addresses that the relay calls from.",
        discussion: """
            Example:
              penstock platform ips
            """,
        subcommands: [IPs.self])

    struct IPs: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "ips",
            abstract: "Lists the addresses to let through a firewall, for APIs that are called without a tunnel.",
            discussion: """
                Example:
                  penstock platform ips
                """)

        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func run() async throws {
            try await options.withRelay { relay, printer in
                let answer = try await relay.send(.GET, "/v1/platform/ips").body
                guard printer.format == .table else { return printer.value(answer) }
                let addresses = (answer["addresses"]?.array ?? []).map { Table.text($0) }
                guard !addresses.isEmpty else {
                    return printer.note("The operator has named no addresses (egress.addresses in relay.yaml).")
                }
                for address in addresses { printer.result(address) }
            }
        }
    }
}
