import ArgumentParser
import NIOHTTP1
import Value

/// `penstock alerts`: what webhooks were told.
struct AlertsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "alerts",
        abstract: "Shows the messages that your APIs' webhooks got, newest first.",
        discussion: """
            Shows those of one API, or of all APIs that have "alerts" in their definition.

            Examples:
              penstock alerts
              penstock alerts my_company_crm
            """, aliases: ["alert"])

    @Argument(help: "The API's slug.", completion: Completions.slugs) var slug: String?
    @OptionGroup(title: "Everywhere") var options: GlobalOptions

    func run() async throws {
        try await options.withRelay { relay, printer in
            var slugs: [String] = []
            if let slug {
                slugs = [slug]
            } else {
                slugs = try await relay.list("/v1/apis").compactMap { $0["slug"]?.string }
            }
            var items: [JSON] = []
            for slug in slugs {
                for item in try await relay.list("/v1/apis" / slug / "alerts") {
                    var object = item.object ?? JSONObject()
                    object["api"] = .string(slug)
                    items.append(.object(object))
                }
            }
            items.sort { ($0["time"]?.string ?? "") > ($1["time"]?.string ?? "") }
            printer.list(
                items,
                [
                    Column("Time"), Column("API", "api"), Column("Event"), Column("State"), Column("Attempts"),
                    Column("Last status", "last_status"), Column("Next attempt", "next_attempt_at"),
                ], none: "No webhook has got a message yet.")
        }
    }
}
