import Foundation
import NIOHTTP1
import Testing
import Value

@Suite("Where the master key comes from", .serialized, .timeLimit(.minutes(3)))
struct OperatorKeySourceTests {
    /// A key's text, and a file that holds it.
    private func key() throws -> (text: String, folder: Scratch, file: String) {
        let folder = try Scratch("key")
        let text = Data((0..<32).map { _ in UInt8.random(in: .min ... .max) }).base64EncodedString()
        return (text, folder, try folder.write("secret", text + "\n"))
    }

    /// `check` and `serve` both refuse, with these words.
    private func expectRefused(_ relay: TestRelay, _ words: String...) async throws {
        let check = try await relay.command("check")
        #expect(check.end == .exit(1), "\(check)")
        let serve = try await relay.command("serve")
        #expect(serve.end == .exit(1), "\(serve)")
        for word in words {
            #expect(check.output.contains(word), "\(check)")
            #expect(serve.errors.contains(word), "\(serve)")
        }
    }

    @Test("A line for the shell, or a program and its arguments, prints the key", arguments: [true, false])
    func command(isLine: Bool) async throws {
        let (_, folder, file) = try key()
        let command: JSON = isLine ? .string("cat \(file) | tr -d '\\n'") : ["cat", .string(file)]
        let relay = try await TestRelay(["vault": ["master_key_command": command]])
        #expect(!FileManager.default.fileExists(atPath: relay.data + "/master.key"))
        _ = try await relay.newAccount()
        let status = try await relay.command("vault", "status")
        #expect(status.output.contains("from vault.master_key_command"), "\(status)")
        // It prints another key, none, or fails.
        let other = try key()
        let vault = "vault.master_key_command"
        try await relay.stop()
        try FileManager.default.removeItem(atPath: file)
        try FileManager.default.copyItem(atPath: other.file, toPath: file)
        try await expectRefused(relay, "master_key_command", "is not the one this database was made with")
        try Data("nonsense".utf8).write(to: URL(fileURLWithPath: file))
        try await expectRefused(relay, "master_key_command", "32 raw bytes or their base64 text")
        try FileManager.default.removeItem(atPath: file)
        let check = try await relay.command("check")
        #expect(check.output.contains("✗ master key, from \(vault): master_key_command"), "\(check)")
        withExtendedLifetime((folder, other)) {}
    }

    @Test("The command gives the new master key once it was rotated, and the relay that serves asks it again")
    func rotatedCommand() async throws {
        let (_, folder, file) = try key()
        let stage = try await Stage.make(
            relay: ["vault": ["master_key_command": ["cat", .string(file)]]],
            authentication: Definitions.apiKey("one"))
        let new = folder / "new"
        let refused = try await stage.relay.command("vault", "rotate", "--master-key")
        #expect(refused.end == .exit(1))
        #expect(refused.errors.contains("has to be given"), "\(refused)")
        let rotated = try await stage.relay.command("vault", "rotate", "--master-key", "--new-key-file", new)
        #expect(rotated.end == .exit(0), "\(rotated)")
        #expect(rotated.output.contains("now let vault.master_key_command give the new master key"))
        try await stage.expectCall(key: "one")
        #expect(rename(new, file) == 0)
        try await eventually("the relay has the new key", within: .seconds(40)) {
            stage.relay.process?.logText.contains("the new one is in use") == true
        }
        let written = try await stage.relay.send(
            .PUT, "/v1/apis/crm/credentials", stage.account.user, ["key": "two"])
        #expect((200..<300).contains(written.status), "\(written)")
        _ = try await stage.relay.newAccount("bob")
        try await stage.expectCall(key: "two")
        try await stage.end()
    }

    @Test("A missing, unreadable or wrong key, from a file or the variable, is named with its source")
    func wrong() async throws {
        let relay = try await TestRelay(serve: false)
        let file = relay.folder / "master.key"
        let right = text(of: file)
        try FileManager.default.removeItem(atPath: file)
        try await expectRefused(relay, file, "cannot be read")
        try Data("short".utf8).write(to: URL(fileURLWithPath: file))
        try await expectRefused(relay, file, "does not hold a master key")
        try Data(try key().text.utf8).write(to: URL(fileURLWithPath: file))
        try await expectRefused(relay, file, "is not the one this database was made with")
        let variable = try await ChildProcess.run(
            Binaries.relay, ["check", "--config", relay.configurationFile],
            environment: ["PENSTOCK_VAULT_MASTER_KEY": "AAAA"])
        #expect(variable.end == .exit(1))
        #expect(variable.output.contains("PENSTOCK_VAULT_MASTER_KEY does not hold a master key"), "\(variable)")
        let good = try await ChildProcess.run(
            Binaries.relay, ["check", "--config", relay.configurationFile],
            environment: ["PENSTOCK_VAULT_MASTER_KEY": right])
        #expect(good.end == .exit(0), "\(good)")
    }

    @Test("A command beside a file, and one of the wrong type, are refused with the line")
    func configuration() async throws {
        let relay = try await TestRelay(serve: false)
        for (vault, word) in [
            (#"{master_key_file: a, master_key_command: b}"#, "cannot stand beside master_key_file"),
            (#"{master_key_command: 7}"#, "must be a line for the shell"),
            (#"{master_key_command: []}"#, "must be a line for the shell"),
            (#"{master_key_comand: b}"#, "did you mean"),
        ] {
            let file = try relay.folder.write("wrong.yaml", "data_dir: \(relay.data)\nvault: \(vault)\n")
            let refused = try await ChildProcess.run(Binaries.relay, ["vault", "status", "--config", file])
            #expect(refused.end == .exit(2), "\(refused)")
            #expect(refused.errors.contains(word) && refused.errors.contains("wrong.yaml:2:"), "\(refused)")
        }
    }
}
