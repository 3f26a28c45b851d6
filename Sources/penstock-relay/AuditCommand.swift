import ArgumentParser
import Foundation
import Relay

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Reads the audit chain.", subcommands: [Verify.self, Export.self])

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Finds missing, changed or reordered records.",
            discussion: "Example: penstock-relay audit verify --data-dir /var/lib/penstock")

        @OptionGroup var common: CommonOptions

        func run() throws {
            let folder = try common.dataFolder().folder
            do {
                let (records, findings) = try AuditCommands.verify(dataDirectory: folder)
                for finding in findings { writeOutput(finding) }
                guard findings.isEmpty else { throw ExitCode.failure }
                writeOutput("\(records) records, chain whole")
            } catch {
                throw failure(error)
            }
        }
    }

    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Writes every record as one line of JSON, oldest first.",
            discussion: "Example: penstock-relay audit export --data-dir /var/lib/penstock > audit.jsonl")

        @OptionGroup var common: CommonOptions

        func run() throws {
            let folder = try common.dataFolder().folder
            do {
                try AuditCommands.export(dataDirectory: folder) {
                    try FileHandle.standardOutput.write(contentsOf: $0)
                }
            } catch {
                throw failure(error)
            }
        }
    }
}
