import Audit
import Registry
import StoreSQLite
import TestSupport
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

    /// One record an hour, from the start of 1970, in segments of five.
    private func filled(_ count: Int) throws -> AuditLedger {
        let ledger = try temporary.ledger(store, TemporaryStore.options(bytes: 100))
        for start in stride(from: 0, to: count, by: 5) {
            try ledger.add(
                (start..<min(start + 5, count)).map { number in
                    var one = AuditStoreTests.record(number)
                    one.time = Int64(number) * Self.day / 24
                    return one
                })
        }
        try ledger.flush()
        return ledger
    }

    private func findings() throws -> [String] {
        try JournalView(reading: temporary.journal(store))
            .verify(after: store.auditCheckpoint().chain, known: store.figuresEnd()).findings.map(\.fault.description)
    }

    @Test("A: what is too old goes segment by segment, and the rest verifies from the checkpoint")
    func steps() throws {
        let ledger = try filled(100)
        #expect(try temporary.segments(store).count == 20)
        var removed = 0
        var step = try ledger.prune(before: 3 * Self.day, limit: 50)
        #expect(step.removed == 5 && !step.isDone && step.checkpoint.chain.sequence == 5)
        while true {
            removed += step.removed
            #expect(try findings().isEmpty)
            #expect(try ledger.auditCheckpoint() == step.checkpoint)
            if step.isDone { break }
            step = try ledger.prune(before: 3 * Self.day, limit: 50)
        }
        // The segment that holds a record of the third day's end stays whole.
        #expect(removed == 70 && step.checkpoint.chain.sequence == 70)
        #expect(try temporary.segments(store).count == 6)
        #expect(try ledger.prune(before: 3 * Self.day, limit: 50).removed == 0)
        // Figures go with the hours, and what was called in all stays known, also when figures are made anew.
        #expect(try ledger.summary(user: "u1", api: "a1", since: nil, until: nil).all.calls == 28)
        #expect(try ledger.usage(user: "u1")["a1"]?.calls == 100)
        try ledger.rebuildFigures()
        #expect(try ledger.usage(user: "u1")["a1"]?.calls == 100)
        #expect(try ledger.summary(user: "u1", api: "a1", since: nil, until: nil).all.calls == 30)
    }

    @Test("A: the chain goes on after a cut of everything, over a restart too")
    func everything() async throws {
        let ledger = try temporary.ledger(store)
        try ledger.add(
            (0..<10).map { number in
                var one = AuditStoreTests.record(number)
                one.time = Int64(number) * Self.day / 24
                return one
            })
        var pauses = 0
        let cut = try await ledger.prune(keepingDays: 1, now: 100 * Self.day) { pauses += 1 }
        #expect(cut.removed == 10 && pauses == 0)
        let checkpoint = try #require(cut.checkpoint)
        let again = try temporary.ledger(store)
        #expect(try again.storedChain() == checkpoint.chain)
        try again.add([checkpoint.record(time: 100 * Self.day, requestID: "r")])
        try again.flush()
        #expect(try findings().isEmpty)
        let left = try again.records(after: 0, limit: 10)
        #expect(left.count == 1)
        #expect(
            left.map { String(decoding: $0.text, as: UTF8.self) }.first?
                .contains("\"audit.prune\",\"target\":\"10:\(checkpoint.chain.hash)\"") == true)
    }

    @Test("A: a removal that was cut short behind its checkpoint is finished at the next start")
    func interrupted() throws {
        let ledger = try filled(20)
        let first = try #require(temporary.segments(store).first)
        let bytes = TemporaryStore.read(first)
        #expect(try ledger.prune(before: Self.day / 24 * 5, limit: 10).removed == 5)
        TemporaryStore.write(bytes, to: first)
        #expect(try findings().isEmpty)
        let again = try temporary.ledger(store)
        #expect(try temporary.segments(store).first != first)
        #expect(try again.records(after: 0, limit: 100).count == 15)
    }

    @Test(
        "A: after a cut, a missing or changed record, and a moved checkpoint, are still found",
        arguments: [
            ("UPDATE audit_checkpoint SET hash = zeroblob(32)", "Record 30 was changed."),
            ("UPDATE audit_checkpoint SET seq = seq - 1", "Record 30 is missing."),
            ("DELETE FROM audit_checkpoint", "Records 1 to 30 are missing."),
        ])
    func tampered(sql: String, finding: String) throws {
        let ledger = try filled(50)
        while try !ledger.prune(before: 30 * Self.day / 24, limit: 100).isDone {}
        #expect(try ledger.auditCheckpoint().chain.sequence == 30)
        #expect(try findings().isEmpty)
        let path = try #require(temporary.segments(store).first)
        let whole = TemporaryStore.read(path)
        TemporaryStore.replace("r34", with: "r99", in: path)
        #expect(try findings() == ["Record 35 was changed."])
        Folders.remove(path)
        #expect(try findings() == ["Records 31 to 35 are missing."])
        TemporaryStore.write(whole, to: path)
        try temporary.raw(sql)
        #expect(try findings().contains(finding))
    }

    @Test("A: records that do not verify are not removed: a cut hides no fault")
    func fault() throws {
        let ledger = try filled(50)
        TemporaryStore.replace("r4", with: "r9", in: try #require(temporary.segments(store).first))
        let error = #expect(throws: JournalError.self) { try ledger.prune(before: 10 * Self.day, limit: 100) }
        #expect(error?.code == .corrupt && error?.description.contains("Record 5 was changed.") == true)
        #expect(try temporary.segments(store).count >= 10)
        #expect(try ledger.records(after: 0, limit: 100).count == 49)
        #expect(try ledger.auditCheckpoint() == .none)
    }
}
