import Foundation
import NIOHTTP1
import Testing
import Value

@Suite("Backup and restore", .serialized, .timeLimit(.minutes(3)))
struct OperatorBackupTests {
    @Test("A backup made under calls is whole, for its owner only, and a relay restored from it goes on from there")
    func backup() async throws {
        let stage = try await Stage.make(authentication: Definitions.apiKey("key-1"))
        let relay = stage.relay
        let file = relay.folder / "backup.db"
        try await stage.whileCalling(key: "key-1") {
            let made = try await relay.command("backup", file)
            #expect(made.end == .exit(0), "\(made)")
            #expect(made.output.contains("is not in it"), "the master key: \(made)")
        }
        #expect(Operator.mode(of: file) == 0o600)
        #expect(try await Operator.sqlite(file, "PRAGMA integrity_check") == "ok")
        for suffix in ["-wal", "-journal"] { #expect(!FileManager.default.fileExists(atPath: file + suffix)) }
        let again = try await relay.command("backup", file)
        #expect(again.end == .exit(1))
        #expect(again.errors.contains("already"), "\(again)")

        // What happens after the backup is not in it.
        _ = try await relay.send(.PUT, "/v1/apis/crm/credentials", stage.account.user, ["key": "key-2"])
        let running = try await relay.command("restore", file, "--force")
        #expect(running.end == .exit(1))
        #expect(running.errors.contains("Stop it first"), "\(running)")
        try await relay.stop()
        let refused = try await relay.command("restore", file)
        #expect(refused.end == .exit(1))
        #expect(refused.errors.contains("already holds a relay"), "\(refused)")
        let restored = try await relay.command("restore", file, "--force")
        #expect(restored.end == .exit(0), "\(restored)")
        let former = relay.database + ".before-restore"
        #expect(restored.output.contains("the former database is in \(former)"), "\(restored)")
        #expect(!restored.output.contains("still needed"))
        #expect(try await Operator.sqlite(former, "PRAGMA integrity_check") == "ok")
        #expect(try await Operator.sqlite(former, "SELECT max(version) FROM vault_records") == "2")
        #expect(Operator.mode(of: relay.database) == 0o600)
        try await relay.start()
        try await stage.connector.ready()
        try await stage.expectCall(key: "key-1")
        #expect(try await relay.auditVerifies())
        try await stage.end()
    }

    @Test(
        "A restoration that is killed at any write leaves the old database or the new one",
        .enabled(if: StepKiller() != nil, "strace is needed"))
    func killed() async throws {
        let stage = try await Stage.make(authentication: Definitions.apiKey("key-1"))
        let relay = stage.relay
        let file = relay.folder / "backup.db"
        #expect(try await relay.command("backup", file).end == .exit(0))
        _ = try await stage.call("hello")
        // Ended so, the old one has a log beside it.
        try await relay.kill()
        let records = try await relay.auditRecords().count
        let killer = try #require(StepKiller())
        var step = 1
        while try await killer.run(step, ["restore", file, "--force", "--config", relay.configurationFile]).end
            == .signal(SIGKILL)
        {
            #expect(try await relay.auditVerifies(), "step \(step)")
            #expect([records, records - 1].contains(try await relay.auditRecords().count), "step \(step)")
            step += 1
        }
        #expect(step > 20)
        #expect(try await relay.auditRecords().count == records - 1)
        try await relay.start()
        try await stage.connector.ready()
        try await stage.expectCall(key: "key-1")
        try await stage.end()
    }

    @Test("An empty folder takes a backup, and is told which master key it needs")
    func elsewhere() async throws {
        let relay = try await TestRelay(serve: false)
        let file = relay.folder / "backup.db"
        #expect(try await relay.command("backup", file).end == .exit(0))
        let folder = relay.folder / "elsewhere"
        let restored = try await ChildProcess.run(Binaries.relay, ["restore", file, "--data-dir", folder])
        #expect(restored.end == .exit(0), "\(restored)")
        #expect(restored.output.contains("still needed: The master key file \(folder)/master.key cannot be read"))
        #expect(Operator.mode(of: folder) == 0o700)
        try FileManager.default.copyItem(atPath: relay.folder / "master.key", toPath: folder + "/master.key")
        let status = try await ChildProcess.run(Binaries.relay, ["vault", "status", "--data-dir", folder])
        #expect(status.end == .exit(0), "\(status)")
    }

    @Test("What is no sound backup is refused, and the database that is there stays")
    func unsound() async throws {
        let relay = try await TestRelay(serve: false)
        let good = relay.folder / "good.db"
        #expect(try await relay.command("backup", good).end == .exit(0))
        for (name, sql, word) in [
            ("later", "INSERT INTO grdb_migrations VALUES ('999 of the future')", "later version"),
            ("audit", "UPDATE audit_chain SET seq = seq + 1", "does not verify"),
            ("stranger", "PRAGMA application_id = 7", "not one of Penstock's"),
        ] {
            let file = relay.folder / "\(name).db"
            try FileManager.default.copyItem(atPath: good, toPath: file)
            try await Operator.sqlite(file, sql)
            let refused = try await relay.command("restore", file, "--force")
            #expect(refused.end == .exit(1), "\(name): \(refused)")
            #expect(refused.errors.contains(word), "\(name): \(refused)")
        }
        let cut = relay.folder / "cut.db"
        let bytes = FileManager.default.contents(atPath: good) ?? Data()
        try bytes.prefix(bytes.count / 2).write(to: URL(fileURLWithPath: cut))
        let refused = try await relay.command("restore", cut, "--force")
        #expect(refused.end == .exit(1), "\(refused)")
        let absent = try await relay.command("restore", relay.folder / "none.db", "--force")
        #expect(absent.errors.contains("There is no backup at"), "\(absent)")
        #expect(!FileManager.default.fileExists(atPath: relay.database + ".before-restore"))
        #expect(try await relay.command("vault", "status").end == .exit(0))
    }
}
