import AsyncHTTPClient
import Foundation
import NIOHTTP1
import Testing
import Value

@Suite("A secret stays where it belongs", .serialized, .timeLimit(.minutes(3)))
struct SecrecyTests {
    /// The spellings under which a secret could be seen.
    private static func spellings(_ secret: String) -> [String] {
        let bytes = Array(secret.utf8)
        var texts = [secret, bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()]
        for offset in 0..<3 {
            let encoded = Data(repeating: 0, count: offset) + Data(bytes)
            // Only whole groups of three bytes look the same whatever stands around them.
            let text = encoded.base64EncodedString()
            texts.append(String(text.dropFirst(4).dropLast(4)))
        }
        return texts
    }

    @Test("C3, C4: a credential reaches the origin and no response, header, log, metric, audit line or file")
    func canary() async throws {
        let key = "canary-\(UUID().uuidString)"
        let stage = try await Stage.make(timeout: 4000, authentication: Definitions.apiKey(key))
        let relay = stage.relay
        try await relay.stop()
        try await relay.start(logLevel: "trace")
        try await stage.connector.stop()
        try await stage.connector.start(logLevel: "trace")
        let account = stage.account
        var answers = [
            try await stage.call("hello"), try await stage.call("status", ["code": 500]),
            try await stage.call("status", ["code": 401]), try await stage.call("never"),
            try await stage.call("item", ["id": "../x"]),
            try await relay.proxy(.GET, Stage.slug, "/hello", token: account.agent),
            try await relay.proxy(.GET, Stage.slug, "/status/404", token: account.agent),
        ]
        for path in ["/v1/apis", "/v1/apis/crm", "/v1/apis/crm/logs"] {
            answers.append(try await relay.send(.GET, path, account.user))
        }
        for path in ["/v1/tools", "/v1/tools/crm", "/v1/tools/crm/hello"] {
            answers.append(try await relay.send(.GET, path, account.agent))
        }
        #expect(answers.first?.status == 200)
        let keyed = stage.origin.seen.filter { $0.headers["x-api-key"] == [key] }
        #expect(!keyed.isEmpty && keyed.count == stage.origin.seen.count)
        #expect(stage.origin.seen.allSatisfy { !$0.headers.contains(name: "authorization") })
        var places = answers.map { ("an answer", "\($0.headers)\n\($0.text)") }
        places.append(("the metrics", try await relay.metrics()))
        for process in [relay.process, stage.connector.process] {
            for file in ["cmdline", "environ"] { places.append((file, process?.procFile(file) ?? "")) }
        }
        try await stage.end()
        places.append(("audit export", try await relay.auditRecords().map { $0.text() }.joined(separator: "\n")))
        for folder in [relay.folder.path, stage.connector.folder.path] {
            for name in FileManager.default.enumerator(atPath: folder)?.allObjects as? [String] ?? [] {
                let bytes = FileManager.default.contents(atPath: folder + "/" + name) ?? Data()
                places.append((name, String(decoding: bytes, as: UTF8.self)))
            }
        }
        #expect(places.count > 15)
        for spelling in Self.spellings(key) {
            for (place, text) in places { #expect(!text.contains(spelling), "\(spelling) in \(place)") }
        }
        // Tokens are kept as hashes: their text is in the files that carry them to their users only.
        for token in [account.user, account.agent, relay.operatorToken, stage.tunnel.token] {
            for (place, text) in places where !["operator-token", "token"].contains(place) {
                #expect(!text.contains(token), "a token in \(place)")
            }
        }
    }

    @Test("C8: no argument of a process is a secret, and serve leaves no core dump")
    func commandLines() async throws {
        let stage = try await Stage.make(authentication: Definitions.apiKey("canary-key"))
        let relay = try #require(stage.relay.process)
        let connector = try #require(stage.connector.process)
        let secrets = [
            stage.relay.operatorToken, stage.account.user, stage.account.agent, stage.tunnel.token, "canary-key",
            text(of: stage.relay.folder / "master.key").trimmingCharacters(in: .whitespacesAndNewlines),
        ]
        for process in [relay, connector] {
            for secret in secrets { #expect(!process.procFile("cmdline").contains(secret)) }
        }
        let limits = relay.procFile("limits").split(separator: "\n")
        let core = try #require(limits.first { $0.hasPrefix("Max core file size") })
        #expect(core.split(separator: " ").filter { $0 == "0" }.count == 2, "\(core)")
        for executable in [Binaries.relay, Binaries.connector, Binaries.penstock] {
            let help = try await ChildProcess.run(
                executable, ["--help"],
                environment: ["PENSTOCK_TOKEN": "pst_canary", "PENSTOCK_VAULT_MASTER_KEY": "canary"])
            #expect(!(help.output + help.errors).contains("canary"))
        }
        try await stage.end()
    }

    @Test("S9: a call whose credential cannot be opened never leaves")
    func missingCredential() async throws {
        let stage = try await Stage.make(authentication: ["type": "api_key", "config": ["header_name": "X-API-Key"]])
        expectProblem(try await stage.call("hello"), "CREDENTIAL_MISSING", 424, stage: "relay")
        expectProblem(
            try await stage.relay.proxy(.GET, Stage.slug, "/hello", token: stage.account.agent), "CREDENTIAL_MISSING",
            424)
        #expect(stage.origin.seen.isEmpty)
        let set = try await stage.relay.send(.PUT, "/v1/apis/crm/credentials", stage.account.user, ["key": "later"])
        #expect((200..<300).contains(set.status), "\(set)")
        #expect(try await stage.call("hello").status == 200)
        #expect(stage.origin.seen.last?.headers["x-api-key"] == ["later"])
        try await stage.end()
    }
}
