import Audit
import GRDB
import Registry
import StoreSQLite
import Synchronization
import Testing
import Value

@Suite("Figures in SQLite", .timeLimit(.minutes(10)))
struct AuditStatisticsTests {
    private let temporary: TemporaryStore
    private let store: SQLiteStore
    private let ledger: AuditLedger
    private static let hour: Int64 = 3_600_000_000

    init() throws {
        temporary = try TemporaryStore()
        store = try temporary.open()
        ledger = try temporary.ledger(store)
    }

    private static func record(
        _ number: Int, time: Int64, api: String = "a1", endpoint: String = "get", outcome: String = "OK",
        status: Int? = 200, kind: AuditRecord.Kind = .call, microseconds: Int = 1000
    ) -> AuditRecord {
        AuditRecord(
            kind: kind, time: time, requestID: "r\(number)", user: "u1", apiID: api, endpoint: endpoint,
            outcome: outcome, upstreamStatus: status, requestBytes: 1, responseBytes: 10,
            times: [.init("total", microseconds: microseconds)])
    }

    private func append(_ records: [AuditRecord]) throws {
        try ledger.add(records)
    }

    @Test("a summary adds up what was recorded, over commits, hours and endpoints, and for its owner only")
    func summary() throws {
        for hour in 0..<3 {
            try append(
                (0..<10).map { number in
                    Self.record(
                        number, time: Int64(hour) * Self.hour + Int64(number), endpoint: number < 4 ? "get" : "list",
                        outcome: number == 9 ? "TIMEOUT" : "OK", microseconds: 1000 * (number + 1))
                })
            try append([Self.record(99, time: Int64(hour) * Self.hour + 50, microseconds: 10_000)])
        }
        let all = try ledger.summary(user: "u1", api: "a1", since: nil, until: nil)
        #expect(all.all.calls == 33 && all.all.succeeded == 30 && all.all.errors == ["TIMEOUT": 3])
        #expect(all.all.responseBytes == 330 && all.all.lastUsed == 2 * Self.hour + 50)
        #expect(all.all.meanMicroseconds == Double(3 * 65_000) / 33)
        #expect(all.endpoints["get"]?.calls == 15 && all.endpoints["list"]?.calls == 18)
        let p50 = try #require(all.all.latency.percentile(0.5))
        #expect((5600...6400).contains(p50))
        let second = try ledger.summary(user: "u1", api: "a1", since: Self.hour, until: 2 * Self.hour)
        #expect(second.all.calls == 11)
        #expect(try ledger.summary(user: "u2", api: "a1", since: nil, until: nil).all.calls == 0)
        #expect(try ledger.summary(user: "u1", api: "a2", since: nil, until: nil).all.successRate == nil)
    }

    @Test("figures are the same before and after they are written, after another start, and made anew from the records")
    func rebuilt() throws {
        func all(_ ledger: AuditLedger) throws -> [AuditSummary] {
            try ["a0", "a1", "a2"].map { try ledger.summary(user: "u1", api: $0, since: nil, until: nil) }
        }
        for round in 0..<5 {
            try append(
                (0..<100).map {
                    Self.record(
                        $0, time: Int64(round * 100 + $0) * Self.hour / 40, api: "a\($0 % 3)", endpoint: "e\($0 % 4)",
                        outcome: $0 % 9 == 0 ? "TIMEOUT" : "OK", microseconds: $0 * 37)
                })
            if round != 3 { try ledger.flush() }
        }
        let (summaries, usage) = (try all(ledger), try ledger.usage(user: "u1"))
        #expect(summaries.map(\.all.calls) == [170, 165, 165])
        try ledger.flush()
        #expect(try all(ledger) == summaries && ledger.usage(user: "u1") == usage)
        try append([Self.record(1, time: 1, api: "a9")])
        let again = try temporary.ledger(store)
        #expect(try all(again) == summaries && again.usage(user: "u1")["a9"]?.calls == 1)
        try again.rebuildFigures()
        #expect(try all(again) == summaries && again.usage(user: "u1")["a0"] == usage["a0"])
        try temporary.raw(
            "DELETE FROM audit_rollups; DELETE FROM audit_usage; UPDATE audit_chain SET seq = 0, hash = zeroblob(32)")
        let third = try temporary.ledger(store)
        #expect(try all(third) == summaries && third.usage(user: "u1")["a2"] == usage["a2"])
    }

    @Test("figures wait in memory while the database cannot be written, and none is lost or counted twice")
    func failingStore() throws {
        try append([Self.record(1, time: 1)])
        try ledger.flush()
        try temporary.raw("ALTER TABLE audit_usage RENAME TO away")
        for number in 2...5 {
            try append([Self.record(number, time: Int64(number))])
            #expect(throws: StoreError.self) { try ledger.flush() }
        }
        try temporary.raw("ALTER TABLE away RENAME TO audit_usage")
        #expect(try ledger.summary(user: "u1", api: "a1", since: nil, until: nil).all.calls == 5)
        for _ in 0..<3 { try ledger.flush() }
        #expect(try ledger.summary(user: "u1", api: "a1", since: nil, until: nil).all.calls == 5)
        #expect(try store.summary(user: "u1", api: "a1", since: nil, until: nil).0.all.calls == 5)
        #expect(try store.figuresEnd().sequence == 5)
    }

    @Test("how often and when last each API was called is known without a write of its own")
    func usage() throws {
        try append([
            Self.record(1, time: 7), Self.record(2, time: 5), Self.record(3, time: Self.hour, api: "a2"),
            Self.record(4, time: 9, api: "a3", kind: .begin),
        ])
        try append([Self.record(5, time: 11)])
        #expect(
            try ledger.usage(user: "u1") == [
                "a1": AuditUsage(calls: 3, lastUsed: 11), "a2": AuditUsage(calls: 1, lastUsed: Self.hour),
            ])
        #expect(try ledger.usage(user: "u2").isEmpty)
    }

    @Test("made-up endpoint names make no rows")
    func cardinality() throws {
        try append(
            (0..<200).map {
                Self.record($0, time: 1, endpoint: "made-up-\($0)", outcome: "ENDPOINT_NOT_FOUND", status: nil)
            })
        let summary = try ledger.summary(user: "u1", api: "a1", since: nil, until: nil)
        #expect(summary.endpoints.mapValues(\.calls) == ["": 200])
    }

    @Test("rate limits are rebuilt from calls begun lately and calls of the UTC day, without those they refused")
    func recentCalls() throws {
        let day = 24 * Self.hour
        let now = 10 * day + 5 * Self.hour
        try append([
            Self.record(1, time: 10 * day - 1), Self.record(2, time: 10 * day),
            Self.record(3, time: now - 59_000_000), Self.record(4, time: now - 61_000_000),
            Self.record(5, time: now - 2, outcome: "RATE_LIMITED", status: nil),
            Self.record(6, time: now - 3, outcome: "RATE_LIMITED", status: 429),
            Self.record(7, time: now - 5, kind: .begin), Self.record(7, time: now - 1, kind: .end),
            Self.record(8, time: now - 1, api: "a2"),
        ])
        let recent = try ledger.recentCalls(api: "a1", since: now - 60_000_000, now: now, limit: 100)
        #expect(recent.times == [now - 59_000_000, now - 5, now - 3])
        #expect(recent.today == 5)
        #expect(try ledger.recentCalls(api: "a1", since: 0, now: now, limit: 2).times == [now - 5, now - 3])
    }

    @Test("one endpoint's records page over hours, newest first, each once")
    func endpointPages() throws {
        try append(
            (0..<500).map {
                Self.record(
                    $0, time: Int64($0) * 60_000_000, endpoint: $0 % 7 == 0 ? "rare" : "get",
                    outcome: $0 % 14 == 0 ? "TIMEOUT" : "OK")
            })
        func pages(_ query: AuditQuery) throws -> [String] {
            var query = query
            query.limit = 4
            var seen: [String] = []
            repeat {
                let page = try ledger.logs(query)
                seen += try page.records.map { try JSON.parse($0)["request_id"]?.string ?? "" }
                query.cursor = page.next
            } while query.cursor != nil
            return seen
        }
        var query = AuditQuery(user: "u1", api: "a1")
        query.endpoint = "rare"
        #expect(try pages(query) == stride(from: 497, through: 0, by: -7).map { "r\($0)" })
        query.since = 70 * 60_000_000
        query.until = 280 * 60_000_000
        #expect(try pages(query) == stride(from: 273, through: 70, by: -7).map { "r\($0)" })
        query.outcome = "TIMEOUT"
        #expect(try pages(query) == stride(from: 266, through: 70, by: -14).map { "r\($0)" })
        query.until = .min
        #expect(try pages(query).isEmpty)
        query.endpoint = "none"
        #expect(try pages(query).isEmpty)
    }

    /// The plan SQLite makes for what runs meanwhile.
    private func plans(_ sql: String) throws -> [String] {
        let queue = try DatabaseQueue(path: temporary.path)
        defer { try? queue.close() }
        return try queue.read { db in
            let statement = try db.makeStatement(sql: "EXPLAIN QUERY PLAN \(sql)")
            statement.setUncheckedArguments(StatementArguments())
            return try Row.fetchAll(statement).map { $0["detail"] }
        }
    }

    @Test("every query over figures goes through an index, and none sorts")
    func queryPlans() throws {
        for batch in 0..<10 {
            try append(
                (0..<1000).map { number in
                    Self.record(
                        number, time: Int64(batch * 1000 + number) * 1_000_000, api: "a\(number % 7)",
                        endpoint: "e\(number % 5)", outcome: number % 50 == 0 ? "TIMEOUT" : "OK")
                })
        }
        try ledger.flush()
        try store.close()
        let statements = Mutex<[String]>([])
        var configuration = SQLiteStore.Configuration.defaults
        configuration.trace = { sql in statements.withLock { $0.append(sql) } }
        let store = try SQLiteStore(path: temporary.path, configuration: configuration)
        let ledger = try temporary.ledger(store)
        statements.withLock { $0 = [] }
        do {
            _ = try ledger.summary(user: "u1", api: "a1", since: 0, until: nil)
            _ = try ledger.usage(user: "u1")
            _ = try ledger.recentCalls(api: "a1", since: 5, now: 9_000_000_000, limit: 10)
            _ = try ledger.callsToday(of: ["a1"], now: 9_000_000_000)
            _ = try ledger.prune(before: 0, limit: 10)
        }
        let queries = statements.withLock { $0 }.filter {
            $0.contains("FROM audit") && !$0.contains("audit_checkpoint") && !$0.contains("audit_chain")
        }
        #expect(queries.count >= 4)
        for sql in queries {
            for step in try plans(sql) {
                #expect(!step.contains("TEMP B-TREE"), "\(sql): \(step)")
                #expect(!step.hasPrefix("SCAN audit"), "\(sql): \(step)")
            }
        }
    }
}
