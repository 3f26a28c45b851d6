import ArgumentParser
import Relay

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Checks configuration, certificate, master key and database without serving.",
        discussion: """
            A line with ! reports something that is good today and will soon fail, such as a certificate that expires \
            within 14 days.

            Example: penstock-relay check --config /etc/penstock/relay.yaml
            """)

    @OptionGroup var common: CommonOptions

    func run() throws {
        let configuration = try common.configuration()
        writeOutput("✓ configuration")
        let findings = ConfigurationCheck.run(configuration)
        for finding in findings {
            if let fault = finding.fault {
                writeOutput("✗ \(finding.what): \(fault)")
            } else if let warning = finding.warning {
                writeOutput("! \(finding.what): \(warning)")
            } else {
                writeOutput("✓ \(finding.what)")
            }
        }
        if findings.contains(where: { $0.fault != nil }) { throw ExitCode.failure }
    }
}
