import ArgumentParser
import Version

/// `penstock version`.
struct VersionCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "version",
        abstract: "Prints this command's version; penstock status shows the relay's.",
        discussion: """
            Example:
              penstock version
            """)

    func run() { Terminal.output("penstock \(Version.text)") }
}
