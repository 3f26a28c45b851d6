import ArgumentParser
import NIOHTTP1
import Value

extension APIsCommand {
    /// What narrows logs and summaries.
    struct Period: ParsableArguments {
        @Option(help: ArgumentHelp("From then on: RFC 3339, as in 2026-01-31T08:00:00Z.", valueName: "time"))
        var since: String?
        @Option(help: ArgumentHelp("Until then.", valueName: "time"))
        var until: String?
        @Option(help: "Only this endpoint.") var endpoint: String?

        func add(to path: RelayPath) -> RelayPath {
            var path = path
            if let since { path = path.query("since", since) }
            if let until { path = path.query("until", until) }
            if let endpoint { path = path.query("endpoint", endpoint) }
            return path
        }
    }

    struct Logs: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows an API's latest calls, newest first.",
            discussion: """
                Examples:
                  penstock apis logs my_company_crm
                  penstock apis logs my_company_crm --status 404 --since 2026-01-31T00:00:00Z --limit 20
                """)

        private static let columns = [
            Column("Time"), Column("Endpoint"), Column("Method"), Column("Outcome"),
            Column("Status", "upstream_status"),
            Column("Latency ms", "latency_ms"), Column("Request", "request_id"),
        ]

        @Argument(help: "The API's slug.") var slug: String
        @Option(help: ArgumentHelp("Only this outcome: a status, or a code such as TIMEOUT.", valueName: "status"))
        var status: String?
        @Option(help: "At most so many.") var limit = 50
        @OptionGroup(title: "Which") var period: Period
        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func validate() throws {
            guard (1...1000).contains(limit) else { throw ValidationError("--limit must be from 1 to 1000.") }
        }

        func run() async throws {
            try await options.withRelay { relay, printer in
                var path = period.add(to: ("/v1/apis" / slug / "logs").query("limit", String(limit)))
                if let status { path = path.query("status", status) }
                let items = try await relay.send(.GET, path).body["items"]?.array ?? []
                printer.list(items.map(Self.row), Self.columns, none: "There are no such calls.")
            }
        }

        /// The record, with its time in milliseconds beside it.
        private static func row(_ record: JSON) -> JSON {
            guard var object = record.object, let total = record["times_us"]?["total"]?.double else { return record }
            object["latency_ms"] = .number(JSONNumber((total / 100).rounded() / 10))
            return .object(object)
        }
    }

    struct Summary: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Sums up an API's calls: how many, how quick, what failed.",
            discussion: """
                The last 24 hours unless told otherwise.

                Example:
                  penstock apis summary my_company_crm --since 2026-01-01T00:00:00Z
                """)

        @Argument(help: "The API's slug.") var slug: String
        @OptionGroup(title: "Which") var period: Period
        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func run() async throws {
            try await options.withRelay { relay, printer in
                let summary = try await relay.send(.GET, period.add(to: "/v1/apis" / slug / "summary")).body
                guard printer.format == .table else { return printer.value(summary) }
                printer.object(
                    Self.flat(summary),
                    [
                        Column("Since"), Column("Until"), Column("Calls"), Column("Success rate", "success_rate"),
                        Column("Mean ms", "mean"), Column("p50 ms", "p50"), Column("p95 ms", "p95"),
                        Column("p99 ms", "p99"), Column("Errors"),
                    ])
            }
        }

        private static func flat(_ summary: JSON) -> JSON {
            var object = summary.object ?? JSONObject()
            for (key, value) in summary["latency_ms"]?.object ?? JSONObject() { object[key] = value }
            let errors = (summary["errors"]?.object ?? JSONObject()).map { "\($0.value.text()) × \($0.key)" }
            object["errors"] = .string(errors.isEmpty ? "none" : errors.joined(separator: ", "))
            return .object(object)
        }
    }
}
