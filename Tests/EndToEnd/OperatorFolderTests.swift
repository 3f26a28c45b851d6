import Foundation
import NIOHTTP1
import Testing
import Value

/// What an operator's data folder and certificate may be, and what the relay says when they are not.
@Suite("A relay guards its data folder and its certificate", .serialized, .timeLimit(.minutes(4)))
struct OperatorFolderTests {
    /// Another relay's configuration over the same data folder.
    private func second(_ relay: TestRelay) throws -> String {
        var configuration = try JSON.parse(text(of: relay.configurationFile)).object ?? [:]
        configuration["listen"] = .string("127.0.0.1:\(try FreePort.next())")
        configuration["admin"] = ["listen": .string("127.0.0.1:\(try FreePort.next())")]
        return try relay.folder.write("second.yaml", JSON.object(configuration).text(pretty: true))
    }

    @Test("two relays on one data folder: the second is refused and told which process holds it")
    func twoRelays() async throws {
        let relay = try await TestRelay()
        let first = try #require(relay.process?.pid)
        for file in [try second(relay), relay.configurationFile] {
            let run = try await ChildProcess.run(Binaries.relay, ["serve", "--config", file, "--log-level", "error"])
            #expect(run.end == .exit(1), "\(run)")
            #expect(run.errors.contains("\(first)") && run.errors.contains(relay.data), "\(run.errors)")
        }
        // What works beside a relay that serves goes on to do so.
        #expect(try await relay.command("check").end == .exit(0))
        #expect(try await relay.command("audit", "verify").end == .exit(0))
        let restored = try await relay.command("backup", relay.folder / "copy.db")
        #expect(restored.end == .exit(0), "\(restored)")
        let restore = try await relay.command("restore", relay.folder / "copy.db", "--force")
        #expect(restore.end == .exit(1) && restore.errors.contains("\(first)"), "\(restore)")
        // However the first one ends, the next may serve.
        try await relay.kill()
        try await relay.start()
        try await relay.stop()
    }

    @Test("what exists and is not a Penstock database is refused by serve, check and audit verify")
    func foreignDatabases() async throws {
        let relay = try await TestRelay(serve: false)
        let sound = try #require(FileManager.default.contents(atPath: relay.database))
        func make(_ sql: String) async throws -> Data {
            let file = relay.folder / "made.db"
            try? FileManager.default.removeItem(atPath: file)
            try await Operator.sqlite(file, sql)
            return FileManager.default.contents(atPath: file) ?? Data()
        }
        let files: [(String, Data)] = [
            ("of 0 bytes", Data()), ("of 1 byte", Data([0x53])), ("cut short", sound.prefix(50)),
            ("text", Data(repeating: 0x20, count: 8192)),
            ("without a table", try await make("PRAGMA user_version = 1")),
            ("of something else", try await make("CREATE TABLE theirs (a)")),
            ("that only says it is ours", try await make("PRAGMA application_id = 1347638347")),
        ]
        for (what, bytes) in files {
            for suffix in ["-wal", "-shm"] { unlink(relay.database + suffix) }
            try bytes.write(to: URL(fileURLWithPath: relay.database))
            for command in [["serve", "--log-level", "error"], ["check"], ["audit", "verify"], ["audit", "export"]] {
                let run = try await ChildProcess.run(
                    Binaries.relay, command + ["--config", relay.configurationFile])
                #expect(run.end == .exit(1), "\(what): \(command) \(run)")
                #expect((run.errors + run.output).contains(relay.database), "\(what): \(command) \(run)")
            }
            #expect(FileManager.default.contents(atPath: relay.database) == bytes, "\(what)")
        }
    }

    @Test("with stored numbers at their ends a write answers, and nothing traps")
    func numbersAtTheirEnds() async throws {
        let stage = try await Stage.make()
        let relay = stage.relay
        #expect(try await stage.call("hello").status == 200)
        try await relay.stop()
        let most = Int64.max
        try await Operator.sqlite(
            relay.database,
            """
            UPDATE audit_rollups SET calls = \(most), succeeded = \(most), total_us = \(most),
                request_bytes = \(most), response_bytes = \(most), errors = 'TIMEOUT=\(most)';
            UPDATE audit_usage SET calls = \(most);
            UPDATE audit_chain SET probes = \(most);
            UPDATE audit_usage SET removed = \(most);
            UPDATE apis SET version = \(most);
            """)
        try await relay.start()
        try await eventually("a call through the tunnel, once that is up again") {
            try await stage.call("hello").status == 200
        }
        let summary = try await relay.send(.GET, "/v1/apis/\(Stage.slug)/summary", stage.account.user)
        #expect(summary.status == 200, "\(summary)")
        let logs = try await relay.send(.GET, "/v1/apis/\(Stage.slug)/logs?endpoint=hello", stage.account.user)
        #expect(logs.status == 200, "\(logs)")
        try await relay.stop()
        for position in [most, most - 1, -1, Int64.min] {
            try await Operator.sqlite(relay.database, "UPDATE audit_chain SET seq = \(position)")
            for command in [["serve", "--log-level", "error"], ["audit", "verify"]] {
                let run = try await ChildProcess.run(
                    Binaries.relay, command + ["--config", relay.configurationFile])
                #expect(run.end == .exit(1), "\(position) \(command) \(run)")
                #expect(run.errors.contains("\(position)"), "\(position) \(command) \(run)")
            }
        }
    }

    @Test("check, serve and reload report a certificate that is expired, not yet valid or about to expire")
    func certificateDates() async throws {
        let zoo = try CertificateZoo.shared.get()
        let folder = try Scratch("dates")
        let (chain, key) = (folder / "tls.crt", folder / "tls.key")
        func put(_ leaf: CertificateZoo.Leaf) throws {
            for (from, to) in [(zoo.key(leaf), key), (zoo.chain(leaf), chain)] {
                try? FileManager.default.removeItem(atPath: to)
                try FileManager.default.copyItem(atPath: from, toPath: to)
            }
        }
        try put(.good)
        let relay = try await TestRelay(
            ["tls": ["certificate_chain": .string(chain), "private_key": .string(key)]], serve: false)
        let expiring = try await relay.command("check")
        #expect(expiring.end == .exit(0) && expiring.output.contains("! certificate"), "\(expiring)")
        #expect(expiring.output.contains("it expires at "), "\(expiring)")
        for (leaf, words) in [
            (CertificateZoo.Leaf.expired, "it expired at 2021-01-01T00:00:00Z"), (.notYetValid, "not valid before"),
        ] {
            try put(leaf)
            let check = try await relay.command("check")
            #expect(check.end == .exit(1) && check.output.contains("✗ certificate"), "\(check)")
            #expect(check.output.contains(words), "\(check)")
        }
        try put(.good)
        try await relay.start()
        #expect(relay.process?.logText.contains("it expires at ") == true)
        #expect(try await relay.metrics().contains("\npenstock_certificate_expiry_seconds "))
        try put(.expired)
        try await eventually("the log says that the certificate expired") {
            relay.process?.logText.contains("it expired at ") == true
        }
        #expect(try await relay.metrics().contains("\npenstock_certificate_expiry_seconds 1609459200\n"))
        let before = relay.process?.logText.components(separatedBy: "it expired at ").count ?? 0
        relay.process?.kill(SIGHUP)
        try await eventually("a reload says so again") {
            (relay.process?.logText.components(separatedBy: "it expired at ").count ?? 0) > before
        }
        try await relay.stop()
    }
}
