import ArgumentParser
import NIOHTTP1
import Value

/// `penstock apis`: definitions.
struct APIsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "apis",
        abstract:
            "Lists, shows, imports, discovers, writes, tests and deletes API definitions, and shows their calls and drift.",
        discussion: """
            Examples:
              penstock apis list
              penstock apis import openapi.yaml
              penstock apis apply -f crm.yaml
              penstock apis get my_company_crm --output yaml
              penstock apis test my_company_crm
            """,
        subcommands: [
            List.self, Get.self, Import.self, Discover.self, Apply.self, Test.self, Logs.self, Summary.self, Drift.self,
            Delete.self,
        ])

    static let columns = [
        Column("Slug"), Column("Name"), Column("Base URL", "base_url"), Column("Auth"), Column("Endpoints"),
        Column("Tunnel"), Column("Updated", "updated_at"),
    ]

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists your APIs.",
            discussion: """
                Example:
                  penstock apis list --output json
                """)

        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func run() async throws {
            try await options.withRelay { relay, printer in
                let items = try await relay.list("/v1/apis")
                printer.list(
                    items, APIsCommand.columns, none: "There are no APIs yet. Write one: penstock apis apply -f FILE")
            }
        }
    }

    struct Get: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows one definition; secrets are references.",
            discussion: """
                What it prints can be edited and applied again.

                Example:
                  penstock apis get my_company_crm > crm.yaml
                """)

        @Argument(help: "The API's slug, as in my_company_crm.") var slug: String
        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func run() async throws {
            try await options.withRelay { relay, printer in
                let definition = try await relay.send(.GET, "/v1/apis" / slug).body
                // A definition is a document, not a row: without a format asked for, YAML is what people edit.
                Printer(format: printer.format == .json ? .json : .yaml).value(definition)
            }
        }
    }

    struct Delete: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Deletes an API and its credentials.",
            discussion: """
                Example:
                  penstock apis delete my_company_crm --yes
                """)

        @Argument(help: "The API's slug.") var slug: String
        @Flag(name: .shortAndLong, help: "Do not ask.") var yes = false
        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func run() async throws {
            try await options.withRelay { relay, printer in
                if !yes { try Terminal.confirm("Delete \(slug.printable) and its credentials?") }
                _ = try await relay.send(.DELETE, "/v1/apis" / slug)
                printer.note("Deleted \(slug).")
            }
        }
    }
}
