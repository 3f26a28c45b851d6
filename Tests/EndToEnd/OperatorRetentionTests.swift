import Foundation
import NIOHTTP1
import Testing
import Value

@Suite("What is kept, and for how long", .serialized, .timeLimit(.minutes(3)))
struct OperatorRetentionTests {
    private func count(_ relay: TestRelay, _ what: String) async throws -> Int {
        Int(try await Operator.sqlite(relay.database, "SELECT count(*) FROM \(what)")) ?? -1
    }

    @Test(
        "A: records beyond audit.retention_days go, in steps; the rest verifies from the checkpoint, as does its export"
    )
    func retention() async throws {
        let stage = try await Stage.make(relay: ["audit": ["retention_days": 30]])
        for _ in 0..<20 { #expect(try await stage.call("hello").status == 200) }
        let relay = stage.relay
        try await relay.stop()
        let before = try await relay.auditRecords().count
        // Older by the column that retention goes by; the chain is over the records' texts.
        try await Operator.sqlite(
            relay.database,
            """
            UPDATE audit SET time = time - 31 * 86400000000 WHERE seq <= 15;
            INSERT INTO idempotency (user_id, key, digest, expires) VALUES ('\(stage.account.id)', 'k', x'00', 1);
            INSERT INTO deliveries (id, user_id, event, time, state, attempts)
                VALUES ('d1', '\(stage.account.id)', 'e', 1, 'delivered', 1),
                       ('d2', '\(stage.account.id)', 'e', 1, 'pending', 1);
            """)
        try await relay.start()
        try await eventually("old records are gone") { try await count(relay, "audit WHERE seq <= 15") == 0 }
        try await eventually("the cut is recorded") {
            try await count(relay, "audit WHERE record LIKE '%audit.prune%'") == 1
        }
        #expect(try await count(relay, "audit") == before - 15 + 1)
        #expect(try await count(relay, "idempotency WHERE key = 'k'") == 0)
        #expect(try await Operator.sqlite(relay.database, "SELECT id FROM deliveries") == "d2")
        let verified = try await relay.command("audit", "verify")
        #expect(verified.end == .exit(0) && verified.output.contains("from record 16 on"), "\(verified)")
        let file = try relay.folder.write("export.jsonl", try await relay.command("audit", "export").output)
        let fromFile = try await relay.command("audit", "verify", "--file", file)
        #expect(fromFile.end == .exit(0) && fromFile.output.contains("from record 16 on"), "\(fromFile)")
        // What is gone without a checkpoint is missing.
        try await stage.connector.ready()
        #expect(try await stage.call("hello").status == 200)
        try await stage.end()
        try await Operator.sqlite(relay.database, "DELETE FROM audit WHERE seq = 16")
        let cut = try await relay.command("audit", "verify")
        #expect(cut.end == .exit(1) && cut.output.contains("Record 16 is missing."), "\(cut)")
    }

    @Test("A: old records that do not verify are kept, and the relay says why")
    func changed() async throws {
        let stage = try await Stage.make(relay: ["audit": ["retention_days": 30]])
        for _ in 0..<5 { _ = try await stage.call("hello") }
        try await stage.relay.stop()
        try await Operator.sqlite(
            stage.relay.database,
            """
            UPDATE audit SET time = time - 31 * 86400000000 WHERE seq <= 8;
            UPDATE audit SET record = replace(record, 'OK', 'KO') WHERE seq = 3;
            """)
        try await stage.relay.start()
        try await eventually("the relay says it") {
            stage.relay.process?.logText.contains("Record 3 was changed.") == true
        }
        #expect(try await count(stage.relay, "audit WHERE seq <= 8") == 8)
        try await stage.end()
    }

    @Test("A: with durability relaxed a call's record follows its answer, and the end of the relay loses none")
    func relaxed() async throws {
        let stage = try await Stage.make(relay: ["audit": ["durability": "relaxed"]])
        var ids: Set<String> = []
        for _ in 0..<20 { if let id = try await stage.call("hello").requestID { ids.insert(id) } }
        let last = try #require(try await stage.call("hello").requestID)
        try await eventually("the record is in the file", within: .seconds(5)) {
            try await count(stage.relay, "audit WHERE request_id = '\(last)'") == 1
        }
        for _ in 0..<20 { if let id = try await stage.call("hello").requestID { ids.insert(id) } }
        try await stage.end()
        let recorded = Set(try await stage.relay.auditRecords().compactMap { $0["request_id"]?.string })
        #expect(ids.count == 40 && ids.isSubset(of: recorded))
        #expect(try await stage.relay.auditVerifies())
    }
}
