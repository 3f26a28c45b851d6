import ArgumentParser
import Relay

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Checks configuration, certificate, master key and database without serving.",
        discussion: "Example: penstock-relay check --config /etc/penstock/relay.yaml")

    @OptionGroup var common: CommonOptions

    func run() throws {
        let configuration = try common.configuration()
        writeOutput("✓ configuration")
        let findings = ConfigurationCheck.run(configuration)
        for finding in findings {
            writeOutput(finding.fault.map { "✗ \(finding.what): \($0)" } ?? "✓ \(finding.what)")
        }
        if findings.contains(where: { $0.fault != nil }) { throw ExitCode.failure }
    }
}
