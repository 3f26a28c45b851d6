import Foundation
import NIOHTTP1
import Testing
import Value

@Suite("The penstock command in use", .serialized, .timeLimit(.minutes(4)))
struct CommandUseTests {
    @Test("version, whoami, status, alerts and platform ips; singular names; lists with status, use and today's calls")
    func looking() async throws {
        let stage = try await Stage.make(relay: ["egress": ["addresses": ["192.0.2.10"]]])
        let relay = stage.relay
        func run(
            _ words: String..., token: String? = nil, code: Int32 = 0
        ) async throws -> (out: String, err: String) {
            let ran = try await relay.penstock(words, token: token ?? stage.account.user)
            #expect(ran.end == .exit(code), "\(words) \(ran)")
            return (ran.output, ran.errors)
        }
        #expect(try await run("version").out == run("--version").out)
        let who = try await run("whoami").out
        #expect(who.contains(stage.account.id) && who.contains("user") && who.contains(relay.url), "\(who)")
        #expect(try await run("whoami", token: stage.account.agent).out.contains("agent"))
        #expect(try await run("whoami", token: relay.operatorToken).out.contains("operator"))
        let status = try await run("status").out
        #expect(status.contains("1 of 1 online") && status.contains("1 of 1 active"), "\(status)")
        #expect(try await run("platform", "ips").out == "192.0.2.10\n")
        #expect(try await run("alerts").err.contains("No webhook"))
        for _ in 0..<3 { _ = try await stage.call("hello") }
        _ = try await stage.call("status", ["code": 404])
        for words in [["apis", "list"], ["api", "list"]] {
            let list = try await relay.penstock(words, token: stage.account.user).output
            let row = list.split(separator: "\n").last?.split(separator: " ").map(String.init) ?? []
            #expect(row.contains("active") && row.contains("4") && list.contains("CALLS TODAY"), "\(list)")
            #expect(!list.contains("\u{1B}"), "colours are for terminals")
        }
        let logs = try await run("apis", "logs", "crm", "--since", "1h").out
        #expect(logs.contains("CALLER") && logs.contains("test") && logs.contains(stage.account.agentID), "\(logs)")
        #expect(try await run("apis", "logs", "crm", "--since", "2999-01-01T00:00:00Z").err.contains("no such calls"))
        #expect(
            try await run("apis", "logs", "crm", "--status", "TIMEUOT", code: 3).err.contains("Did you mean TIMEOUT?"))
        #expect(try await run("apis", "logs", "crm", "--status", "12345", code: 3).err.contains("status must be"))
        #expect(try await run("apis", "summary", "crm").out.contains("75 %"))
        try await stage.connector.stop()
        try await eventually("the tunnel is offline") {
            try await !relay.isOnline(stage.tunnel, stage.account)
        }
        #expect(try await run("status", code: 1).out.contains("office is offline"))
        try await relay.stop()
        try await stage.origin.close()
    }

    @Test("apis logs --follow shows calls as they happen, once each")
    func follow() async throws {
        let stage = try await Stage.make()
        let scratch = try Scratch("follow")
        _ = try await stage.call("hello")
        let child = try ChildProcess.start(
            Binaries.penstock, ["apis", "logs", "crm", "--follow"], log: scratch / "errors", output: scratch / "output",
            environment: [
                "PENSTOCK_URL": stage.relay.url, "PENSTOCK_TOKEN": stage.account.user,
                "PENSTOCK_CA_FILE": try Certificates.shared.get().root, "HOME": scratch.path,
            ])
        func lines(_ word: String) -> Int {
            text(of: scratch / "output").split(separator: "\n").count { $0.contains(word) }
        }
        try await eventually("the first call is shown") { lines("hello") == 1 }
        _ = try await stage.call("item", ["id": "1"])
        try await eventually("the second call is shown") { lines("item") == 1 }
        _ = try await stage.call("echo")
        try await eventually("the third call is shown") { lines("echo") == 1 }
        #expect(lines("hello") == 1 && lines("item") == 1 && lines("ENDPOINT") == 1)
        try await child.killed()
        try await stage.end()
    }

    @Test("several relays are remembered as contexts, and a token goes to its own relay alone")
    func contexts() async throws {
        let first = try await TestRelay()
        let second = try await TestRelay()
        let home = try Scratch("home")
        let root = try Certificates.shared.get().root
        func run(_ words: [String], _ environment: [String: String] = [:], code: Int32 = 0) async throws -> String {
            var variables = ["HOME": home.path]
            variables.merge(environment) { $1 }
            let ran = try await ChildProcess.run(Binaries.penstock, words, environment: variables)
            #expect(ran.end == .exit(code), "\(words) \(ran)")
            return ran.output + ran.errors
        }
        for (name, relay) in [("one", first), ("two", second)] {
            let file = try home.write("token-file-\(name)", relay.operatorToken)
            chmod(file, 0o600)
            _ = try await run([
                "login", "--context", name, "--url", relay.url, "--token-file", file, "--ca-file", root,
            ])
        }
        #expect(try await run(["whoami"]).contains(second.url))
        #expect(try await run(["whoami", "--context", "one"]).contains(first.url))
        // What the environment holds is for the relay that it names.
        let variables = ["PENSTOCK_TOKEN": second.operatorToken, "PENSTOCK_URL": second.url]
        #expect(try await run(["whoami", "--context", "one"], variables).contains(first.url))
        #expect(try await run(["whoami"], ["PENSTOCK_CONTEXT": "one"]).contains(first.url))
        _ = try await run(["contexts", "use", "one"])
        #expect(try await run(["whoami"]).contains(first.url))
        #expect(try await run(["contexts", "list"]).contains(second.url))
        #expect(try await run(["context", "use", "tow"], code: 2).contains("Did you mean \"two\"?"))
        #expect(try await run(["whoami", "--context", "three"], code: 2).contains("three"))
        _ = try await run(["contexts", "delete", "one"])
        #expect(try await run(["whoami"], code: 2).contains("no relay is named"))
        chmod(home / "token-file-two", 0o644)
        #expect(try await run(["whoami", "--context", "two"]).contains("chmod 600"))
        try await first.stop()
        try await second.stop()
    }

    @Test("completion knows slugs, tunnels and tools")
    func completion() async throws {
        let stage = try await Stage.make()
        func offered(_ words: String...) async throws -> [String] {
            let command = ["penstock"] + words
            let ran = try await stage.relay.penstock(
                ["---completion"] + words.filter { !$0.hasPrefix("-") && !$0.isEmpty }.prefix(2) + ["--"]
                    + ["positional@0", String(command.count - 1), "0"] + command,
                token: stage.account.user)
            return ran.output.split(separator: "\n").map(String.init)
        }
        #expect(try await offered("apis", "get", "") == ["crm"])
        #expect(try await offered("tunnels", "show", "") == ["office"])
        #expect(try await offered("tools", "call", "").contains("crm.hello"))
        try await stage.end()
    }

    @Test("a test says in the command's own words what is missing")
    func testing() async throws {
        let stage = try await Stage.make(authentication: ["type": "api_key", "config": ["header_name": "X-API-Key"]])
        let ran = try await stage.relay.penstock(["apis", "test", "crm"], token: stage.account.user)
        #expect(ran.end == .exit(1))
        #expect(ran.output.contains("--arguments 'item={") && ran.output.contains("--confirm"), "\(ran)")
        #expect(ran.output.contains("penstock credentials set crm"), "\(ran)")
        #expect(!ran.output.contains("\"confirm\""), "\(ran)")
        try await stage.end()
    }

    @Test("help shows a command's own options before the common ones, and no example that cannot be pasted")
    func help() async throws {
        for words in [["tokens", "create"], ["tunnels", "revoke"], ["apis", "logs"], ["users", "delete"]] {
            let help = try await ChildProcess.run(Binaries.penstock, words + ["--help"]).output
            let own = try #require(help.range(of: "OPTIONS:"), "\(help)")
            let common = try #require(help.range(of: "EVERYWHERE:"), "\(help)")
            #expect(own.lowerBound < common.lowerBound, "\(help)")
            #expect(!help.contains("01J"), "\(help)")
        }
    }

    @Test("an operator's token that cannot be shown is not made")
    func initialising() async throws {
        let scratch = try Scratch("init")
        let words = ["init", "--data-dir", scratch / "data"]
        let full = try ChildProcess.start(Binaries.relay, words, log: scratch / "errors", output: "/dev/full")
        #expect(try await full.ended() == .exit(1))
        #expect(text(of: scratch / "errors").contains("could not be written"))
        #expect(try await ChildProcess.run(Binaries.relay, words).end == .exit(0), "nothing was left in the way")
    }

    @Test("a debug line is one call, with the API's slug")
    func debugLines() async throws {
        let stage = try await Stage.make()
        try await stage.relay.stop()
        try await stage.relay.start(logLevel: "debug")
        try await eventually("the connector is back") { try await stage.call("hello").status == 200 }
        let lines = text(of: stage.relay.log).split(separator: "\n").filter { $0.contains(" debug call ") }
        #expect(lines.contains { $0.contains("api=crm") && $0.contains("endpoint=hello") && $0.contains("outcome=OK") })
        try await stage.end()
    }

    @Test("the relay says its public URL to clients of other protocols, and starts without a warning about it")
    func publicURL() async throws {
        let relay = try await TestRelay()
        let metadata = try await relay.send(.GET, "/.well-known/oauth-protected-resource", nil)
        #expect(metadata.status == 200 && metadata.json["resource"]?.string == relay.url, "\(metadata)")
        let log = text(of: relay.log)
        #expect(
            !log.split(separator: "\n").contains { $0.contains(" warning ") && $0.contains("public_url") }, "\(log)")
        for fact in ["version=", "address=https://127.0.0.1:\(relay.port)", "data_dir=\(relay.data)"] {
            #expect(log.contains(fact), "\(fact) in \(log)")
        }
        try await relay.stop()
    }
}
