import Foundation
import Testing
import Value

/// Relay and connector in two network namespaces, and a wire between them that can go silent (`packaging/netlab`).
@Suite(.serialized, .timeLimit(.minutes(5)))
struct TunnelSilenceTests {
    static let lab = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("packaging/netlab/netlab.sh").path

    static let isAvailable =
        getuid() == 0 && access("/dev/net/tun", F_OK) == 0 && Binaries.tool("ip") != nil
        && FileManager.default.isExecutableFile(
            atPath: URL(fileURLWithPath: lab).deletingLastPathComponent().path + "/.build/release/netlab")

    /// The laboratory, the processes in it, and commands on either side.
    private struct Laboratory {
        let name = "e2e-\(getpid())"
        let folder: Scratch

        func command(_ words: String...) async throws {
            let ran = try await ChildProcess.run("/bin/bash", [TunnelSilenceTests.lab] + words)
            guard ran.end == .exit(0) else { throw TestFailure("netlab \(words): \(ran.errors)") }
        }

        private func words(_ side: String, _ words: [String]) -> [String] {
            ["netns", "exec", "\(name)-\(side)"] + words
        }

        private var ip: String { Binaries.tool("ip") ?? "ip" }

        func start(_ side: String, _ words: String..., log: String) throws -> ChildProcess {
            try ChildProcess.start(ip, self.words(side, words), log: folder / log)
        }

        /// One request on a side: status and body.
        func ask(
            _ side: String, _ method: String, _ url: String, _ token: String? = nil, _ body: JSON? = nil
        ) async throws -> (status: Int, json: JSON) {
            var words = ["curl", "-sS", "-X", method, "-m", "30", "-w", "\n%{http_code}", url]
            words += ["--cacert", try Certificates.shared.get().root, "--resolve", "localhost:8443:10.77.0.2"]
            if let token { words += ["-H", "@" + (try folder.write("header", "Authorization: Bearer \(token)"))] }
            if let body { words += ["-H", "content-type: application/json", "--data-binary", body.text()] }
            let ran = try await ChildProcess.run(ip, self.words(side, words))
            let lines = ran.output.split(separator: "\n", omittingEmptySubsequences: false)
            return (
                Int(lines.last ?? "") ?? 0, (try? JSON.parse(lines.dropLast().joined(separator: "\n"))) ?? .null
            )
        }

        func relay(
            _ method: String, _ path: String, _ token: String, _ body: JSON? = nil
        ) async throws -> (status: Int, json: JSON) {
            try await ask("b", method, "https://localhost:8443\(path)", token, body)
        }

        func made(_ path: String, _ token: String, _ body: JSON, _ member: String) async throws -> String {
            let answer = try await relay("POST", path, token, body)
            guard let text = answer.json[member]?.string else { throw TestFailure("POST \(path): \(answer)") }
            return text
        }
    }

    @Test(
        "T1: when packets vanish silently both ends notice, and recover unaided",
        .enabled(if: isAvailable, "needs root, /dev/net/tun and packaging/netlab/netlab.sh build"))
    func silence() async throws {
        let lab = Laboratory(folder: try Scratch("silence"))
        try await lab.command("up", lab.name)
        var children: [ChildProcess] = []
        do {
            try await run(lab, &children)
        } catch {
            for child in children { try? await child.killed() }
            try? await lab.command("down", lab.name)
            throw TestFailure("\(error)\n\(children.map(\.logTail).joined(separator: "\n---\n"))")
        }
        for child in children { try await child.killed() }
        try await lab.command("down", lab.name)
    }

    private func run(_ lab: Laboratory, _ children: inout [ChildProcess]) async throws {
        let certificates = try Certificates.shared.get()
        let folder = lab.folder
        let relayFile = try folder.write(
            "relay.yaml",
            ([
                "listen": "10.77.0.2:8443", "admin": ["listen": "127.0.0.1:9090"], "data_dir": .string(folder / "data"),
                "tls": ["certificate_chain": .string(certificates.chain), "private_key": .string(certificates.key)],
            ] as JSON).text())
        let made = try await ChildProcess.run(
            Binaries.relay, ["init", "--config", relayFile, "--operator-token-file", folder / "operator"])
        guard made.end == .exit(0) else { throw TestFailure(made.errors) }
        let relay = try lab.start("b", Binaries.relay, "serve", "--config", relayFile, log: "relay.log")
        children.append(relay)
        try await eventually("the relay is ready", within: .seconds(60)) {
            try await lab.ask("b", "GET", "http://127.0.0.1:9090/readyz").status == 200
        }
        let owner = text(of: folder / "operator").trimmingCharacters(in: .whitespacesAndNewlines)
        let id = try await lab.made("/v1/users", owner, ["name": "Ada"], "id")
        let user = try await lab.made("/v1/tokens", owner, ["kind": "user", "user_id": .string(id)], "token")
        let agent = try await lab.made("/v1/tokens", user, ["kind": "agent"], "token")
        let tunnel = try await lab.relay("POST", "/v1/tunnels", user, ["name": "office"]).json
        let tunnelID = try #require(tunnel["id"]?.string)

        // The sample CRM is an origin on the connector's side of the wire.
        let key = try folder.write("key", "not-much-of-a-secret\n")
        children.append(
            try lab.start(
                "a", Binaries.penstock, "demo-crm", "--listen", "127.0.0.77:8080", "--key-file", key, log: "crm.log"))
        _ = try await lab.made(
            "/v1/apis", user,
            Definitions.api(
                "crm", "http://127.0.0.77:8080/api/v1", tunnel: tunnelID,
                endpoints: [
                    Definitions.endpoint(
                        "get_customer", "GET", "/customers/{id}", [Definitions.parameter("id", in: "path")])
                ], authentication: Definitions.apiKey("not-much-of-a-secret")), "slug")
        let connectorFile = try folder.write(
            "connector.yaml",
            ([
                "relay": "https://localhost:8443", "hosts": ["localhost": "10.77.0.2"],
                "token_file": .string(try folder.write("token", (tunnel["token"]?.string ?? "") + "\n")),
                "ca_file": .string(certificates.root), "allow": [["origin": "http://127.0.0.77:8080"]],
                "health": ["listen": "127.0.0.1:8181"],
            ] as JSON).text())
        children.append(
            try lab.start("a", Binaries.connector, "run", "--config", connectorFile, log: "connector.log"))

        let connectorIs: (Int) async throws -> Bool = {
            try await lab.ask("a", "GET", "http://127.0.0.1:8181/readyz").status == $0
        }
        let online = { try await lab.relay("GET", "/v1/tunnels/\(tunnelID)", user).json["online"]?.bool }
        let call = {
            try await lab.relay("POST", "/v1/tools/crm/get_customer", agent, ["id": "cust_12345"]).status
        }
        try await eventually("the connector is ready", within: .seconds(60)) { try await connectorIs(200) }
        #expect(try await call() == 200)

        try await lab.command("drop", lab.name)
        let silent = ContinuousClock.now
        async let connectorNoticed: Void = eventually("the connector notices", within: .seconds(60)) {
            try await lab.ask("a", "GET", "http://127.0.0.1:8181/readyz").status == 503
        }
        try await eventually("the relay notices", within: .seconds(60)) { try await online() == false }
        let relayTook = ContinuousClock.now - silent
        try await connectorNoticed
        let bothTook = ContinuousClock.now - silent
        #expect(try await lab.ask("a", "GET", "http://127.0.0.1:8181/livez").status == 200)

        try await lab.command("pass", lab.name)
        let passing = ContinuousClock.now
        try await eventually("the tunnel is back", within: .seconds(90)) { try await online() == true }
        let backTook = ContinuousClock.now - passing
        #expect(try await call() == 200)
        print("T1: the relay noticed after \(relayTook), both after \(bothTook); back \(backTook) after the wire")
    }
}
