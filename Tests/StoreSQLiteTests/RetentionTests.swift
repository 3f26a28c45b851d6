import Audit
import Registry
import StoreSQLite
import Testing

@Suite("Retention", .timeLimit(.minutes(10)))
struct RetentionTests {
    private let temporary: TemporaryStore
    private let store: SQLiteStore
    private static let day: Int64 = 86_400_000_000

    init() throws {
        temporary = try TemporaryStore()
        store = try temporary.open()
    }

    /// One record an hour, from the start of 1970.
    private func fill(_ count: Int) async throws {
        var chain = try await store.auditChain()
        try await store.append(
            (0..<count).map { number in
                var one = AuditStoreTests.record(number)
                one.time = Int64(number) * Self.day / 24
                return chain.next(one)
            })
    }

    private func findings() throws -> [AuditVerifier.Finding] {
        try AuditWalk(store, page: 7).verify().verifier.findings
    }

    @Test("A: what is too old goes in bounded steps, and the rest verifies from the checkpoint")
    func steps() async throws {
        try await fill(100)
        let first = try store.prune(before: 3 * Self.day, limit: 50)
        #expect(first.removed == 50 && !first.isDone && first.checkpoint.chain.sequence == 50)
        #expect(try findings().isEmpty)
        let second = try store.prune(before: 3 * Self.day, limit: 50)
        #expect(second.removed == 22 && second.isDone && second.checkpoint.chain.sequence == 72)
        #expect(try findings().isEmpty)
        #expect(try store.auditCheckpoint() == second.checkpoint)
        #expect(try store.prune(before: 3 * Self.day, limit: 50).removed == 0)
        // Figures go with the records, and what was called in all stays known.
        #expect(try store.summary(user: "u1", api: "a1", since: nil, until: nil).all.calls == 28)
        #expect(try store.usage(user: "u1")["a1"]?.calls == 100)
    }

    @Test("A: the chain goes on after a cut of everything, over a restart too")
    func everything() async throws {
        try await fill(10)
        var pauses = 0
        let cut = try await store.prune(keepingDays: 1, now: 100 * Self.day) { pauses += 1 }
        #expect(cut.removed == 10 && pauses == 0)
        try store.close()
        let again = try temporary.open()
        let checkpoint = try #require(cut.checkpoint)
        var chain = try await again.auditChain()
        #expect(chain == checkpoint.chain)
        try await again.append([chain.next(checkpoint.record(time: 100 * Self.day, requestID: "r"))])
        let walk = try AuditWalk(again).verify()
        #expect(walk.verifier.findings.isEmpty && walk.records == 1)
        #expect(
            try again.records(after: 0, limit: 1).map { String(decoding: $0.text, as: UTF8.self) }.first?
                .contains("\"audit.prune\",\"target\":\"10:\(checkpoint.chain.hash)\"") == true)
    }

    @Test(
        "A: after a cut, a missing, changed or reordered record is still found",
        arguments: [
            ("DELETE FROM audit WHERE seq = 31", "Record 31 is missing."),
            ("DELETE FROM audit WHERE seq = 40", "Record 40 is missing."),
            ("UPDATE audit SET record = replace(record, '\"OK\"', '\"NO\"') WHERE seq = 35", "Record 35 was changed."),
            ("UPDATE audit_checkpoint SET hash = zeroblob(32)", "Record 31 was changed."),
            ("UPDATE audit_checkpoint SET seq = seq - 1", "Record 30 is missing."),
            ("DELETE FROM audit_checkpoint", "Records 1 to 30 are missing."),
        ])
    func tampered(sql: String, finding: String) async throws {
        try await fill(50)
        #expect(try store.prune(before: 30 * Self.day / 24, limit: 100).removed == 30)
        #expect(try findings().isEmpty)
        try temporary.raw(sql)
        #expect(try findings().map(\.description).contains(finding))
    }

    @Test("A: records that do not verify are not removed: a cut hides no fault")
    func fault() async throws {
        try await fill(50)
        try temporary.raw("UPDATE audit SET record = replace(record, '\"OK\"', '\"NO\"') WHERE seq = 5")
        let error = #expect(throws: StoreError.self) { try store.prune(before: 10 * Self.day, limit: 100) }
        #expect(error?.code == .corrupt && error?.message.contains("Record 5 was changed.") == true)
        #expect(try store.records(after: 0, limit: 100).count == 50)
        #expect(try store.auditCheckpoint() == .none)
    }
}
