import ArgumentParser
import NIOHTTP1
import Value

extension ToolsCommand {
    /// Calls one endpoint.
    struct Call: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Calls a tool and prints its answer.",
            discussion: """
                key=value uses the type in the tool's schema; key:=JSON gives a JSON value.

                Examples:
                  penstock tools call my_company_crm.get_customer customer_id=cust_12345
                  penstock tools call my_company_crm.search_customers query="John Smith" limit:=10
                  penstock tools call my_company_crm.search_customers --json '{"query": "John Smith"}'
                  penstock tools call my_company_crm.search_customers --json @arguments.json
                """)

        @Argument(help: "SLUG.ENDPOINT, as in my_company_crm.get_customer.", completion: Completions.tools) var tool:
            ToolName
        @Argument(help: ArgumentHelp("Arguments: key=text or key:=JSON.", valueName: "key=value")) var arguments:
            [String] = []
        @Option(
            help: ArgumentHelp(
                "All arguments as one JSON object; @FILE reads a file, - standard input.", valueName: "json"))
        var json: String?
        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func validate() throws {
            guard tool.endpoint != nil else {
                throw ValidationError("Say which endpoint: \(tool.slug).ENDPOINT. penstock tools list shows them.")
            }
            guard json == nil || arguments.isEmpty else {
                throw ValidationError("Give either key=value arguments or --json, not both.")
            }
        }

        func run() async throws {
            var words = try Arguments(arguments)
            let whole = try json.map(Self.object)
            let endpoint: RelayPath = "/v1/tools" / tool.slug / (tool.endpoint ?? "")
            try await options.withRelay { relay, printer in
                if !words.ambiguous.isEmpty {
                    words.settle(try await relay.send(.GET, endpoint).body["input_schema"] ?? .null)
                }
                let answer = try await relay.send(.POST, endpoint, .object(whole ?? words.object)).body
                guard printer.format == .table else { return printer.value(answer) }
                printer.value(answer["data"] ?? answer)
                printer.note(Self.summary(answer))
                for warning in answer["warnings"]?.array ?? [] { printer.note("Warning: \(Table.text(warning))") }
            }
        }

        private static func summary(_ answer: JSON) -> String {
            [
                answer["status"]?.int.map { "status \($0)" }, answer["latency_ms"]?.double.map { "\($0) ms" },
                answer["request_id"]?.string.map { "request \($0)" },
            ].compactMap { $0 }.joined(separator: ", ")
        }

        private static func object(_ text: String) throws(CommandFailure) -> JSONObject {
            let bytes: [UInt8]
            if text == "-" {
                bytes = try Terminal.input()
            } else if text.hasPrefix("@") {
                bytes = try UserFile.bytes(String(text.dropFirst()))
            } else {
                bytes = Array(text.utf8)
            }
            let value: JSON
            do throws(JSONParseError) {
                value = try JSON.parse(bytes)
            } catch {
                throw CommandFailure(.usage, "the arguments are not JSON: \(error)")
            }
            guard let object = value.object else {
                throw CommandFailure(.usage, "the arguments must be one JSON object, not \(value.typeName)")
            }
            return object
        }
    }
}
