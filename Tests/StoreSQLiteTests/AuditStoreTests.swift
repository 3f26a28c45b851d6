import Audit
import Registry
import StoreSQLite
import Testing
import Value

@Suite("Audit in SQLite", .timeLimit(.minutes(10)))
struct AuditStoreTests {
    private let temporary: TemporaryStore
    private let store: SQLiteStore

    init() throws {
        temporary = try TemporaryStore()
        store = try temporary.open()
    }

    static func record(_ number: Int, api: String = "a1", outcome: String = "OK") -> AuditRecord {
        AuditRecord(
            kind: .call, time: Int64(number) * 1000, requestID: "r\(number)", user: "u1", apiID: api, apiSlug: "crm",
            endpoint: number % 2 == 0 ? "even" : "odd", outcome: outcome, method: "GET", pathTemplate: "/x",
            upstreamStatus: 200)
    }

    private func fill(_ count: Int) async throws {
        var chain = try await store.auditChain()
        try await store.append((1...count).map { chain.next(Self.record($0)) })
    }

    private func findings() throws -> [AuditVerifier.Finding] {
        var verifier = AuditVerifier()
        while true {
            let records = try store.records(after: verifier.chain.sequence, limit: 3)
            if records.isEmpty { break }
            for record in records { verifier.check(text: record.text, stored: record.stored) }
        }
        verifier.finish(head: try store.storedChain())
        return verifier.findings
    }

    @Test("A: what was appended verifies from the file")
    func verifies() async throws {
        try await fill(10)
        try await store.probe()
        #expect(try findings().isEmpty)
        #expect(try await store.auditChain() == store.storedChain())
        #expect(try store.storedChain().sequence == 10)
    }

    @Test(
        "A: a missing, changed or reordered row is found in the file",
        arguments: [
            ("DELETE FROM audit WHERE seq = 4", "Record 4 is missing."),
            ("DELETE FROM audit WHERE seq >= 8", "Records 8 to 10 are missing."),
            ("DELETE FROM audit WHERE seq <= 2", "Records 1 to 2 are missing."),
            ("UPDATE audit SET record = replace(record, '\"OK\"', '\"NO\"') WHERE seq = 5", "Record 5 was changed."),
            (
                """
                UPDATE audit SET seq = 99 WHERE seq = 5;
                UPDATE audit SET seq = 5 WHERE seq = 6;
                UPDATE audit SET seq = 6 WHERE seq = 99;
                """, "Record 6 stands where record 5 belongs."
            ),
            ("UPDATE audit SET record = 'nonsense' WHERE seq = 3", "Record 3 is not an audit record."),
        ])
    func tampered(sql: String, finding: String) async throws {
        try await fill(10)
        try temporary.raw(sql)
        #expect(try findings().map(\.description).contains(finding))
    }

    @Test("A: many calls at once take far fewer transactions, each durable before its caller goes on")
    func groupCommit() async throws {
        let writer = AuditWriter(store: store)
        let loop = Task { try await writer.run() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 0..<64 {
                group.addTask { [store] in
                    for round in 0..<10 {
                        let number = worker * 10 + round + 1
                        try await writer.append(Self.record(number))
                        #expect(try store.storedChain().sequence > 0)
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
    func logs() async throws {
        try await fill(20)
        var query = AuditQuery(user: "u1", api: "a1")
        query.endpoint = "even"
        query.limit = 4
        var seen: [String] = []
        repeat {
            let page = try store.logs(query)
            seen += try page.records.map { try JSON.parse($0)["request_id"]?.string ?? "" }
            query.cursor = page.next
        } while query.cursor != nil
        #expect(seen == stride(from: 20, to: 0, by: -2).map { "r\($0)" })

        query = AuditQuery(user: "u1")
        query.since = 5000
        query.until = 8000
        #expect(try store.logs(query).records.count == 3)
        #expect(try store.logs(AuditQuery(user: "u2")).records.isEmpty)
        query.outcome = "TIMEOUT"
        #expect(try store.logs(query).records.isEmpty)
        #expect(AuditCursor("\(AuditCursor(time: 5, sequence: 6))") == AuditCursor(time: 5, sequence: 6))
        #expect(AuditCursor("5") == nil && AuditCursor("a-b") == nil)
    }

    @Test("a batch that cannot be written whole is not written at all")
    func atomic() async throws {
        try await fill(3)
        var chain = try await store.auditChain()
        let good = chain.next(Self.record(4))
        var stale = AuditChain.empty
        let bad = stale.next(Self.record(5))
        await #expect(throws: StoreError.self) { try await store.append([good, bad]) }
        #expect(try store.storedChain().sequence == 3)
        #expect(try findings().isEmpty)
    }
}
