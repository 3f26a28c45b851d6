import ArgumentParser
import NIOHTTP1
import Value

extension APIsCommand {
    /// Creates the API that a file defines, or replaces the definition of the one there is.
    struct Apply: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Creates an API from a YAML or JSON file, or replaces its definition.",
            discussion: """
                A secret in the file is best written {"from_env": "NAME"} or {"from_file": "path"}: this command puts in \
                what they name, and the relay keeps it encrypted. Relative paths count from the file's folder.

                Examples:
                  penstock apis apply -f crm.yaml
                  sed s/v1/v2/ crm.yaml | penstock apis apply -f -
                """)

        @Option(
            name: .shortAndLong, help: ArgumentHelp("The definition; - reads standard input.", valueName: "file"),
            completion: .file(extensions: ["yaml", "yml", "json"]))
        var file: String
        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func run() async throws {
            let file = try DefinitionFile.read(file)
            let definition = try file.resolved()
            try await options.withRelay { relay, printer in
                let (stored, isNew) = try await file.locating { () throws(CommandFailure) in
                    try await Self.apply(definition, slug: file.slug, relay)
                }
                let summary = Self.summary(stored, slug: file.slug)
                if printer.format == .table {
                    printer.note("\(isNew ? "Created" : "Replaced") \(summary.slug) (\(summary.endpoints) endpoints).")
                } else {
                    printer.value(stored)
                }
            }
        }

        /// Sends a definition; what is there under its slug is replaced, as it was when it was looked up.
        ///
        /// - Parameter slug: nil when the definition has none: the relay then says what is missing.
        static func apply(
            _ definition: JSON, slug: String?, _ relay: RelayClient
        ) async throws(CommandFailure) -> (stored: JSON, isNew: Bool) {
            guard let slug, let current = try await find(slug, relay) else {
                return (try await relay.send(.POST, "/v1/apis", definition).body, true)
            }
            let condition = current.etag.map { [("If-Match", $0)] } ?? []
            let stored = try await relay.send(.PUT, "/v1/apis" / slug, definition, headers: condition).body
            return (stored, false)
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

        private static func summary(_ stored: JSON, slug: String?) -> (slug: String, endpoints: Int) {
            let definition = stored["custom_api"] ?? stored
            return (definition["slug"]?.string ?? slug ?? "the API", definition["endpoints"]?.array?.count ?? 0)
        }
    }
}
