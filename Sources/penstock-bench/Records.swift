import Audit
import Failure
import Glibc
import StoreSQLite

/// Fills the audit of a relay that is not running, through the relay's own ledger: chain, indexes and figures are real.
///
/// The records are spread over the last 30 days. Nine of ten are of one API and its five endpoints, of which one call in
/// a thousand failed at the API and one in two thousand timed out; the tenth is another API's.
struct Records {
    private static let microsecondsPerDay: Int64 = 86_400_000_000
    /// Records in one commit.
    private static let batch = 1000
    private static let endpoints = ["get_customer", "list_customers", "search_customers", "get_order", "list_orders"]

    private let data: String
    private let user: String
    private let api: String
    private let slug: String
    private let count: Int

    init(_ options: Options) throws {
        data = try options.text("data")
        user = try options.text("user")
        api = try options.text("api")
        slug = try options.text("slug")
        count = try options.number("count")
    }

    /// Prints the cursor of a page that nine tenths of the records come before.
    func run() async throws {
        let store = try SQLiteStore(path: data + "/penstock.db")
        let folder = "\(data)/audit/\(try store.journalGeneration())"
        let (ledger, _) = try AuditLedger.open(folder, figures: store)
        let period = 30 * Self.microsecondsPerDay
        let start = Int64(time(nil)) * 1_000_000 - period
        let step = max(period / Int64(count), 1)
        let before = try ledger.storedChain().sequence
        var (appending, deriving) = (0.0, 0.0)
        var cursor: AuditCursor?
        var number = 0
        while number < count {
            let end = min(number + Self.batch, count)
            var records: [AuditRecord] = []
            records.reserveCapacity(end - number)
            for number in number..<end {
                let record = record(number, time: start + Int64(number) * step)
                if number == count / 10 {
                    cursor = AuditCursor(time: record.time, sequence: before + Int64(number) + 1)
                }
                records.append(record)
            }
            let started = Self.processorMicroseconds()
            try ledger.append(records.map { try AuditPending($0) })
            let appended = Self.processorMicroseconds()
            ledger.settle()
            number = end
            // As often as a relay that records this fast would.
            if number.isMultiple(of: 100_000) { try ledger.flush() }
            appending += appended - started
            deriving += Self.processorMicroseconds() - appended
        }
        try ledger.flush()
        try store.close()
        Bench.say("append \(Self.each(appending, count)) µs a record")
        Bench.say("derive \(Self.each(deriving, count)) µs a record")
        if let cursor { Bench.say("cursor \(cursor)") }
    }

    private static func each(_ microseconds: Double, _ count: Int) -> Double {
        (microseconds / Double(count) * 100).rounded() / 100
    }

    private static func processorMicroseconds() -> Double {
        var time = timespec()
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time)
        return Double(time.tv_sec) * 1e6 + Double(time.tv_nsec) / 1000
    }

    private func record(_ number: Int, time: Int64) -> AuditRecord {
        let isOther = number % 10 == 9
        // A stride that is prime to all periods, so that times do not follow endpoints.
        let origin = 900 + number &* 7919 % 40_000
        var record = AuditRecord(
            kind: .call, time: time, requestID: Self.requestID(number, time: time), user: user,
            token: "tok_01J00000000000000000000000", apiID: isOther ? "api_01J00000000000000000000000" : api,
            apiSlug: isOther ? "another" : slug, endpoint: Self.endpoints[number / 10 % Self.endpoints.count],
            route: .direct, outcome: "OK", method: "GET", pathTemplate: "/customers/{customer_id}", upstreamStatus: 200,
            responseBytes: 85,
            times: [.init("origin", microseconds: origin), .init("total", microseconds: origin + 400)])
        if number % 1000 == 500 {
            record.outcome = "UPSTREAM_ERROR"
            record.stage = "origin"
            record.upstreamStatus = 500
        } else if number % 2000 == 250 {
            record.outcome = "TIMEOUT"
            record.stage = "origin"
            record.upstreamStatus = nil
        }
        return record
    }

    /// As long as a relay's, unique, and in the order of time.
    private static func requestID(_ number: Int, time: Int64) -> String {
        let text = String(time, radix: 32, uppercase: true) + "0" + String(number, radix: 32, uppercase: true)
        return String(repeating: "0", count: max(0, 26 - text.count)) + text
    }
}
