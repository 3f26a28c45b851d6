import TestSupport
import Testing
import Value

@testable import Audit

@Suite("Journal pages", .timeLimit(.minutes(2)))
struct JournalPageTests {
    private let folder = TemporaryFolder()

    /// Records of three APIs and five endpoints, some of which failed, one a second.
    static func record(_ number: Int) -> AuditRecord {
        var one = AuditRecord(
            kind: number % 41 == 40 ? .begin : .call, time: Int64(number) * 1_000_000, requestID: "r\(number)",
            user: number % 13 == 12 ? "u2" : "u1", apiID: number % 29 == 28 ? nil : "a\(number % 3)",
            endpoint: "e\(number % 5)", outcome: "OK", upstreamStatus: 200, times: [.init("total", microseconds: 5)])
        if number % 97 == 50 { (one.outcome, one.upstreamStatus) = ("TIMEOUT", nil) }
        if number % 61 == 7 { (one.outcome, one.upstreamStatus) = ("UPSTREAM_ERROR", 500) }
        if number % 83 == 9 { one.upstreamStatus = 201 }
        return one
    }

    private func fill(_ count: Int) throws -> Journal {
        let (journal, _) = try open(folder, options(bytes: 30_000))
        for start in stride(from: 0, to: count, by: 37) {
            try journal.add((start..<min(start + 37, count)).map(Self.record))
        }
        return journal
    }

    /// All pages' request ids.
    private func pages(_ view: JournalView, _ query: AuditQuery) throws -> [String] {
        var query = query
        var seen: [String] = []
        repeat {
            let page = try view.logs(query)
            #expect(page.records.count <= query.limit)
            seen += try page.records.map { try JSON.parse($0)["request_id"]?.string ?? "" }
            query.cursor = page.next
        } while query.cursor != nil
        return seen
    }

    /// The same by looking at every record.
    private func expected(_ count: Int, _ query: AuditQuery) -> [String] {
        Self.records[..<count].reversed().filter { Self.fits($0, query) }.map(\.requestID)
    }

    private static let records = (0..<1000).map(record)

    private static func fits(_ record: AuditRecord, _ query: AuditQuery) -> Bool {
        if record.user != query.user || !query.kinds.contains(record.kind) { return false }
        if let api = query.api, record.apiID != api { return false }
        if let endpoint = query.endpoint, record.endpoint != endpoint { return false }
        if let outcome = query.outcome {
            if outcome == AuditQuery.anyFailure, record.outcome == "OK" { return false }
            if outcome != AuditQuery.anyFailure, record.outcome != outcome { return false }
        }
        if let status = query.upstreamStatus, record.upstreamStatus != status { return false }
        if let id = query.requestID, record.requestID != id { return false }
        if let since = query.since, record.time < since { return false }
        if let until = query.until, record.time >= until { return false }
        return true
    }

    @Test("pages by every condition, and by any two, hold what a walk over all records finds, in order, each once")
    func conditions() throws {
        let count = 1000
        let journal = try fill(count)
        #expect(folder.segments.count > 3)
        let conditions: [(inout AuditQuery) -> Void] = [
            { _ in }, { $0.api = "a1" }, { $0.endpoint = "e2" }, { $0.outcome = "TIMEOUT" }, { $0.outcome = "OK" },
            { $0.outcome = AuditQuery.anyFailure }, { $0.upstreamStatus = 500 }, { $0.upstreamStatus = 200 },
            { $0.upstreamStatus = 404 }, { $0.requestID = "r500" }, { $0.since = 300_000_000 },
            { $0.until = 700_500_000 }, { $0.api = "none" }, { $0.kinds = [.begin] },
        ]
        for isSettled in [false, true] {
            if isSettled { try journal.settleIndexes() }
            for (number, first) in conditions.enumerated() {
                for second in conditions[number...] {
                    for user in isSettled ? ["u1"] : ["u2"] {
                        var query = AuditQuery(user: user, api: "a0")
                        query.limit = 50
                        first(&query)
                        second(&query)
                        #expect(try pages(journal.view, query) == expected(count, query), "\(query)")
                    }
                }
            }
        }
        // As another process reads it.
        var query = AuditQuery(user: "u1")
        query.limit = 7
        #expect(try pages(JournalView(reading: folder.path), query) == expected(count, query))
    }

    @Test("a page shows a record the moment after it was appended and settled, also in a block that is not full")
    func latest() throws {
        let (journal, _) = try open(folder)
        for number in 0..<200 {
            try journal.add([Self.record(number)])
            var query = AuditQuery(user: "u1")
            query.limit = 1
            #expect(try pages(journal.view, query).first == expected(number + 1, query).first)
        }
    }

    @Test("an index that is missing, cut off or changed is made anew, and pages stay right")
    func brokenIndex() throws {
        let journal = try fill(1000)
        try journal.settleIndexes()
        var query = AuditQuery(user: "u1", api: "a1")
        query.outcome = "UPSTREAM_ERROR"
        let right = expected(1000, query)
        let names = Folders.names(folder.path).filter { $0.hasSuffix(".idx") }
        #expect(names.count > 2)
        let path = folder.path + "/" + names[1]
        let whole = TemporaryFolder.read(path)
        for bytes in [[], Array(whole.prefix(100)), Array(whole.dropLast(7))] {
            TemporaryFolder.write(bytes, to: path)
            #expect(try pages(journal.view, query) == right)
            #expect(TemporaryFolder.read(path) == whole)
        }
        // A byte that its checksum alone tells of: found when the segment is verified, and harmless until then.
        for index in stride(from: 0, to: whole.count, by: 11) {
            var bytes = whole
            bytes[index] ^= 0xff
            TemporaryFolder.write(bytes, to: path)
            _ = try pages(journal.view, query)
            guard let file = IndexFile(path) else { continue }
            #expect(!file.isWhole() || TemporaryFolder.read(path) == whole, "\(index)")
        }
    }

    @Test("a journal reads on over a damaged record, and only that is missing from pages and walks")
    func damaged() throws {
        let journal = try fill(500)
        try journal.settleIndexes()
        let path = folder.segments[1]
        var bytes = TemporaryFolder.read(path)
        bytes[SegmentHead.size + 8 + 30] ^= 1
        TemporaryFolder.write(bytes, to: path)
        let damaged = try JournalView(reading: folder.path).segments[1].head.start.sequence + 1
        let found = try JournalView(reading: folder.path).records(after: 0, limit: .max)
        #expect(found.map(\.stored.sequence) == (1...500).map(Int64.init).filter { $0 != damaged })
        var query = AuditQuery(user: "u1")
        query.limit = 1000
        let id = Self.record(Int(damaged) - 1).requestID
        #expect(try pages(journal.view, query) == expected(500, query).filter { $0 != id })
    }

    @Test("walks begin at any record")
    func walks() throws {
        let journal = try fill(300)
        for start in [0, 1, 63, 64, 65, 150, 299, 300, 1000] {
            let found = try journal.view.records(after: Int64(start), limit: 70).map(\.stored.sequence)
            #expect(found == (start + 1..<start + 71).filter { $0 <= 300 }.map(Int64.init))
        }
    }

    @Test("a segment ends before its index has more keys than it may")
    func keys() throws {
        var index = BlockIndex()
        var one = Self.record(0)
        var count = 0
        while !index.isFull {
            one.endpoint = "made-up-\(count)"
            index.add(one, at: 160)
            count += 1
        }
        #expect(count <= BlockIndex.maximumKeys)
    }
}
