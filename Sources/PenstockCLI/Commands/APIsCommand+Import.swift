import ArgumentParser
import NIOHTTP1
import Value

extension APIsCommand {
    /// `penstock apis import`: a definition from what describes an API already.
    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a definition from an OpenAPI document, a Postman collection, a HAR file or curl commands.",
            discussion: """
                Reports the outcome of each operation, and saves nothing without --save. The files of a folder are \
                imported together, and references between them are followed; nothing else is fetched. If --slug names \
                an existing API, the command merges what was imported before, what is imported now and your own \
                changes, and shows the difference first.

                For an API behind a firewall, give --tunnel with the name of its tunnel. If the operations are on \
                several hosts, --split-servers makes one definition for each host. To fill in the variables of a \
                Postman collection, give its environment's file beside it.

                Secrets are never imported. Set them afterwards: penstock credentials set SLUG --from-file FIELD=FILE

                Examples:
                  penstock apis import openapi.yaml
                  penstock apis import openapi.yaml --tag customers --write crm.yaml
                  penstock apis import https://api.example.com/openapi.json --slug crm --save
                  penstock apis import crm.yaml --base-url http://crm.corp.example:8080 --tunnel office --save
                  echo "curl https://api.example.com/v1/users/42" | penstock apis import -
                """)

        @Argument(
            help: ArgumentHelp("Files, a folder, a URL, or - for standard input.", valueName: "source"),
            completion: .file(extensions: ["yaml", "yml", "json", "har"]))
        var sources: [String]
        @Option(help: "The API's slug: merge with the existing API, or create it.") var slug: String?
        @Flag(help: "Save the result.") var save = false
        @Option(
            help: ArgumentHelp("Write the definition to this new file, .yaml or .json.", valueName: "file"))
        var write: String?
        @Option(help: ArgumentHelp("Use this base URL instead of the document's.", valueName: "url")) var baseURL:
            String?
        @Option(
            help: ArgumentHelp("Call the API through this tunnel of yours, by name or id.", valueName: "name"))
        var tunnel: String?
        @Option(
            name: .customLong("token-url"),
            help: ArgumentHelp("Use this OAuth token endpoint instead of the document's.", valueName: "url"))
        var tokenURL: String?
        @Flag(help: "Make one definition for each server of the document.") var splitServers = false
        @Option(help: "The API's name; the document's title by default.") var name: String?
        @Option(help: ArgumentHelp("The main file, if there are several.", valueName: "file")) var root: String?
        @Option(
            name: .customLong("base"),
            help: ArgumentHelp(
                "The older document to merge from, if the relay does not know it.", valueName: "file"))
        var base: String?
        @OptionGroup(title: "What to import") var choice: ImportChoice
        @Flag(help: "Show notes too, not only what was changed or left out.") var all = false
        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func validate() throws {
            guard !sources.isEmpty else { throw ValidationError("Name a file, a folder, a URL or -.") }
            if base != nil, slug == nil { throw ValidationError("--base goes with --slug.") }
            if splitServers, base != nil || write != nil {
                throw ValidationError("--split-servers makes several definitions; it goes without --base and --write.")
            }
        }

        func run() async throws {
            let upload = try ImportUpload(sources)
            var settings = choice.options
            let texts = [
                ("base_url", baseURL), ("name", name), ("root", root), ("tunnel", tunnel), ("token_url", tokenURL),
            ]
            for (name, value) in texts {
                if let value { settings.append((name, value)) }
            }
            if let base {
                let bytes = try UserFile.bytes(base)
                guard let text = String(validating: bytes, as: UTF8.self) else {
                    throw CommandFailure(.usage, "\(base) is not UTF-8")
                }
                settings.append(("base", text))
            }
            try await options.withRelay { [self, settings] relay, printer in
                guard splitServers else {
                    return try await importOne(upload, settings, slug: slug, relay, printer)
                }
                try await importEach(upload, settings, relay, printer)
            }
        }

        private func importOne(
            _ upload: ImportUpload, _ settings: [(name: String, value: String)], slug: String?, _ relay: RelayClient,
            _ printer: Printer
        ) async throws {
            var answer = try await send(upload, settings, slug, relay)
            let target = slug ?? DefinitionFile.slug(of: answer.body["definition"] ?? .null)
            if save, slug == nil {
                guard let target else {
                    throw CommandFailure(.usage, "the document has no name to make a slug of; give --slug")
                }
                answer = try await send(upload, settings, target, relay)
                guard answer.etag == nil else {
                    throw CommandFailure(
                        .usage, "\(target) exists already",
                        notes: ["Merge with it by --slug \(target), or name another."])
                }
            }
            show(answer.body, printer)
            guard ImportReport(answer: answer.body).hasEndpoints else {
                if printer.format != .table { printer.value(answer.body) }
                throw CommandFailure(.failed, "nothing was imported")
            }
            if let write { try DefinitionFile.write(answer.body["definition"] ?? .null, to: write) }
            if save, let target {
                answer = try await store(upload, settings, target, answer, relay, printer)
            } else if write == nil {
                printer.note("Nothing was saved. Save it with --save, or write it to a file with --write.")
            }
            if printer.format != .table { printer.value(answer.body) }
        }

        /// Stores what was shown, and says what comes next.
        private func store(
            _ upload: ImportUpload, _ settings: [(name: String, value: String)], _ slug: String,
            _ shown: RelayClient.Answer, _ relay: RelayClient, _ printer: Printer
        ) async throws(CommandFailure) -> RelayClient.Answer {
            let condition = shown.etag.map { [("If-Match", $0)] } ?? []
            let answer = try await send(upload, settings + [("save", "true")], slug, relay, condition)
            printer.note("Saved \(slug).")
            for line in await NextSteps.lines(slug, answer.body["definition"] ?? .null, relay) { printer.note(line) }
            return answer
        }

        /// One definition for each server. All are looked at before the first is stored.
        private func importEach(
            _ upload: ImportUpload, _ settings: [(name: String, value: String)], _ relay: RelayClient,
            _ printer: Printer
        ) async throws {
            let drafts = try await send(upload, settings + [("split_servers", "true")], nil, relay).body["drafts"]?
                .array
            let parts = SplitImport.parts(drafts ?? [], slug: slug).filter(\.hasEndpoints)
            for part in parts {
                printer.note("\(part.slug ?? "?") at \(part.server ?? "a server that you have to give"):")
                show(part.draft, printer)
            }
            guard !parts.isEmpty else { throw CommandFailure(.failed, "nothing was imported") }
            guard save else {
                if printer.format != .table { printer.value(.array(parts.map(\.draft))) }
                printer.note("Nothing was saved. Save all of them with --save.")
                return
            }
            var shown: [(slug: String, settings: [(name: String, value: String)], answer: RelayClient.Answer)] = []
            for part in parts {
                guard let target = part.slug, let server = part.server else {
                    throw CommandFailure(
                        .usage, "the document does not say where some operations are", notes: ["Give --base-url."])
                }
                let own = settings + [("server", server)]
                let answer = try await send(upload, own, target, relay)
                guard slug != nil || answer.etag == nil else {
                    throw CommandFailure(
                        .usage, "\(target) exists already; nothing was saved",
                        notes: ["Merge with it by --slug \(parts[0].slug ?? target), or name others."])
                }
                shown.append((target, own, answer))
            }
            for (target, own, answer) in shown {
                let stored = try await store(upload, own, target, answer, relay, printer)
                if printer.format != .table { printer.value(stored.body) }
            }
        }

        private func send(
            _ upload: ImportUpload, _ settings: [(name: String, value: String)], _ slug: String?, _ relay: RelayClient,
            _ headers: [(String, String)] = []
        ) async throws(CommandFailure) -> RelayClient.Answer {
            let path: RelayPath = if let slug { ("/v1/apis" / slug).verb("import") } else { "/v1/apis:import" }
            if upload.url != nil {
                return try await relay.send(
                    .POST, path, upload.object(settings, lists: ImportChoice.lists), headers: headers)
            }
            return try await relay.send(.POST, path, content: upload.body(settings), headers: headers)
        }

        private func show(_ answer: JSON, _ printer: Printer) {
            guard printer.format == .table else { return }
            let report = ImportReport(answer: answer)
            printer.list(report.operations, ImportReport.columns, none: "No operation was imported.")
            printer.note(report.headline)
            let name = sources.count == 1 && sources[0] != "-" ? sources[0] : nil
            for line in report.findings(all: all, name: name) { printer.note("  \(line)") }
            guard let lines = answer["difference"]?["lines"]?.array else { return }
            printer.note(
                lines.isEmpty ? "Nothing differs from the stored definition." : "Compared with the stored definition:")
            for line in lines { printer.note("  \(line.string ?? "")") }
        }
    }

    /// Which operations of a document are wanted.
    struct ImportChoice: ParsableArguments {
        @Option(help: "Only operations with this tag; repeatable.") var tag: [String] = []
        @Option(help: "Only paths like this; * stands for any text without a slash, ** for any; repeatable.") var path:
            [String] =
                []
        @Option(help: "Only this method; repeatable.") var method: [String] = []
        @Option(help: "Only the operation of this id; repeatable.") var operation: [String] = []
        @Flag(help: "Leave deprecated operations out.") var noDeprecated = false

        /// The members that are lists.
        static let lists: Set<String> = ["tags", "paths", "methods", "operation_ids"]

        var options: [(name: String, value: String)] {
            var options: [(name: String, value: String)] = []
            for (name, values) in [("tags", tag), ("paths", path), ("methods", method), ("operation_ids", operation)]
            where !values.isEmpty { options.append((name, values.joined(separator: ","))) }
            if noDeprecated { options.append(("deprecated", "false")) }
            return options
        }
    }
}
