import ArgumentParser
import NIOHTTP1
import Value

extension APIsCommand {
    /// `penstock apis test`: whether an API can be called as it is defined.
    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tests an API over the route its calls take.",
            discussion: """
                Whether it is reached, its certificate, its credential, and what each endpoint answers. Endpoints are called \
                with the arguments given here, else with their first example; those that may change something only with \
                --confirm.

                Examples:
                  penstock apis test my_company_crm
                  penstock apis test my_company_crm --arguments get_customer='{"customer_id": "cust_12345"}'
                  penstock apis test -f draft.yaml
                """)

        @Argument(help: "The API's slug; none with --file.") var slug: String?
        @Option(
            name: .shortAndLong,
            help: ArgumentHelp("Test this definition without saving it; - reads standard input.", valueName: "file"),
            completion: .file(extensions: ["yaml", "yml", "json"]))
        var file: String?
        @Option(
            help: ArgumentHelp("An endpoint's arguments, as JSON; repeatable.", valueName: "endpoint=json"))
        var arguments: [String] = []
        @Flag(help: "Call endpoints that are not GET or HEAD too.") var confirm = false
        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func validate() throws {
            guard (slug == nil) != (file == nil) else { throw ValidationError("Give a slug or --file, and not both.") }
        }

        func run() async throws {
            var body = JSONObject([("confirm", .bool(confirm)), ("arguments", .object(try Self.arguments(arguments)))])
            let file = try file.map { path throws(CommandFailure) in try DefinitionFile.read(path) }
            if let file { body["definition"] = try file.resolved() }
            try await options.withRelay { [body, slug] relay, printer in
                let path: RelayPath = if let slug { ("/v1/apis" / slug).verb("test") } else { "/v1/apis:test" }
                let result = try await relay.send(.POST, path, .object(body)).body
                if printer.format != .table { printer.value(result) } else { Self.show(result) }
                guard result["ok"]?.bool == true else { throw CommandFailure(.failed, "the test found faults") }
            }
        }

        private static func show(_ result: JSON) {
            for step in result["steps"]?.array ?? [] {
                let mark = ["ok": "✅", "failed": "❌"][step["state"]?.string ?? ""] ?? "–"
                let endpoint = step["endpoint"]?.string.map { " \($0)" } ?? ""
                let detail = step["detail"]?.string ?? ""
                Terminal.output("\(mark) \(step["name"]?.string ?? "")\(endpoint): \(detail)".printable)
            }
        }

        private static func arguments(_ given: [String]) throws(CommandFailure) -> JSONObject {
            var arguments = JSONObject()
            for text in given {
                let name = text.prefix { $0 != "=" }
                let json = text.dropFirst(name.count + 1)
                guard !name.isEmpty, !json.isEmpty, let value = try? JSON.parse(Array(json.utf8)), value.object != nil
                else {
                    throw CommandFailure(
                        .usage, "--arguments wants ENDPOINT={…}, as in get_customer={\"customer_id\": \"cust_1\"}")
                }
                arguments[String(name)] = value
            }
            return arguments
        }
    }
}
