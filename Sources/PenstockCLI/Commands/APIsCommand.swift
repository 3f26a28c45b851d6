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
            Suspend.self, Resume.self, Delete.self,
        ], aliases: ["api"])

    static let columns = [
        Column("Slug"), Column("Name"), Column("Base URL", "base_url"), Column("Auth"), Column("Endpoints"),
        Column("Tunnel"), Column("Status"), Column("Calls today", "calls_today"), Column("Last used", "last_used_at"),
        Column("Updated", "updated_at"),
    ]

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists your APIs, with their status, calls and last use.",
            discussion: """
                An operator sees the APIs of all users, by their ids.

                Example:
                  penstock apis list --output json
                """)

        @OptionGroup(title: "Which") var owner: OwnerOption
        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func run() async throws {
            try await options.withRelay { relay, printer in
                let items = try await relay.list(owner.add(to: "/v1/apis", relay))
                let isOperator = items.contains { $0["user_id"] != nil }
                printer.list(
                    items, (isOperator ? [Column("ID"), Column("User", "user_id")] : []) + APIsCommand.columns,
                    none: "There are no APIs yet. Write one: penstock apis apply -f FILE")
            }
        }
    }

    struct Get: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Shows one definition; secrets are references.",
            discussion: """
                You can edit the output and apply it again.

                Example:
                  penstock apis get my_company_crm > crm.yaml
                """)

        @Argument(help: "The API's slug, as in my_company_crm.", completion: Completions.slugs) var slug: String
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

        @Argument(help: "The API's slug.", completion: Completions.slugs) var slug: String
        @OptionGroup var confirmation: Confirmation
        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func run() async throws {
            try await options.withRelay { relay, printer in
                try await confirmation.send(
                    .DELETE, "/v1/apis" / slug, asking: "Delete \(slug.printable) and its credentials?", relay)
                printer.result("Deleted \(slug).")
            }
        }
    }

    struct Suspend: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Suspends a user's API: the relay refuses its calls (with an operator token).",
            discussion: """
                penstock apis list shows the ids.

                Example:
                  penstock apis suspend api_7zk1m0q4s8x2c5vn --yes
                """)

        @Argument(help: "The API's id.") var id: String
        @OptionGroup var confirmation: Confirmation
        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func run() async throws {
            try await options.withRelay { relay, printer in
                let api = try await confirmation.send(
                    .POST, ("/v1/apis" / id).verb("suspend"), asking: "Suspend the API \(id.printable)?", relay)
                printer.object(api, [Column("ID"), Column("User", "user_id")] + APIsCommand.columns)
            }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Ends an API's suspension (with an operator token).",
            discussion: """
                Example:
                  penstock apis resume api_7zk1m0q4s8x2c5vn
                """)

        @Argument(help: "The API's id.") var id: String
        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func run() async throws {
            try await options.withRelay { relay, printer in
                let api = try await relay.send(.POST, ("/v1/apis" / id).verb("resume")).body
                printer.object(api, [Column("ID"), Column("User", "user_id")] + APIsCommand.columns)
            }
        }
    }
}
