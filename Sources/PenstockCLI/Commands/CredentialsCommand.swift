import ArgumentParser
import NIOHTTP1
import Value

/// `penstock credentials`: the secrets of an API, which go in and never come out.
struct CredentialsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "credentials",
        abstract: "Sets the credentials of an API.",
        discussion: """
            Example:
              penstock credentials set my_company_crm --from-file crm-key
            """,
        subcommands: [Set.self])

    struct Set: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Writes an API's credentials into the relay's vault.",
            discussion: """
                The value comes from a file, from a variable or from standard input (a terminal asks without echo); it \
                is never a flag. An API with one secret needs no field name; else write FIELD=FILE or FIELD=NAME.

                Examples:
                  penstock credentials set my_company_crm --from-file crm-key
                  CRM_KEY=… penstock credentials set my_company_crm --from-env CRM_KEY
                  pass show crm | penstock credentials set my_company_crm
                """)

        @Argument(help: "The API's slug.") var slug: String
        @Option(
            help: ArgumentHelp("File that holds the value; repeatable with field names.", valueName: "[field=]file"),
            completion: .file())
        var fromFile: [String] = []
        @Option(
            help: ArgumentHelp("Variable that holds the value; repeatable with field names.", valueName: "[field=]name")
        )
        var fromEnv: [String] = []
        @OptionGroup(title: "Everywhere") var options: GlobalOptions

        func run() async throws {
            let given = try CredentialValues.read(files: fromFile, variables: fromEnv)
            try await options.withRelay { relay, printer in
                var body = given.named
                if let value = given.unnamed {
                    let definition = try await relay.send(.GET, "/v1/apis" / slug).body
                    body[try CredentialValues.onlyField(of: definition)] = .string(value)
                }
                let answer = try await relay.send(.PUT, "/v1/apis" / slug / "credentials", .object(body))
                if printer.format != .table, !answer.body.isNull { printer.value(answer.body) }
                printer.note("Set \(body.keys.joined(separator: ", ")) of \(slug).")
            }
        }
    }
}
