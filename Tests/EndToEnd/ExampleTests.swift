import Foundation
import NIOHTTP1
import Relay
import Testing
import Value

/// `examples/`, which readers copy, as the executables take it.
@Suite("The examples", .serialized, .timeLimit(.minutes(2)))
struct ExampleTests {
    private static let folder = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appending(path: "examples").path

    /// A value for each variable that a definition names.
    private static func variables(_ tunnel: TestRelay.Tunnel) throws -> [String: String] {
        var variables: [String: String] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: folder + "/definitions") {
            for match in text(of: folder + "/definitions/" + name).matches(of: /"?from_env"?: "?([A-Z_]+)"?/) {
                variables[String(match.1)] = "a-value-for-\(match.1.lowercased())"
            }
        }
        variables["OFFICE_TUNNEL_ID"] = tunnel.id
        return variables
    }

    @Test("penstock applies the folder of definitions as it is, and finds nothing to change the second time")
    func definitions() async throws {
        let relay = try await TestRelay()
        let account = try await relay.newAccount()
        let variables = try await Self.variables(relay.newTunnel(account))
        let words = ["apis", "apply", "-f", Self.folder + "/definitions"]
        func apply(_ more: String...) async throws -> String {
            let ran = try await relay.penstock(words + more, token: account.user, environment: variables)
            #expect(ran.end == .exit(0), "\(ran)")
            return ran.output + ran.errors
        }
        let tried = try await apply("--dry-run")
        let slugs = ["billing", "crm", "deploy_hook", "documents", "inventory", "shipping"]
        for slug in slugs { #expect(tried.contains("Would create \(slug)"), "\(tried)") }
        _ = try await apply()
        let stored = try await relay.send(.GET, "/v1/apis", account.user).json["items"]?.array ?? []
        #expect(stored.compactMap { $0["slug"]?.string }.sorted() == slugs)
        let again = try await apply()
        for slug in slugs { #expect(again.contains("\(slug) is unchanged."), "\(again)") }
        try await relay.stop()
    }

    @Test("the relay's configuration reads without faults")
    func relay() throws {
        let configuration = try RelayConfiguration.read(path: Self.folder + "/relay.yaml", environment: [:])
        #expect(configuration.listen.port == 8443 && configuration.publicURL == "https://relay.example.com:8443")
        #expect(configuration.limits.requestBytes == 4 << 20 && configuration.auditRetentionDays == 90)
    }
}
