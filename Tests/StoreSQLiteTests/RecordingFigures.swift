import Audit
import Failure
import Glibc
import StoreSQLite
import Testing

/// Prints what recording and reading cost with many records. Run it with, for example:
/// `PENSTOCK_AUDIT_RECORDS=1000000 swift test -c release --filter RecordingFigures`
@Suite("RecordingFigures", .enabled(if: getenv("PENSTOCK_AUDIT_RECORDS") != nil, "set PENSTOCK_AUDIT_RECORDS"))
struct RecordingFigures {
    @Test("recording, paging and summing up many records")
    func figures() throws {
        let count = getenv("PENSTOCK_AUDIT_RECORDS").flatMap { Int(String(cString: $0)) } ?? 100_000
        let temporary = try TemporaryStore()
        let store = try temporary.ledger(try temporary.open())
        let batch = 64
        var made = 0
        let clock = ContinuousClock()
        var appending = Duration.zero
        var processor = 0.0
        while made < count {
            let records = (0..<batch).map { Self.record(made + $0) }
            let (begin, used) = (clock.now, Self.processorMicroseconds())
            try store.append(records.map { try AuditPending($0) })
            store.settle()
            if made.isMultiple(of: 64_000) { try store.flush() }
            appending += clock.now - begin
            processor += Self.processorMicroseconds() - used
            made += batch
        }
        print(
            "append: \(Self.microseconds(appending) / Double(made)) µs a record in batches of \(batch), "
                + "of them \(processor / Double(made)) µs of a processor")

        var query = AuditQuery(user: "u1", api: "a1")
        measure("a page of 100, newest", clock) { _ = try? store.logs(query) }
        query.until = Int64(made / 2) * 100_000
        measure("a page of 100 from the middle", clock) { _ = try? store.logs(query) }
        query.endpoint = "e3"
        measure("the same of one endpoint", clock) { _ = try? store.logs(query) }
        query.endpoint = nil
        query.outcome = "TIMEOUT"
        measure("the same of one error", clock) { _ = try? store.logs(query) }
        measure("a summary of everything", clock) {
            _ = try? store.summary(user: "u1", api: "a1", since: nil, until: nil)
        }
        measure("calls of the last 60 s", clock) {
            let now = Int64(made) * 100_000
            _ = try? store.recentCalls(api: "a1", since: now - 60_000_000, now: now, limit: 10_000)
        }
    }

    private static func record(_ number: Int) -> AuditRecord {
        AuditRecord(
            kind: .call, time: Int64(number) * 100_000, requestID: "01K\(number)", user: "u1", token: "t1",
            apiID: "a\(number % 5)", apiSlug: "crm", endpoint: "e\(number % 8)", route: .direct,
            outcome: number % 97 == 0 ? "TIMEOUT" : "OK", method: "GET", pathTemplate: "/customers/{id}",
            upstreamStatus: 200, responseBytes: 85, times: [.init("total", microseconds: number % 9973)])
    }

    private func measure(_ what: String, _ clock: ContinuousClock, _ body: () -> Void) {
        body()
        let rounds = 20
        let time = clock.measure { for _ in 0..<rounds { body() } }
        print("\(what): \(Self.microseconds(time) / Double(rounds)) µs")
    }

    private static func processorMicroseconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1000
    }

    private static func microseconds(_ duration: Duration) -> Double {
        Double(duration.components.seconds) * 1e6 + Double(duration.components.attoseconds) / 1e12
    }
}
