import ArgumentParser
import NIOHTTP1
import Value

extension APIsCommand {
    /// Makes the relay's definitions those of the files: creates what is not there, replaces what differs.
    struct Apply: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Creates APIs from YAML or JSON files, or replaces their definitions.",
            discussion: """
                Shows the difference before it writes, and never a secret. It leaves a definition without a difference \
                alone, and credentials that the relay already has. For a folder, it applies the .yaml, .yml and .json \
                files one after the other, so that you can keep definitions in Git.

                Write a secret as {"from_env": "NAME"} or {"from_file": "path"}: this command reads the variable or \
                the file, and the relay keeps the value encrypted. Relative paths start at the file's folder.

                Examples:
                  penstock apis apply -f crm.yaml
                  penstock apis apply -f definitions/ --dry-run
                  sed s/v1/v2/ crm.yaml | penstock apis apply -f -
                """)

        @Option(
            name: .shortAndLong,
            help: ArgumentHelp("A definition or a folder of them; - reads standard input.", valueName: "file"),
            completion: .file(extensions: ["yaml", "yml", "json"]))
        var file: [String]
        @Flag(help: "Show what would change, have the relay check it, and write nothing.") var dryRun = false
        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func run() async throws {
            let files = try Self.paths(file).map { path throws(CommandFailure) in try DefinitionFile.read(path) }
            let definitions = try files.map { file throws(CommandFailure) in try file.resolved() }
            try await options.withRelay { [dryRun] relay, printer in
                for (file, definition) in zip(files, definitions) {
                    let result = try await file.locating { () throws(CommandFailure) in
                        try await Self.apply(
                            definition, slug: file.slug, hidden: file.fillings(), dryRun: dryRun, relay
                        ) { printer.change($0) }
                    }
                    if printer.format != .table { printer.value(result.stored) }
                    if let slug = result.stored["slug"]?.string, !dryRun {
                        for line in await NextSteps.lines(slug, result.stored, relay) { printer.note(line) }
                    }
                }
            }
        }

        /// The definition files that the arguments name, in order.
        static func paths(_ arguments: [String]) throws(CommandFailure) -> [String] {
            var paths: [String] = []
            for argument in arguments {
                guard argument != "-", FolderListing.isFolder(argument) else {
                    paths.append(argument)
                    continue
                }
                let files = FolderListing.files(in: argument).filter { path in
                    [".yaml", ".yml", ".json"].contains { path.hasSuffix($0) }
                }
                guard !files.isEmpty else {
                    throw CommandFailure(
                        .usage, "the folder \(argument.quotedForMessage) holds no .yaml, .yml or .json file")
                }
                paths += files.sorted()
            }
            return paths
        }

        /// Sends a definition, where it differs from what is there under its slug; that is replaced as it was when it was
        /// looked up.
        ///
        /// - Parameters:
        ///   - slug: nil when the definition has none: the relay then says what is missing.
        ///   - hidden: texts that came out of variables and files, and are not shown.
        ///   - tell: hears what is done, line by line.
        static func apply(
            _ definition: JSON, slug: String?, hidden: Set<String> = [], dryRun: Bool = false, _ relay: RelayClient,
            tell: (String) -> Void = { _ in }
        ) async throws(CommandFailure) -> (stored: JSON, isNew: Bool) {
            let current: RelayClient.Answer? = if let slug { try await find(slug, relay) } else { nil }
            let difference = DefinitionDifference(from: current?.body, to: definition, hidden: hidden)
            let name = slug ?? "the API"
            if let current, difference.isEmpty {
                tell("\(name) is unchanged.")
                return (current.body, false)
            }
            func show() {
                tell("\(dryRun ? "Would " : "Going to ")\(current == nil ? "create" : "replace") \(name):")
                for line in difference.lines { tell("  \(line)") }
            }
            if !difference.isOnlyCredentials { show() }
            let path: RelayPath = if let slug, current != nil { "/v1/apis" / slug } else { "/v1/apis" }
            let condition = current?.etag.map { [("If-Match", $0)] } ?? []
            let stored = try await relay.send(
                current == nil ? .POST : .PUT, dryRun ? path.query("dry_run", "true") : path, definition,
                headers: condition)
            if let etag = current?.etag, stored.etag == etag {
                tell("\(name) is unchanged.")
                return (stored.body, false)
            }
            if difference.isOnlyCredentials { show() }
            tell(dryRun ? "The relay finds no fault; nothing was written." : "Done.")
            return (stored.body, current == nil)
        }

        private static func find(
            _ slug: String, _ relay: RelayClient
        ) async throws(CommandFailure) -> RelayClient.Answer? {
            do throws(CommandFailure) {
                return try await relay.send(.GET, "/v1/apis" / slug)
            } catch {
                guard error.code == "UNKNOWN_API" else { throw error }
                return nil
            }
        }
    }
}
