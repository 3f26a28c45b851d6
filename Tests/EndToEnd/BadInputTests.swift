import AsyncHTTPClient
import Foundation
import NIOHTTP1
import Testing
import Value

@Suite("Bad input to a process is one clear sentence and changes nothing", .serialized, .timeLimit(.minutes(4)))
struct BadInputTests {
    /// Runs a command that must fail with this code and one line that holds all of `parts`.
    private func refused(
        _ executable: String, _ arguments: [String], code: Int32, _ parts: String...,
        environment: [String: String] = [:],
        sourceLocation: SourceLocation = #_sourceLocation
    ) async throws {
        let result = try await ChildProcess.run(executable, arguments, environment: environment)
        #expect(result.end == .exit(code), "\(result)", sourceLocation: sourceLocation)
        let lines = result.errors.split(separator: "\n").filter { !$0.contains(" info ") && !$0.contains(" notice ") }
        #expect(lines.count == 1, "\(result.errors)", sourceLocation: sourceLocation)
        for part in parts {
            #expect(result.errors.contains(part), "\(part) in \(result.errors)", sourceLocation: sourceLocation)
        }
    }

    /// Every file below a folder, with its bytes.
    private func contents(_ folder: String) throws -> [String: Data] {
        var files: [String: Data] = [:]
        for name in FileManager.default.enumerator(atPath: folder)?.allObjects as? [String] ?? [] {
            files[name] = FileManager.default.contents(atPath: folder + "/" + name)
        }
        return files
    }

    /// Everything that a relay's database says, as SQL.
    private func dump(_ relay: TestRelay) async throws -> String {
        let sqlite = try #require(Binaries.tool("sqlite3"), "sqlite3 is not installed")
        let result = try await ChildProcess.run(sqlite, [relay.database, ".dump"])
        guard result.end == .exit(0), result.output.contains("CREATE TABLE") else { throw TestFailure("\(result)") }
        return result.output
    }

    @Test("A configuration that cannot be read says where, exit code 2")
    func configuration() async throws {
        let folder = try Scratch("bad")
        let allow = "allow:\n  - origin: \"http://127.0.0.1:1\"\n"
        for (executable, command) in [
            (Binaries.relay, "serve"), (Binaries.relay, "check"), (Binaries.connector, "run"),
        ] {
            let isRelay = executable == Binaries.relay
            let malformed = try folder.write("malformed.yaml", "a: 1\nb: [1, 2\nc: 3\n")
            try await refused(executable, [command, "--config", malformed], code: 2, malformed + ":3:")
            let twice = try folder.write("twice.yaml", "relay: a\nrelay: b\n")
            try await refused(executable, [command, "--config", twice], code: 2, twice + ":2:1", "relay")
            let good =
                isRelay
                ? "tls: { certificate_chain: a, private_key: b }\ndata_dir: \(folder.path)/none\n"
                : "relay: \"https://localhost:1\"\ntoken_file: none\n\(allow)"
            let line = good.count { $0 == "\n" } + 1
            let unknown = try folder.write("unknown.yaml", good + "shutdown_grase: 3s\n")
            try await refused(
                executable, [command, "--config", unknown], code: 2, "\(unknown):\(line):1", "shutdown_grase",
                "shutdown_grace")
            let type = try folder.write("type.yaml", good + "shutdown_grace: soon\n")
            try await refused(executable, [command, "--config", type], code: 2, "\(type):\(line):", "shutdown_grace")
            let missing = folder / "missing.yaml"
            try await refused(executable, [command, "--config", missing], code: 2, missing)
            try await refused(executable, [command, "--config", folder.path], code: 2, folder.path)
            try folder.write("bytes.yaml", "")
            try Data([0x61, 0x3A, 0x20, 0xFF, 0xFE]).write(to: URL(fileURLWithPath: folder / "bytes.yaml"))
            try await refused(executable, [command, "--config", folder / "bytes.yaml"], code: 2, folder / "bytes.yaml")
        }
        #expect(!FileManager.default.fileExists(atPath: folder / "none"))
    }

    @Test("Wrong usage is exit code 2")
    func usage() async throws {
        for executable in [Binaries.relay, Binaries.connector, Binaries.penstock] {
            for arguments in [["nonsense"], ["--nonsense"]] {
                let result = try await ChildProcess.run(executable, arguments)
                #expect(result.end == .exit(2), "\(result)")
                #expect(!result.errors.isEmpty)
            }
            for flag in ["--help", "--version"] {
                #expect(try await ChildProcess.run(executable, [flag]).end == .exit(0), "\(executable) \(flag)")
            }
        }
    }

    @Test("A port in use is said, exit code 1")
    func portInUse() async throws {
        let relay = try await TestRelay()
        let other = try await TestRelay(
            ["listen": .string("127.0.0.1:\(relay.port)")], serve: false)
        try await refused(
            Binaries.relay, ["serve", "--config", other.configurationFile, "--log-level", "error"], code: 1,
            "\(relay.port)", "in use")
        let third = try await TestRelay(
            ["admin": ["listen": .string("127.0.0.1:\(relay.adminPort)")]], serve: false)
        try await refused(
            Binaries.relay, ["serve", "--config", third.configurationFile, "--log-level", "error"], code: 1,
            "\(relay.adminPort)",
            "in use")
        let account = try await relay.newAccount()
        let tunnel = try await relay.newTunnel(account)
        let connector = try await TestConnector(
            relay, token: tunnel.token, allow: [TestConnector.allow("http://127.0.0.1:1")],
            settings: ["health": ["listen": .string("127.0.0.1:\(relay.adminPort)")]], start: false)
        try await refused(
            Binaries.connector, ["run", "--config", connector.configurationFile, "--log-level", "error"], code: 1,
            "\(relay.adminPort)", "in use")
        try await relay.stop()
    }

    @Test("A wrong, malformed or missing master key stops the relay before it serves, and nothing is written")
    func masterKey() async throws {
        let relay = try await TestRelay()
        let account = try await relay.newAccount()
        let tunnel = try await relay.newTunnel(account)
        try await relay.apply(
            Definitions.api(
                "crm", "http://127.0.0.1:1", tunnel: tunnel.id, authentication: Definitions.apiKey("a-key")), account)
        try await relay.stop()
        let before = try await dump(relay)
        let other = try await TestRelay(serve: false)
        let key = relay.folder / "master.key"
        let good = text(of: key)
        let serve = ["serve", "--config", relay.configurationFile, "--log-level", "error"]
        for bad in [text(of: other.folder / "master.key"), "c2hvcnQ=", "not base64 at all!", ""] {
            try relay.folder.write("master.key", bad)
            try await refused(Binaries.relay, serve, code: 1, "key")
        }
        try FileManager.default.removeItem(atPath: key)
        try await refused(Binaries.relay, serve, code: 1, key)
        try relay.folder.write("master.key", good)
        let environment = ["PENSTOCK_VAULT_MASTER_KEY": String(repeating: "B", count: 43) + "="]
        try await refused(Binaries.relay, serve, code: 1, "key", environment: environment)
        // Folding the write-ahead log in is no change; what the database says is.
        #expect(try await dump(relay) == before)
        try await relay.start()
        #expect(try await relay.send(.GET, "/v1/apis/crm", account.user).status == 200)
        try await relay.stop()
    }

    @Test("A database of a later version, or one that is none, is left as it was")
    func databaseOfAnother() async throws {
        let relay = try await TestRelay(serve: false)
        let path = relay.database
        let sqlite = try #require(Binaries.tool("sqlite3"), "sqlite3 is not installed")
        let bumped = try await ChildProcess.run(
            sqlite,
            [path, "INSERT INTO grdb_migrations VALUES ('99-from-the-future'); PRAGMA wal_checkpoint(TRUNCATE);"])
        #expect(bumped.end == .exit(0), "\(bumped)")
        let before = FileManager.default.contents(atPath: path)
        let serve = ["serve", "--config", relay.configurationFile, "--log-level", "error"]
        try await refused(Binaries.relay, serve, code: 1, path, "later version")
        for command in [["audit", "verify"], ["audit", "export"]] {
            try await refused(
                Binaries.relay, command + ["--config", relay.configurationFile], code: 1, path, "later version")
        }
        #expect(FileManager.default.contents(atPath: path) == before)
        try Data("This is not a database, only a text of some length.".utf8).write(to: URL(fileURLWithPath: path))
        let text = FileManager.default.contents(atPath: path)
        try await refused(Binaries.relay, serve, code: 1, path)
        #expect(FileManager.default.contents(atPath: path) == text)
    }

    @Test("A second init refuses and changes nothing; so does one over a token file that exists")
    func secondInit() async throws {
        let relay = try await TestRelay(serve: false)
        let before = try contents(relay.folder.path)
        try await refused(
            Binaries.relay, ["init", "--config", relay.configurationFile], code: 1, relay.data, "nothing was changed")
        #expect(try contents(relay.folder.path) == before)
        try await refused(
            Binaries.relay,
            [
                "init", "--data-dir", relay.folder / "second", "--operator-token-file", relay.folder / "operator-token",
            ], code: 1, "nothing was changed")
        #expect(try contents(relay.folder.path) == before)
    }

    @Test("Serving without init, or with an unreadable certificate, is said")
    func incomplete() async throws {
        let relay = try await TestRelay(serve: false)
        let serve = ["serve", "--config", relay.configurationFile, "--log-level", "error"]
        try await refused(
            Binaries.relay, serve + ["--data-dir", relay.folder / "elsewhere"], code: 1, relay.folder / "elsewhere",
            "init")
        #expect(!FileManager.default.fileExists(atPath: relay.folder / "elsewhere"))
        let broken = try await TestRelay(
            ["tls": ["certificate_chain": "/nowhere/chain.pem", "private_key": "/nowhere/key.pem"]], serve: false)
        try await refused(
            Binaries.relay, ["serve", "--config", broken.configurationFile, "--log-level", "error"], code: 1,
            "/nowhere/chain.pem")
    }

    @Test("A definition that is not JSON or YAML says line and column, and one with faults names each")
    func definitions() async throws {
        let relay = try await TestRelay()
        let account = try await relay.newAccount()
        func post(_ text: String, _ type: String) async throws -> Answer {
            try await TestClient.send(
                .POST, relay.url + "/v1/apis", token: account.user, headers: ["content-type": type],
                body: .bytes(Array(text.utf8)))
        }
        let json = try await post("{\"custom_api\": {\n  \"name\": \"x\",,\n}}", "application/json")
        expectProblem(json, "INVALID_REQUEST", 400)
        #expect(json.json["detail"]?.string?.contains("line 2") == true, "\(json)")
        let yaml = try await post("custom_api:\n  name: [x\n", "application/yaml")
        expectProblem(yaml, "INVALID_REQUEST", 400)
        #expect(yaml.json["detail"]?.string?.contains("line 3") == true, "\(yaml)")
        let unknown = try await post(
            "custom_api:\n  name: x\n  conection: {}\n  endpoints: []\n", "application/yaml")
        expectProblem(unknown, "INVALID_REQUEST", 400)
        #expect(unknown.text.contains("connection"), "\(unknown)")
        #expect(pointers(unknown).contains { $0.hasSuffix("/conection") }, "\(unknown)")
        #expect(try await relay.send(.GET, "/v1/apis", account.user).json["items"]?.array?.isEmpty == true)
        try await relay.stop()
    }
}
