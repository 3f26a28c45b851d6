import ArgumentParser
import NIOHTTP1
import Value

/// `penstock whoami`: whose token this is.
struct WhoamiCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "whoami",
        abstract: "Shows whose token this is, and which relay it is for.",
        discussion: """
            Example:
              penstock whoami
            """)

    @OptionGroup(title: "Everywhere") var options: GlobalOptions

    func run() async throws {
        try await options.withRelay { relay, printer in
            var answer = try await relay.send(.GET, "/v1/whoami").body
            if printer.format == .table, let token = answer["token"], var object = TokensCommand.row(token).object {
                object["relay"] = .string(relay.address.text)
                object["user"] = answer["user"]?["name"]
                object["version"] = answer["relay"]?["version"]
                answer = .object(object)
            }
            printer.object(
                answer,
                [
                    Column("Relay"), Column("Version"), Column("Kind"), Column("User"), Column("User ID", "user_id"),
                    Column("Token", "id"), Column("Label"), Column("APIs", "apis"), Column("Limits"),
                    Column("Expires", "expires_at"),
                ])
        }
    }
}
