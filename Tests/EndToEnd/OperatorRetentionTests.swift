import Audit
import Foundation
import NIOHTTP1
import StoreSQLite
import Testing
import Value

@Suite("What is kept, and for how long", .serialized, .timeLimit(.minutes(3)))
struct OperatorRetentionTests {
    private func count(_ relay: TestRelay, _ what: String) async throws -> Int {
        Int(try await Operator.sqlite(relay.database, "SELECT count(*) FROM \(what)")) ?? -1
    }

    /// Records of 31 days ago in a relay that has not served yet, five in each of three segments.
    private func fillOld(_ relay: TestRelay) throws {
        let store = try SQLiteStore(path: relay.database)
        try FileManager.default.createDirectory(atPath: relay.data + "/audit", withIntermediateDirectories: true)
        var options = Journal.Options()
        options.segmentBytes = 100
        let (ledger, _) = try AuditLedger.open(relay.data + "/audit/1", figures: store, options: options)
        let time = Int64(Date().timeIntervalSince1970 * 1_000_000) - 31 * 86_400_000_000
        for commit in 0..<3 {
            try ledger.append(
                (0..<5).map { number in
                    try AuditPending(
                        AuditRecord(
                            kind: .call, time: time + Int64(number), requestID: "old-\(commit)-\(number)", user: "u",
                            apiID: "a", endpoint: "hello", outcome: "OK"))
                })
            ledger.settle()
        }
        try ledger.flush()
        try store.close()
    }

    @Test(
        "A: records beyond audit.retention_days go, in steps; the rest verifies from the checkpoint, as does its export"
    )
    func retention() async throws {
        let relay = try await TestRelay(["audit": ["retention_days": 30]], serve: false)
        try fillOld(relay)
        #expect(try relay.segments().count == 3)
        try await Operator.sqlite(
            relay.database,
            """
            INSERT INTO users (id, name, created) VALUES ('u', '', 1);
            INSERT INTO idempotency (user_id, key, digest, expires) VALUES ('u', 'k', x'00', 1);
            INSERT INTO deliveries (id, user_id, event, time, state, attempts)
                VALUES ('d1', 'u', 'e', 1, 'delivered', 1), ('d2', 'u', 'e', 1, 'pending', 1);
            """)
        try await relay.start()
        try await eventually("the cut is recorded") {
            try await relay.auditRecords().compactMap { $0["action"]?.string } == ["audit.prune"]
        }
        #expect(try await relay.auditRecords().count == 1)
        #expect(try await count(relay, "idempotency WHERE key = 'k'") == 0)
        #expect(try await Operator.sqlite(relay.database, "SELECT id FROM deliveries") == "d2")
        let verified = try await relay.command("audit", "verify")
        #expect(verified.end == .exit(0) && verified.output.contains("from record 16 on"), "\(verified)")
        let file = try relay.folder.write("export.jsonl", try await relay.command("audit", "export").output)
        let fromFile = try await relay.command("audit", "verify", "--file", file)
        #expect(fromFile.end == .exit(0) && fromFile.output.contains("from record 16 on"), "\(fromFile)")
        // What is gone without a checkpoint is missing.
        try await relay.stop()
        try relay.changeSegment { $0.remove(at: 0) }
        let cut = try await relay.command("audit", "verify")
        #expect(cut.end == .exit(1) && cut.output.contains("Record 16 is missing."), "\(cut)")
    }

    @Test("A: old records that do not verify are kept, and the relay says why")
    func changed() async throws {
        let relay = try await TestRelay(["audit": ["retention_days": 30]], serve: false)
        try fillOld(relay)
        try relay.changeSegment { $0[2] = RelaySegment.changed($0[2], "hello", "HELLO") }
        try await relay.start()
        try await eventually("the relay says it") { relay.process?.logText.contains("Record 3 was changed.") == true }
        #expect(try relay.segments().count >= 3)
        // It is an alarm of its own, and keeps the relay from nothing.
        try await eventually("the metric says it") {
            try await relay.metrics().contains("\npenstock_audit_faults 1\n")
        }
        let check = try await relay.command("check")
        #expect(check.end == .exit(1) && check.output.contains("Record 3 was changed."), "\(check)")
        _ = try await relay.newAccount()
        try await relay.stop()
    }

    @Test("A: with durability relaxed a call's record follows its answer, and the end of the relay loses none")
    func relaxed() async throws {
        let stage = try await Stage.make(relay: ["audit": ["durability": "relaxed"]])
        var ids: Set<String> = []
        for _ in 0..<20 { if let id = try await stage.call("hello").requestID { ids.insert(id) } }
        let last = try #require(try await stage.call("hello").requestID)
        try await eventually("the record is in the file", within: .seconds(5)) {
            try await stage.relay.auditRecords().count { $0["request_id"]?.string == last } == 1
        }
        for _ in 0..<20 { if let id = try await stage.call("hello").requestID { ids.insert(id) } }
        try await stage.end()
        let recorded = Set(try await stage.relay.auditRecords().compactMap { $0["request_id"]?.string })
        #expect(ids.count == 40 && ids.isSubset(of: recorded))
        #expect(try await stage.relay.auditVerifies())
    }
}
