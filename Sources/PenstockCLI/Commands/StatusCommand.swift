import ArgumentParser
import NIOHTTP1
import Value

/// `penstock status`: whether everything is up.
struct StatusCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "status",
        abstract: "Shows whether the relay answers, and the state of your tunnels and APIs.",
        discussion: """
            Exits with 1 when a tunnel is offline or an API is failing or suspended.

            Example:
              penstock status
            """)

    @OptionGroup(title: "Everywhere") var options: GlobalOptions

    func run() async throws {
        try await options.withRelay { relay, printer in
            let who = try await relay.send(.GET, "/v1/whoami")
            var problems: [String] = []
            var status = JSONObject([
                ("relay", .string(relay.address.text)), ("version", who.body["relay"]?["version"] ?? .null),
                ("answered_in", .string(who.elapsed.short)),
            ])
            if who.body["token"]?["kind"] != "agent" {
                let tunnels = try await relay.list("/v1/tunnels")
                let offline = tunnels.filter { $0["online"]?.bool != true }
                problems += offline.map { "The tunnel \(Table.text($0["name"])) is offline." }
                status["tunnels"] = .string("\(tunnels.count - offline.count) of \(tunnels.count) online")
                let apis = try await relay.list("/v1/apis")
                let failing = apis.filter { $0["status"]?.string != "active" }
                problems += failing.map { "The API \(Table.text($0["slug"])) is \(Table.text($0["status"]))." }
                status["apis"] = .string("\(apis.count - failing.count) of \(apis.count) active")
                status["calls_today"] = .number(JSONNumber(apis.reduce(0) { $0 + ($1["calls_today"]?.int ?? 0) }))
            }
            status["problems"] = .array(problems.map { .string($0) })
            if printer.format == .table { status["problems"] = nil }
            printer.object(
                .object(status),
                [
                    Column("Relay"), Column("Version"), Column("Answered in", "answered_in"), Column("Tunnels"),
                    Column("APIs", "apis"), Column("Calls today", "calls_today"),
                ])
            for problem in problems { printer.result(problem) }
            if !problems.isEmpty { throw ExitCode(CommandFailure.Kind.failed.rawValue) }
        }
    }
}
