import Foundation
import NIOHTTP1
import Testing
import Value

@Suite("The relay's configuration is read again", .serialized, .timeLimit(.minutes(3)))
struct OperatorReloadTests {
    /// Writes `relay.yaml` with some settings laid over it, and sends SIGHUP.
    private func reload(_ relay: TestRelay, _ settings: JSONObject) throws {
        var configuration = try JSON.parse(text(of: relay.configurationFile)).object ?? [:]
        for (key, value) in settings { configuration[key] = value }
        try relay.folder.write("relay.yaml", JSON.object(configuration).text(pretty: true))
        relay.process?.kill(SIGHUP)
    }

    private func eventuallyLogged(_ relay: TestRelay, _ words: String) async throws {
        try await eventually("\"\(words)\" in the log") { relay.process?.logText.contains(words) == true }
    }

    private func addresses(_ stage: Stage) async throws -> [String] {
        let answer = try await stage.relay.send(.GET, "/v1/platform/ips", stage.account.agent)
        return (answer.json["addresses"]?.array ?? []).compactMap(\.string)
    }

    @Test("T16: a good file is taken over whole: limits, the way out and its addresses; calls under way survive")
    func good() async throws {
        let stage = try await Stage.make()
        let relay = stage.relay
        // One call through the tunnel and one straight to its API are under way while the relay takes the file over.
        let direct = try await TestOrigin(tls: Certificates.shared.get())
        var egress: JSONObject = [
            "allow_private": ["127.0.0.0/8"], "ca_file": .string(try Certificates.shared.get().root),
        ]
        var definition = Definitions.api("direct", direct.url, tunnel: stage.tunnel.id)
        if var api = definition["custom_api"]?.object {
            api["tunnel"] = nil
            definition = ["custom_api": .object(api)]
        }
        try await relay.apply(definition, stage.account)
        expectProblem(try await stage.call("hello", slug: "direct"), "URL_NOT_ALLOWED", 403)
        try reload(relay, ["egress": .object(egress)])
        try await eventuallyLogged(relay, "configuration reloaded")
        #expect(try await stage.call("hello", slug: "direct").status == 200)

        async let tunnelled = relay.proxy(.GET, Stage.slug, "/gated", token: stage.account.agent)
        let gate = try await stage.origin.nextGate()
        async let straight = relay.proxy(.GET, "direct", "/gated", token: stage.account.agent)
        let directGate = try await direct.nextGate()
        egress["addresses"] = ["192.0.2.7"]
        try reload(
            relay,
            [
                "egress": .object(egress), "limits": ["response_bytes": "4KiB"], "audit": ["retention_days": 7],
            ])
        try await eventually("the new addresses are told") { try await addresses(stage) == ["192.0.2.7"] }
        let large = try await stage.call("bytes", ["count": 5000])
        #expect(large.code == "RESPONSE_TOO_LARGE", "\(large)")
        #expect(try await stage.call("hello", slug: "direct").status == 200)
        for gate in [gate, directGate] {
            try await gate.head()
            try await gate.send("still here")
            try await gate.finish()
        }
        #expect(try await tunnelled.text == "still here")
        #expect(try await straight.text == "still here")
        try await stage.end()
        try await direct.close()
    }

    @Test("T16: a bad file, and a change that needs a restart, change nothing and are named")
    func bad() async throws {
        let stage = try await Stage.make(relay: ["egress": ["addresses": ["192.0.2.1"]]])
        let relay = stage.relay
        let good = text(of: relay.configurationFile)
        try relay.folder.write("relay.yaml", "listen: [\n")
        relay.process?.kill(SIGHUP)
        try await eventuallyLogged(relay, "configuration not reloaded; the old one stays in force")
        try relay.folder.write("relay.yaml", good)
        try reload(relay, ["egress": ["addresses": ["192.0.2.2"], "allow_privat": []]])
        try await eventuallyLogged(relay, "did you mean")
        try relay.folder.write("relay.yaml", good)
        try reload(
            relay, ["egress": ["addresses": ["192.0.2.3"]], "listen": "127.0.0.1:1", "shutdown_grace": "7s"])
        try await eventuallyLogged(relay, "listen, shutdown_grace can only be changed by a restart.")
        try relay.folder.write("relay.yaml", good)
        try reload(relay, ["egress": ["addresses": ["192.0.2.4"], "ca_file": "/nowhere.pem"]])
        try await eventuallyLogged(relay, "egress.ca_file: /nowhere.pem cannot be read")
        #expect(try await addresses(stage) == ["192.0.2.1"])
        #expect(try await stage.call("hello").status == 200)
        try await stage.end()
    }
}
