import Foundation
import NIOHTTP1
import Testing
import Value

@Suite("Definitions that a relay finds at its start", .serialized, .timeLimit(.minutes(4)))
struct StoredDefinitionTests {
    @Test("one that this version cannot use stops nothing, is named by check, and works once it is written again")
    func broken() async throws {
        let stage = try await Stage.make(authentication: Definitions.apiKey("crm-key-1"))
        let relay = stage.relay
        let erp = Definitions.api(
            "erp", stage.origin.url, tunnel: stage.tunnel.id, authentication: Definitions.apiKey("erp-key"))
        try await relay.apply(erp, stage.account)
        try await stage.connector.stop()
        try await relay.stop()
        try await Operator.sqlite(
            relay.database, "UPDATE apis SET definition = '{\"name\": \"ERP\", \"connection\": 5}' WHERE slug = 'erp'")
        try await relay.start()
        try await stage.connector.start()
        try await stage.expectCall(key: "crm-key-1")
        for _ in 0..<2 {
            let answer = try await stage.call("hello", slug: "erp")
            #expect(answer.status == 404 && answer.code == "UNKNOWN_API", "\(answer)")
        }
        let check = try await relay.command("check")
        #expect(check.end == .exit(0), "\(check.output) \(check.errors)")
        #expect(check.output.contains("! definitions of APIs: this version cannot use 1"), "\(check.output)")
        let written = try await relay.send(.PUT, "/v1/apis/erp", stage.account.user, erp)
        #expect(written.status == 200, "\(written)")
        try await stage.expectCall(key: "erp-key", slug: "erp")
        let good = try await relay.command("check")
        #expect(good.output.contains("✓ definitions of APIs"), "\(good.output)")
        try await stage.connector.stop()
        try await relay.stop()
    }
}
