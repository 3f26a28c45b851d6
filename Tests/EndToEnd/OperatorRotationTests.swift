import Foundation
import NIOHTTP1
import Testing
import Value

@Suite("Keys rotated while the relay serves", .serialized, .timeLimit(.minutes(5)))
struct OperatorRotationTests {
    private static let key = "key-\(UInt32.random(in: .min ... .max))"

    private func stage() async throws -> Stage {
        try await Stage.make(authentication: Definitions.apiKey(Self.key))
    }

    private func terms(_ stage: Stage, _ table: String) async throws -> String {
        try await Operator.sqlite(
            stage.relay.database, "SELECT group_concat(DISTINCT hex(substr(sealed, 2, 4))) FROM \(table)")
    }

    private func newUserWorks(_ stage: Stage, _ name: String) async throws {
        let account = try await stage.relay.newAccount(name)
        let tunnel = try await stage.relay.newTunnel(account)
        try await stage.relay.apply(
            Definitions.api("crm", stage.origin.url, tunnel: tunnel.id, authentication: Definitions.apiKey("theirs")),
            account)
    }

    @Test("C2: users' keys are rotated under calls: none fails, and credentials can be changed and rotated right after")
    func userKeys() async throws {
        let stage = try await stage()
        let before = try await terms(stage, "vault_records")
        let wrapped = try await Operator.sqlite(stage.relay.database, "SELECT hex(sealed) FROM vault_keys")
        try await stage.whileCalling(key: Self.key) {
            for arguments in [[], ["--user", stage.account.id]] {
                let rotated = try await ChildProcess.run(
                    Binaries.relay, ["vault", "rotate", "--config", stage.relay.configurationFile] + arguments)
                #expect(rotated.end == .exit(0), "\(rotated)")
                #expect(rotated.output.contains("users with new keys: 1, credentials sealed anew: 1"))
            }
        }
        #expect(try await terms(stage, "vault_records") != before)
        let now = try await Operator.sqlite(stage.relay.database, "SELECT hex(sealed) FROM vault_keys")
        #expect(!now.contains(wrapped), "the old key is destroyed")
        // The relay's memory is of before the rotation; its next write has to notice.
        let written = try await stage.relay.send(
            .PUT, "/v1/apis/crm/credentials", stage.account.user, ["key": "another"])
        #expect((200..<300).contains(written.status), "\(written)")
        try await stage.expectCall(key: "another")
        #expect(try await stage.relay.command("vault", "rotate").end == .exit(0))
        let rotated = try await stage.relay.send(
            .POST, "/v1/apis/crm/credentials:rotate", stage.account.user, ["key": "third"])
        #expect((200..<300).contains(rotated.status), "\(rotated)")
        try await stage.expectCall(key: "third")
        try await stage.relay.kill()
        try await stage.relay.start()
        try await stage.connector.ready()
        try await stage.expectCall(key: "third")
        let nobody = try await stage.relay.command("vault", "rotate", "--user", "usr_nobody")
        #expect(nobody.end == .exit(1))
        #expect(nobody.errors.contains("There is no user usr_nobody"))
        try await stage.end()
    }

    @Test("C2: the master key is rotated under calls: the relay goes on, takes new users, and starts with the new key")
    func masterKey() async throws {
        let stage = try await stage()
        let file = stage.relay.folder / "master.key"
        let former = text(of: file)
        try await stage.whileCalling(key: Self.key) {
            let rotated = try await stage.relay.command("vault", "rotate", "--master-key")
            #expect(rotated.end == .exit(0), "\(rotated)")
            #expect(rotated.output.contains("\(file).old-1"))
        }
        #expect(text(of: file) != former)
        #expect(text(of: file + ".old-1") == former)
        #expect(Operator.mode(of: file) == 0o600)
        #expect(!FileManager.default.fileExists(atPath: file + ".new"))
        // At once, before the relay has had time to look.
        try await newUserWorks(stage, "bob")
        try await stage.expectCall(key: Self.key)
        try await eventually("the change is recorded") {
            try await stage.relay.auditRecords().contains { $0["action"] == "vault.master_key" }
        }
        let status = try await stage.relay.command("vault", "status")
        #expect(status.output.contains("master key: term 2, from \(file)"), "\(status)")
        #expect(status.output.contains("2 under master key term 2"))
        try await stage.relay.kill()
        try await stage.relay.start()
        try await stage.connector.ready()
        try await stage.expectCall(key: Self.key)
        // Whoever has the former key opens nothing.
        try await stage.relay.stop()
        try Data(former.utf8).write(to: URL(fileURLWithPath: file))
        let check = try await stage.relay.command("check")
        #expect(check.end == .exit(1))
        #expect(check.output.contains("(\(file)) is not the one this database was made with"), "\(check)")
        try await stage.connector.stop()
    }

    @Test("C2: the new master key comes from a file or a variable, and the same one again is refused")
    func givenMasterKey() async throws {
        let stage = try await stage()
        let new = stage.relay.folder / "new.key"
        let made = try await stage.relay.command("vault", "rotate", "--master-key", "--new-key-file", new)
        #expect(made.end == .exit(0), "\(made)")
        #expect(text(of: new) == text(of: stage.relay.folder / "master.key"))
        let again = try await stage.relay.command("vault", "rotate", "--master-key", "--new-key-file", new)
        #expect(again.end == .exit(1))
        #expect(again.errors.contains("holds already"), "\(again)")
        let bytes = Data((0..<32).map { _ in UInt8.random(in: .min ... .max) })
        let variable = try await ChildProcess.run(
            Binaries.relay, ["vault", "rotate", "--master-key", "--config", stage.relay.configurationFile],
            environment: ["PENSTOCK_VAULT_NEW_MASTER_KEY": bytes.base64EncodedString()])
        #expect(variable.end == .exit(0), "\(variable)")
        #expect(text(of: stage.relay.folder / "master.key").hasPrefix(bytes.base64EncodedString()))
        try await stage.expectCall(key: Self.key)
        try await newUserWorks(stage, "bob")
        // Something else manages the file: the relay goes on meanwhile, and takes the new key when it is there.
        let other = stage.relay.folder / "other.key"
        let file = stage.relay.folder / "master.key"
        let kept = text(of: file)
        let left = try await stage.relay.command(
            "vault", "rotate", "--master-key", "--new-key-file", other, "--leave-source")
        #expect(left.end == .exit(0) && left.output.contains("now let \(file) give the new master key"), "\(left)")
        #expect(text(of: file) == kept)
        try await stage.expectCall(key: Self.key)
        #expect(try await stage.relay.command("vault", "status").end == .exit(1))
        #expect(rename(other, file) == 0)
        #expect(try await stage.relay.command("vault", "status").end == .exit(0))
        try await newUserWorks(stage, "carol")
        try await stage.expectCall(key: Self.key)
        let flag = try await stage.relay.command("vault", "rotate", "--new-key-file", new)
        #expect(flag.end == .exit(2), "it goes with --master-key only")
        try await stage.end()
    }

    @Test("C2: one rotation at a time", .enabled(if: Binaries.tool("flock") != nil, "flock(1) is needed"))
    func oneAtATime() async throws {
        let relay = try await TestRelay(serve: false)
        let flock = try #require(Binaries.tool("flock"))
        let output = relay.folder / "held"
        let other = try ChildProcess.start(
            flock, [relay.data + "/rotation.lock", "/bin/sh", "-c", "echo held; exec sleep 600"],
            log: relay.folder / "flock.log", output: output)
        try await eventually("the lock is held") { text(of: output) == "held\n" }
        for what in [["--master-key"], []] {
            let refused = try await ChildProcess.run(
                Binaries.relay, ["vault", "rotate", "--config", relay.configurationFile] + what)
            #expect(refused.end == .exit(1) && refused.errors.contains("Another rotation of keys"), "\(refused)")
        }
        #expect(try await relay.command("vault", "status").end == .exit(0))
        Glibc.kill(-other.pid, SIGKILL)
        _ = try await other.ended()
        #expect(try await relay.command("vault", "rotate", "--master-key").end == .exit(0))
    }

    @Test(
        "C2: killed at every write of a file, a rotation goes on where it ended, and no call ever fails",
        .enabled(if: StepKiller() != nil, "strace is needed"), arguments: [["--master-key"], []])
    func killed(_ what: [String]) async throws {
        let stage = try await stage()
        try await newUserWorks(stage, "bob")
        try await newUserWorks(stage, "carol")
        let killer = try #require(StepKiller())
        let arguments = ["vault", "rotate", "--config", stage.relay.configurationFile] + what
        let steps = try await stage.whileCalling(key: Self.key) {
            var step = 1
            while true {
                let end = try await killer.run(step, arguments)
                guard end.end == .signal(SIGKILL) else {
                    #expect(end.end == .exit(0), "step \(step): \(end)")
                    break
                }
                // Whatever it left, another process opens the vault, and the relay that serves takes changes.
                let status = try await stage.relay.command("vault", "status")
                #expect(status.end == .exit(0), "step \(step): \(status)")
                let written = try await stage.relay.send(
                    .PUT, "/v1/apis/crm/credentials", stage.account.user, ["key": .string(Self.key)])
                #expect((200..<300).contains(written.status), "step \(step): \(written)")
                let resumed = try await ChildProcess.run(Binaries.relay, arguments)
                #expect(resumed.end == .exit(0), "step \(step): \(resumed)")
                step += 1
            }
            return step
        }
        // Calls are counted for each thread, and the work may be on two: one has at least so many.
        #expect(steps > 8, "it is not seen where the command changes something")
        let done = try await ChildProcess.run(Binaries.relay, arguments)
        #expect(done.end == .exit(0), "\(done)")
        let status = try await stage.relay.command("vault", "status")
        #expect(!status.output.contains("not ended"), "\(status)")
        #expect(status.output.contains("users' keys: 3 under"), "\(status)")
        try await stage.relay.kill()
        try await stage.relay.start()
        try await stage.connector.ready()
        try await stage.expectCall(key: Self.key)
        #expect(try await stage.relay.auditVerifies())
        try await stage.end()
    }
}
