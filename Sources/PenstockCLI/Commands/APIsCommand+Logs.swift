import ArgumentParser
import NIOHTTP1
import Value

extension APIsCommand {
    /// What narrows logs and summaries.
    struct Period: ParsableArguments {
        @Option(
            help: ArgumentHelp(
                "Since this time: 1h, 30m or 7d ago, or RFC 3339, as in 2026-01-31T08:00:00Z.", valueName: "time"))
        var since: String?
        @Option(help: ArgumentHelp("Until this time, written the same way.", valueName: "time"))
        var until: String?
        @Option(help: "Only this endpoint.") var endpoint: String?

        func add(to path: RelayPath) -> RelayPath {
            var path = path
            if let since { path = path.query("since", Self.time(since)) }
            if let until { path = path.query("until", Self.time(until)) }
            if let endpoint { path = path.query("endpoint", endpoint) }
            return path
        }

        /// So long ago, or a time as it was written.
        private static func time(_ text: String) -> String {
            Lifetime(argument: text).map { Clock.now(offset: -$0.seconds) } ?? text
        }
    }

    struct Logs: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows an API's latest calls, newest first.",
            discussion: """
                Examples:
                  penstock apis logs my_company_crm --since 1h
                  penstock apis logs my_company_crm --follow
                  penstock apis logs my_company_crm --status 404 --since 2026-01-31T00:00:00Z --limit 20
                """)

        private static let columns = [
            Column("Time"), Column("Endpoint"), Column("Method"), Column("Outcome"),
            Column("Status", "upstream_status"),
            Column("Latency ms", "latency_ms"), Column("Caller"), Column("Token", "token_id"),
            Column("Request", "request_id"),
        ]

        @Argument(help: "The API's slug.", completion: Completions.slugs) var slug: String
        @Flag(help: "Keep showing calls as they happen, oldest first, until you interrupt it.") var follow = false
        @Option(
            help: ArgumentHelp(
                "Only this outcome: a status, a code such as TIMEOUT, or error for all failures.", valueName: "status"))
        var status: String?
        @Option(help: "At most this many.") var limit = 50
        @OptionGroup(title: "Which") var period: Period
        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func validate() throws {
            guard (1...1000).contains(limit) else { throw ValidationError("--limit must be from 1 to 1000.") }
        }

        func run() async throws {
            try await options.withRelay { relay, printer in
                var path = period.add(to: ("/v1/apis" / slug / "logs").query("limit", String(limit)))
                if let status { path = path.query("status", status) }
                let callers = try await Self.callers(relay)
                var items = try await relay.send(.GET, path).body["items"]?.array ?? []
                guard follow else {
                    return printer.list(
                        items.map { Self.row($0, callers) }, Self.columns, none: "There are no such calls.")
                }
                var seen: Set<String> = []
                var widths: [Int] = []
                while true {
                    let new = items.reversed().filter { seen.insert(Self.key($0)).inserted }
                    if !new.isEmpty {
                        guard Self.show(new.map { Self.row($0, callers) }, &widths, printer) else { return }
                    }
                    if seen.count > 10_000 { seen = Set(items.map(Self.key)) }
                    try await Task.sleep(for: .seconds(1))
                    // What was seen last comes again, and is left out.
                    var next = period.add(to: ("/v1/apis" / slug / "logs").query("limit", "1000"))
                    if let status { next = next.query("status", status) }
                    if let time = items.first?["time"]?.string { next = next.query("since", time) }
                    let later = try await relay.send(.GET, next).body["items"]?.array ?? []
                    if !later.isEmpty { items = later }
                }
            }
        }

        /// Records have no id of their own.
        private static func key(_ record: JSON) -> String {
            ["seq", "request_id", "kind", "time"].map { record[$0]?.text() ?? "" }.joined(separator: " ")
        }

        private static func show(_ rows: [JSON], _ widths: inout [Int], _ printer: Printer) -> Bool {
            switch printer.format {
            case .table: return Terminal.output(Table.more(rows, columns, &widths))
            case .json: return rows.allSatisfy { Terminal.output($0.text()) }
            case .yaml: return rows.allSatisfy { Terminal.output("---\n" + YAMLWriter.text($0)) }
            }
        }

        /// The labels of tokens by their ids.
        private static func callers(_ relay: RelayClient) async throws(CommandFailure) -> [String: String] {
            let tokens = try await relay.list("/v1/tokens")
            return Dictionary(
                tokens.compactMap { token in
                    guard let id = token["id"]?.string else { return nil }
                    let label = token["label"]?.string ?? ""
                    return (id, label.isEmpty ? token["kind"]?.string ?? "" : label)
                }, uniquingKeysWith: { $1 })
        }

        /// The record, with its time in milliseconds and the token's label beside it.
        private static func row(_ record: JSON, _ callers: [String: String]) -> JSON {
            guard var object = record.object else { return record }
            if let total = record["times_us"]?["total"]?.double {
                object["latency_ms"] = .number(JSONNumber((total / 100).rounded() / 10))
            }
            if let token = record["token_id"]?.string, let caller = callers[token] {
                object["caller"] = .string(caller)
            }
            return .object(object)
        }
    }

    struct Summary: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Summarises an API's calls: how many, how fast, what failed.",
            discussion: """
                Covers the last 24 hours by default.

                Example:
                  penstock apis summary my_company_crm --since 2026-01-01T00:00:00Z
                """)

        @Argument(help: "The API's slug.", completion: Completions.slugs) var slug: String
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
            if let rate = summary["success_rate"]?.double {
                object["success_rate"] = .string("\(JSONNumber((rate * 1000).rounded() / 10)) %")
            }
            let errors = (summary["errors"]?.object ?? JSONObject()).map { "\($0.value.text()) × \($0.key)" }
            object["errors"] = .string(errors.isEmpty ? "none" : errors.joined(separator: ", "))
            return .object(object)
        }
    }
}
