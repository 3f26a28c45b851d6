import ArgumentParser
import NIOHTTP1
import Value

/// `penstock tools`: what an agent sees and calls.
struct ToolsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tools",
        abstract: "Lists tools, shows their schemas and calls them.",
        discussion: """
            Examples:
              penstock tools list
              penstock tools schema my_company_crm.get_customer
              penstock tools call my_company_crm.get_customer customer_id=cust_12345
            """,
        subcommands: [List.self, Schema.self, Call.self], aliases: ["tool"])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the tools this token can call.",
            discussion: """
                Example:
                  penstock tools list
                """)

        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func run() async throws {
            try await options.withRelay { relay, printer in
                let path: RelayPath = "/v1/tools"
                let apis = ToolPages.merged(
                    try await relay.list(path.query("limit", "\(ToolPages.limit)")))
                guard printer.format == .table else { return printer.value(["items": .array(apis)]) }
                printer.list(apis.flatMap(Self.rows), Self.columns, none: "This token can call no tools yet.")
            }
        }

        private static let columns = [Column("Tool"), Column("Description")]

        private static func rows(_ api: JSON) -> [JSON] {
            let slug = api["slug"]?.string ?? ""
            return (api["endpoints"]?.array ?? []).map { endpoint in
                let name = endpoint["name"]?.string ?? endpoint.string ?? ""
                return ["tool": .string("\(slug).\(name)"), "description": endpoint["description"] ?? .null]
            }
        }
    }

    struct Schema: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows a tool's arguments and answer.",
            discussion: """
                Examples:
                  penstock tools schema my_company_crm
                  penstock tools schema my_company_crm.get_customer --output yaml
                """)

        @Argument(help: "SLUG or SLUG.ENDPOINT.", completion: Completions.tools) var tool: ToolName
        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func run() async throws {
            try await options.withRelay { relay, printer in
                if let endpoint = tool.endpoint {
                    return printer.value(try await relay.send(.GET, "/v1/tools" / tool.slug / endpoint).body)
                }
                printer.value(try await ToolPages.all(of: tool.slug, relay))
            }
        }
    }
}
