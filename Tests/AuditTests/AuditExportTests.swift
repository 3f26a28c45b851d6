import Audit
import Testing
import Value

@Suite("Audit export")
struct AuditExportTests {
    private func export(_ export: AuditExport, _ entries: [AuditEntry]) throws -> String {
        var output: [UInt8] = []
        try export.run(MemoryAuditLog(entries: entries)) { output += $0 }
        return String(decoding: output, as: UTF8.self)
    }

    @Test("A: exported lines are the records byte for byte, and verify")
    func lines() throws {
        let entries = chained(10)
        let lines = try export(AuditExport(.jsonLines), entries).split(separator: "\n")
        #expect(lines.map { Array($0.utf8) } == entries.map(\.text))
        var verifier = AuditVerifier()
        for line in lines { verifier.check(text: Array(line.utf8)) }
        #expect(verifier.findings.isEmpty)
    }

    @Test("A: an export that begins after a cut verifies from the hash its first record names")
    func afterCut() throws {
        let entries = chained(10)
        let start = try #require(AuditVerifier.start(ofExport: entries[4].text))
        #expect(start == AuditChain(sequence: 4, hash: entries[3].hash))
        var verifier = AuditVerifier(after: start)
        for entry in entries[4...] { verifier.check(text: entry.text) }
        #expect(verifier.findings.isEmpty && verifier.chain.sequence == 10)
        #expect(AuditVerifier.start(ofExport: Array("{}".utf8)) == nil)
    }

    @Test("a table has one row a record, its header first, lines ended as RFC 4180 has it")
    func csv() throws {
        let rows = try export(AuditExport(.csv), chained(2)).split(separator: "\r\n")
        #expect(rows.count == 3)
        #expect(rows[0].hasPrefix("sequence,time,kind,request_id,user_id,"))
        #expect(
            rows[1].hasPrefix("1,2026-01-02T03:04:05.000006Z,call,01J1,u1,t1,a1,my_company_crm,get_customer,tunnel,"))
        #expect(rows[1].contains(#","s""1",OK,"#))
    }

    @Test(
        "a cell that a spreadsheet would take for a formula is text",
        arguments: ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", "|cmd"])
    func formulas(value: String) throws {
        var hostile = record(1)
        hostile.endpoint = value
        var chain = AuditChain.empty
        let text = try export(AuditExport(.csv), [chain.next(hostile)])
        #expect(text.contains(",\"'\(value)\","))
    }

    @Test("line breaks, quotes and commas stay inside their cell")
    func quoting() throws {
        var odd = record(1)
        odd.endpoint = "a,\"b\"\r\nc"
        var chain = AuditChain.empty
        #expect(try export(AuditExport(.csv), [chain.next(odd)]).contains(",\"a,\"\"b\"\"\r\nc\","))
    }

    @Test("an export can be limited in time")
    func times() throws {
        var chain = AuditChain.empty
        let entries = (0..<5).map { number in
            var one = record(number)
            one.time = Int64(number) * 1_000_000
            return chain.next(one)
        }
        let some = try export(AuditExport(.jsonLines, since: 1_000_000, until: 3_000_000), entries)
        #expect(some.split(separator: "\n").map { Array($0.utf8) } == entries[1...2].map(\.text))
        #expect(try export(AuditExport(.csv, since: 9_000_000), entries).split(separator: "\r\n").count == 1)
    }

    @Test("A: a walk verifies from the checkpoint, and finds what was done to the rest")
    func walk() throws {
        let entries = chained(10)
        let cut = AuditCheckpoint(chain: AuditChain(sequence: 4, hash: entries[3].hash))
        var log = MemoryAuditLog(entries: Array(entries[4...]), checkpoint: cut)
        let sound = try AuditWalk(log, page: 2).verify()
        #expect(sound.verifier.findings.isEmpty && sound.records == 6)
        log.entries.remove(at: 0)
        #expect(try AuditWalk(log).verify().verifier.findings == [.missing(first: 5, last: 5)])
        log.entries = Array(entries[4...])
        log.checkpoint = AuditCheckpoint(chain: AuditChain(sequence: 4, hash: entries[2].hash))
        #expect(try AuditWalk(log).verify().verifier.findings == [.changed(5)])
        log.checkpoint = .none
        #expect(try AuditWalk(log).verify().verifier.findings == [.missing(first: 1, last: 4)])
    }
}
