import ArgumentParser
import Discovery
import EgressPolicy
import NIOCore
import NIOHTTP1
import Value

extension APIsCommand {
    /// `penstock apis discover`: a draft for a person to accept, of what an API shows.
    struct Discover: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Looks for the description of an API, or infers a draft from its answers. Experimental.",
            discussion: """
                Looks for OpenAPI documents at the usual places, for GraphQL introspection and for pages of \
                documentation. If it finds none, it infers endpoints from samples and from observed calls. It only \
                reads, a few requests a second, and shows the evidence for each finding. It saves nothing: review the \
                draft, write it to a file, and apply that.

                --observed reads a connector's audit on this machine and sends only methods, path templates and \
                numbers of calls to the relay.

                Examples:
                  penstock apis discover https://api.example.com/v1
                  penstock apis discover http://crm.corp.example:8080 --tunnel tun_7zk1m0q4s8x2c5vn --sample /customers/42
                  penstock apis discover http://crm.corp.example:8080 --tunnel tun_7zk1m0q4s8x2c5vn \
                --observed connector-audit.jsonl --write crm.yaml
                """)

        @Argument(help: ArgumentHelp("The API's base URL.", valueName: "url")) var url: String
        @Option(help: ArgumentHelp("Send the requests through this tunnel.", valueName: "id")) var tunnel: String?
        @Option(
            help: ArgumentHelp(
                "A path below the URL to learn from, such as /customers/42; repeatable.", valueName: "path"))
        var sample: [String] = []
        @Option(
            help: ArgumentHelp("A connector's audit file to learn from; repeatable.", valueName: "file"),
            completion: .file(extensions: ["jsonl", "log"]))
        var observed: [String] = []
        @Flag(help: "Do not follow links in answers.") var noLinks = false
        @Flag(help: "Send requests to the URL's own host only.") var sameOrigin = false
        @Flag(help: "Send GraphQL introspection by POST if GET does not answer.") var allowIntrospectionPost = false
        @Option(help: "The most requests, 1 to 200; 60 by default.") var requests: Int?
        @Option(help: ArgumentHelp("The most seconds, 1 to 600; 120 by default.", valueName: "seconds")) var deadline:
            Int?
        @Option(help: ArgumentHelp("Which of the drafts to show and write; the best is 1.", valueName: "number"))
        var draft = 1
        @Option(
            help: ArgumentHelp("Write the draft's definition to this new file, .yaml or .json.", valueName: "file"))
        var write: String?
        @Flag(help: "Show notes, and every request that was made.") var all = false
        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        private static let longest = 600

        func validate() throws {
            guard draft > 0 else { throw ValidationError("The best draft is --draft 1.") }
            if let requests, !(1...200).contains(requests) {
                throw ValidationError("--requests is a number from 1 to 200.")
            }
            if let deadline, !(1...Self.longest).contains(deadline) {
                throw ValidationError("--deadline is a number from 1 to \(Self.longest).")
            }
        }

        func run() async throws {
            let body = try self.body()
            try await options.withRelay { relay, printer in
                if printer.format == .table { printer.note("Looking; this takes up to \(deadline ?? 120) seconds.") }
                // The relay's deadline comes first, and brings what was found until then.
                let answer = try await relay.send(
                    .POST, "/v1/apis:discover", .object(body), within: .seconds(Int64(deadline ?? 120) + 60)
                ).body
                let drafts = answer["drafts"]?.array ?? []
                guard printer.format == .table else {
                    printer.value(answer)
                    return try finish(drafts, printer)
                }
                let report = DiscoveryReport(answer: answer)
                printer.list(report.drafts, DiscoveryReport.columns, none: "Found nothing to make a draft from.")
                if drafts.indices.contains(draft - 1) {
                    let shown = ImportReport(answer: drafts[draft - 1]["draft"] ?? .null)
                    printer.note("Draft \(draft):")
                    printer.list(shown.operations, ImportReport.columns, none: "It has no endpoint.")
                    printer.note(shown.headline)
                    for line in shown.findings(all: all, name: nil) { printer.note("  \(line)") }
                }
                for line in report.findings { printer.note(line) }
                if all { for line in report.requests { printer.note("  \(line)") } }
                try finish(drafts, printer)
            }
        }

        private func finish(_ drafts: [JSON], _ printer: Printer) throws {
            guard drafts.indices.contains(draft - 1) else {
                if write == nil, draft == 1 { return }
                throw CommandFailure(
                    .failed, drafts.isEmpty ? "there is no draft" : "there is no draft \(draft), only \(drafts.count)")
            }
            if let write {
                try DefinitionFile.write(drafts[draft - 1]["draft"]?["definition"] ?? .null, to: write)
                printer.note("Review \(write.printable), then run: penstock apis apply -f \(write.printable)")
            } else {
                printer.note("Nothing was saved. Write the draft to a file with --write.")
            }
        }

        private func body() throws(CommandFailure) -> JSONObject {
            var body: JSONObject = ["url": .string(url)]
            if let tunnel { body["tunnel"] = .string(tunnel) }
            if !sample.isEmpty { body["samples"] = .array(sample.map(JSON.string)) }
            if !observed.isEmpty { body["observed"] = try calls() }
            if noLinks { body["follow_links"] = false }
            if sameOrigin { body["reach"] = "origin" }
            if allowIntrospectionPost { body["allow_introspection_post"] = true }
            if let requests { body["requests"] = .number(JSONNumber(requests)) }
            if let deadline { body["deadline_s"] = .number(JSONNumber(deadline)) }
            return body
        }

        /// Templates of the calls in the audit files, and nothing else of those.
        private func calls() throws(CommandFailure) -> JSON {
            let origin: Origin
            do {
                origin = try BaseURL(url).origin
            } catch {
                throw CommandFailure(.usage, "\(url.quotedForMessage) is not a base URL: \(error)")
            }
            var calls = ObservedCalls(origin: origin)
            for path in observed {
                try UserFile.chunks(path) { calls.add($0) }
                calls.finish()
            }
            guard !calls.calls.isEmpty else {
                throw CommandFailure(
                    .usage, "the audit shows no call of \(origin) that was let through and succeeded",
                    notes: calls.unreadable > 0 ? ["\(calls.unreadable) lines are no records of a connector."] : [])
            }
            return calls.json
        }
    }
}
