import ArgumentParser
import NIOHTTP1
import Value

extension APIsCommand {
    /// `penstock apis test`: whether an API can be called as it is defined.
    struct Test: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Tests an API over the route that its calls take.",
            discussion: """
                First checks what it can without calling the API: whether its host accepts connections, its \
                certificate, whether its credential is stored, and whether the connector's own policy allows each \
                endpoint. Then checks whether the API accepts the credential, and the answer of each endpoint. It \
                calls endpoints with the arguments that you give, or with their first example. It calls endpoints that \
                may change something only with --confirm.

                Examples:
                  penstock apis test my_company_crm
                  penstock apis test my_company_crm --arguments get_customer='{"customer_id": "cust_12345"}'
                  penstock apis test -f draft.yaml
                """)

        @Argument(help: "The API's slug; leave it out with --file.", completion: Completions.slugs) var slug: String?
        @Option(
            name: .shortAndLong,
            help: ArgumentHelp("Test this definition without saving it; - reads standard input.", valueName: "file"),
            completion: .file(extensions: ["yaml", "yml", "json"]))
        var file: String?
        @Option(
            help: ArgumentHelp("An endpoint's arguments, as JSON; repeatable.", valueName: "endpoint=json"))
        var arguments: [String] = []
        @Flag(help: "Also call endpoints other than GET and HEAD.") var confirm = false
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
                if printer.format != .table { printer.value(result) } else { Self.show(result, slug: slug) }
                guard result["ok"]?.bool == true else { throw CommandFailure(.failed, "the test found faults") }
            }
        }

        private static func show(_ result: JSON, slug: String?) {
            for step in result["steps"]?.array ?? [] {
                let mark = ["ok": "✅", "failed": "❌"][step["state"]?.string ?? ""] ?? "–"
                let endpoint = step["endpoint"]?.string.map { " \($0)" } ?? ""
                let line = "\(mark) \(step["name"]?.string ?? "")\(endpoint): \(detail(of: step, slug: slug))".printable
                let ink: [String: Ink] = ["ok": .green, "failed": .red]
                Terminal.output(ink[step["state"]?.string ?? ""].map { $0(line) } ?? line)
            }
        }

        /// What a step says; where it lacks something, how to give it with this command.
        static func detail(of step: JSON, slug: String?) -> String {
            let said = step["detail"]?.string ?? ""
            let missing = (step["missing"]?.array ?? []).compactMap(\.string)
            switch (step["needs"]?.string, step["code"]?.string) {
            case ("arguments", _):
                let example = JSONObject((missing.isEmpty ? ["name"] : missing).map { ($0, JSON.string("value")) })
                let option = "\(step["endpoint"]?.string ?? "ENDPOINT")=\(JSON.object(example).text())"
                return
                    "It needs arguments: give --arguments \(quoted(option)), or write an example into the definition."
            case ("confirm", _): return "It may change something, and is called only with --confirm."
            case ("credential", let code):
                // The step that says so first says how; those that follow only lack it.
                guard code == "CREDENTIAL_MISSING" else { return said }
                let fields = missing.joined(separator: ", ")
                guard let slug else {
                    return "\(said) Write \(fields) into the definition, best as {\"from_env\": \"NAME\"}."
                }
                let sources = missing.map { " --from-file \($0)=FILE" }.joined()
                return "\(said) Store \(fields): penstock credentials set \(slug)\(sources)"
            case (_, "CREDENTIAL_MISSING"):
                return slug.map { "\(said) Store it: penstock credentials set \($0) --from-file FILE" }
                    ?? "\(said) Write it into the definition, best as {\"from_env\": \"NAME\"}."
            default: return said
            }
        }

        /// One word of a shell's command line.
        private static func quoted(_ text: String) -> String {
            "'" + text.replacing("'", with: "'\\''") + "'"
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
