import Audit
import Registry
import StoreSQLite
import Testing
import Value

@Suite("Audit ledger", .timeLimit(.minutes(10)))
struct AuditStoreTests {
    private let temporary: TemporaryStore
    private let store: SQLiteStore
    private let ledger: AuditLedger

    init() throws {
        temporary = try TemporaryStore()
        store = try temporary.open()
        ledger = try temporary.ledger(store)
    }

    static func record(_ number: Int, api: String = "a1", outcome: String = "OK") -> AuditRecord {
        AuditRecord(
            kind: .call, time: Int64(number) * 1000, requestID: "r\(number)", user: "u1", apiID: api, apiSlug: "crm",
            endpoint: number % 2 == 0 ? "even" : "odd", outcome: outcome, method: "GET", pathTemplate: "/x",
            upstreamStatus: 200)
    }

    private func fill(_ count: Int) throws {
        try ledger.add((1...count).map { Self.record($0) })
    }

    private func findings() throws -> [AuditVerifier.Finding] {
        var verifier = AuditVerifier()
        while true {
            let records = try ledger.records(after: verifier.chain.sequence, limit: 3)
            if records.isEmpty { break }
            for record in records { verifier.check(text: record.text, stored: record.stored) }
        }
        verifier.finish(head: try ledger.storedChain())
        return verifier.findings
    }

    @Test("A: what was appended verifies from the file")
    func verifies() throws {
        try fill(10)
        try ledger.probe()
        #expect(try findings().isEmpty)
        #expect(try ledger.storedChain().sequence == 10)
        try ledger.flush()
        #expect(try store.figuresEnd() == ledger.storedChain())
        let view = try JournalView(reading: temporary.journal(store))
        #expect(try view.verify(after: .empty, known: store.figuresEnd()).findings.isEmpty)
    }

    @Test("A: records missing at the end, and a chain's end that was moved, are found by what the database knows")
    func end() throws {
        try fill(10)
        try ledger.flush()
        let folder = try temporary.journal(store)
        func found() throws -> [String] {
            try JournalView(reading: folder).verify(after: .empty, known: store.figuresEnd()).findings
                .map(\.fault.description)
        }
        try temporary.raw("UPDATE audit_chain SET hash = zeroblob(32)")
        #expect(try found() == ["Record 10 was changed."])
        try temporary.raw("UPDATE audit_chain SET seq = 12")
        #expect(try found() == ["Records 11 to 12 are missing."])
        let (again, opening) = try AuditLedger.open(folder, figures: store, options: TemporaryStore.options())
        #expect(opening.alarms.contains("Records 11 to 12 are missing."))
        try again.add([Self.record(13)])
        #expect(try again.storedChain().sequence == 13)
        #expect(try found() == ["Records 11 to 12 are missing."])
    }

    @Test("A: many calls at once take far fewer transactions, each durable before its caller goes on")
    func groupCommit() async throws {
        let writer = AuditWriter(store: ledger)
        let loop = Task { try await writer.run() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<64 {
                group.addTask { [ledger] in
                    for round in 0..<10 {
                        let number = worker * 10 + round + 1
                        try await writer.append(Self.record(number))
                        #expect(try ledger.storedChain().sequence > 0)
                    }
                }
            }
            try await group.waitForAll()
        }
        loop.cancel()
        try await loop.value
        #expect(writer.counts.records == 640)
        #expect(writer.counts.commits < 320)
        #expect(try findings().isEmpty)
    }

    @Test("a page of logs is newest first, filtered, and goes on where the last one ended")
    func logs() throws {
        try fill(20)
        var query = AuditQuery(user: "u1", api: "a1")
        query.endpoint = "even"
        query.limit = 4
        var seen: [String] = []
        repeat {
            let page = try ledger.logs(query)
            seen += try page.records.map { try JSON.parse($0)["request_id"]?.string ?? "" }
            query.cursor = page.next
        } while query.cursor != nil
        #expect(seen == stride(from: 20, to: 0, by: -2).map { "r\($0)" })

        query = AuditQuery(user: "u1")
        query.since = 5000
        query.until = 8000
        #expect(try ledger.logs(query).records.count == 3)
        #expect(try ledger.logs(AuditQuery(user: "u2")).records.isEmpty)
        query.outcome = "TIMEOUT"
        #expect(try ledger.logs(query).records.isEmpty)
        #expect(AuditCursor("\(AuditCursor(time: 5, sequence: 6))") == AuditCursor(time: 5, sequence: 6))
        #expect(AuditCursor("5") == nil && AuditCursor("a-b") == nil)
    }

    @Test("failures of any kind, and a request by its id, have pages of their own")
    func failures() throws {
        try ledger.add((1...300).map { Self.record($0, outcome: $0 % 50 == 0 ? "TIMEOUT" : $0 % 70 == 0 ? "X" : "OK") })
        var query = AuditQuery(user: "u1", api: "a1")
        query.outcome = AuditQuery.anyFailure
        func ids() throws -> [String] {
            try ledger.logs(query).records.map { try JSON.parse($0)["request_id"]?.string ?? "" }
        }
        #expect(try ids() == ["r300", "r280", "r250", "r210", "r200", "r150", "r140", "r100", "r70", "r50"])
        query.outcome = nil
        query.requestID = "r123"
        #expect(try ids() == ["r123"])
        query.requestID = "none"
        #expect(try ids().isEmpty)
    }

    @Test("A: a segment that does not verify is found beside the calls, named, and forgotten once it is mended")
    func faults() throws {
        let ledger = try temporary.ledger(store, TemporaryStore.options(bytes: 600))
        for number in 1...40 { try ledger.add([Self.record(number)]) }
        let paths = try temporary.segments(store)
        #expect(paths.count > 4)
        let whole = TemporaryStore.read(paths[2])
        TemporaryStore.replace("odd", with: "ODD", in: paths[2])
        func round() throws {
            var last: String?
            for _ in paths { last = try ledger.verifyNext(after: last)?.name }
        }
        try round()
        let name = String(paths[2].split(separator: "/").last ?? "")
        #expect(ledger.faults.keys.sorted() == [name])
        #expect(try FaultFile.read(in: ledger.journal.folder).first?.contains("was changed") == true)
        // It stops nothing.
        try ledger.add([Self.record(41)])
        TemporaryStore.write(whole, to: paths[2])
        try round()
        #expect(ledger.faults.isEmpty)
        #expect(try FaultFile.read(in: ledger.journal.folder).isEmpty)
    }
}

extension AuditLedger {
    /// Appends records in one commit, and derives what follows from them.
    func add(_ records: [AuditRecord]) throws {
        try append(records.map { try AuditPending($0) })
        settle()
    }
}
