import ArgumentParser
import Relay

struct AuditCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "audit", abstract: "Reads and verifies the records of all calls and changes.",
        subcommands: [Verify.self, Export.self, Reconcile.self])

    struct Verify: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Finds missing, changed or reordered records.",
            discussion: """
                Each record contains the hash of the one before. The relay removes records older than \
                audit.retention_days and leaves a checkpoint, from which the rest verifies. Exits with 1 when \
                something is wrong, and prints a sentence for each fault, with the file of the data folder that it is \
                in.

                An exported file is verified by itself. It must be whole (no --since or --until), and only the data \
                folder can show whether records are missing before its first or after its last.

                Examples:
                  penstock-relay audit verify --config /etc/penstock/relay.yaml
                  penstock-relay audit verify --file audit-2026-11.jsonl
                """)

        @OptionGroup var common: CommonOptions

        @Option(
            name: .long, help: "An exported file of JSON lines instead of the data folder; - for standard input.",
            completion: .file())
        var file: String?

        func run() throws {
            try printReport {
                if let file { return try AuditCommands.verify(file: file) }
                return try AuditCommands.verify(dataDirectory: common.dataFolder().folder)
            }
        }
    }

    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Writes records to standard output, oldest first.",
            discussion: """
                JSON lines contain the records as they are chained: a whole export verifies with `audit verify \
                --file`. CSV is for people: a cell that a spreadsheet would read as a formula begins with an \
                apostrophe. Times are \
                UTC dates (2026-11-01) or RFC 3339 (2026-11-01T08:00:00Z).

                Examples:
                  penstock-relay audit export --data-dir /var/lib/penstock > audit.jsonl
                  penstock-relay audit export --format csv --since 2026-11-01 > records.csv
                """)

        @OptionGroup var common: CommonOptions
        @OptionGroup var range: TimeRange

        @Option(name: .long, help: "jsonl or csv. Default: jsonl.", completion: .list(["jsonl", "csv"]))
        var format: String?

        func run() throws {
            guard let format = AuditCommands.Format(rawValue: format ?? "jsonl") else {
                throw usageFailure("--format is jsonl or csv")
            }
            let (since, until) = try range.bounds()
            let folder = try common.dataFolder().folder
            do {
                var output = BufferedOutput()
                try AuditCommands.export(dataDirectory: folder, format: format, since: since, until: until) {
                    try output.write($0)
                }
                try output.flush()
            } catch {
                throw failure(error)
            }
        }
    }

    struct Reconcile: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Compares a connector's own audit with the relay's.",
            discussion: """
                Matches calls by request id. Prints a sentence for each call that only one of them has, or on whose \
                status they disagree, and exits with 1 when there is any. Give the time and the tunnel that the \
                connector's file covers: everything else counts as missing from it.

                Examples:
                  penstock-relay audit reconcile connector-audit.jsonl --tunnel tun_01J…
                  ssh gateway cat connector-audit.jsonl | penstock-relay audit reconcile -
                """)

        @OptionGroup var common: CommonOptions
        @OptionGroup var range: TimeRange

        @Argument(help: "The connector's file of JSON lines; - for standard input.", completion: .file())
        var file: String

        @Option(name: .long, help: "Only calls through this tunnel.")
        var tunnel: String?

        func run() throws {
            let (since, until) = try range.bounds()
            let folder = try common.dataFolder().folder
            try printReport {
                try AuditCommands.reconcile(
                    dataDirectory: folder, file: file, tunnel: tunnel, since: since, until: until, tell: writeOutput)
            }
        }
    }
}

/// `--since` and `--until`.
struct TimeRange: ParsableArguments {
    @Option(name: .long, help: "From this time on: a UTC date or an RFC 3339 time.")
    var since: String?

    @Option(name: .long, help: "Before this time.")
    var until: String?

    /// Microseconds since 1970.
    func bounds() throws -> (since: Int64?, until: Int64?) {
        (try time(since, "--since"), try time(until, "--until"))
    }

    private func time(_ text: String?, _ flag: String) throws -> Int64? {
        guard let text else { return nil }
        guard let time = AuditCommands.time(text) else {
            throw usageFailure("\(flag) must be a date such as 2026-11-01, or a time such as 2026-11-01T08:00:00Z")
        }
        return time
    }
}
