import Audit
import Testing

@Suite("Audit chain")
struct AuditChainTests {
    private func findings(
        _ entries: [AuditEntry], head: AuditChain? = nil, change: (Int, [UInt8]) -> [UInt8] = { $1 }
    ) -> [AuditVerifier.Finding] {
        var verifier = AuditVerifier()
        for (index, entry) in entries.enumerated() {
            let stored = AuditChain(sequence: entry.sequence, hash: entry.hash)
            verifier.check(text: change(index, entry.text), stored: stored)
        }
        verifier.finish(head: head)
        return verifier.findings
    }

    private func exported(_ texts: [[UInt8]]) -> [AuditVerifier.Finding] {
        var verifier = AuditVerifier()
        for text in texts { verifier.check(text: text) }
        return verifier.findings
    }

    private func edited(_ text: [UInt8]) -> [UInt8] {
        Array(String(decoding: text, as: UTF8.self).replacing("get_customer", with: "del_customer").utf8)
    }

    @Test("A: an untouched chain verifies, stored and exported")
    func untouched() {
        let entries = chained(20)
        let head = AuditChain(sequence: 20, hash: entries[19].hash)
        #expect(findings(entries, head: head).isEmpty)
        #expect(exported(entries.map(\.text)).isEmpty)
    }

    @Test("a position at the end of the numbers is unreadable, and traps nothing")
    func positions() {
        let entries = chained(2)
        for position in [Int64.max, .max - 1, .min, -1] {
            var verifier = AuditVerifier()
            for entry in entries {
                verifier.check(text: entry.text, stored: AuditChain(sequence: position, hash: entry.hash))
            }
            #expect(verifier.findings.contains(.unreadable(position)))
            let text = String(decoding: entries[0].text, as: UTF8.self)
                .replacing("\"sequence\":1", with: "\"sequence\":\(position)")
            #expect(exported([Array(text.utf8), Array(text.utf8), entries[1].text]).isEmpty == false)
            #expect(AuditVerifier.start(ofExport: Array(text.utf8)) == nil)
        }
    }

    @Test("A: a missing record is found, wherever it stood")
    func missing() {
        let entries = chained(6)
        let head = AuditChain(sequence: 6, hash: entries[5].hash)
        #expect(findings(Array(entries.dropFirst()), head: head) == [.missing(first: 1, last: 1)])
        #expect(
            findings(entries.filter { $0.sequence != 3 && $0.sequence != 4 }, head: head) == [
                .missing(first: 3, last: 4)
            ])
        #expect(findings(Array(entries.dropLast()), head: head) == [.missing(first: 6, last: 6)])
        #expect(exported(entries.filter { $0.sequence != 3 }.map(\.text)) == [.missing(first: 3, last: 3)])
    }

    @Test("A: a changed record is found, with and without its hash adjusted")
    func changed() {
        let entries = chained(5)
        #expect(findings(entries) { $0 == 2 ? edited($1) : $1 } == [.changed(3)])
        var verifier = AuditVerifier()
        for entry in entries {
            let text = entry.sequence == 3 ? edited(entry.text) : entry.text
            verifier.check(text: text, stored: AuditChain(sequence: entry.sequence, hash: AuditHash(of: text)))
        }
        #expect(verifier.findings == [.changed(4)])
        #expect(exported(entries.map { $0.sequence == 3 ? edited($0.text) : $0.text }) == [.changed(3)])
    }

    @Test("A: reordered records are found")
    func reordered() {
        let entries = chained(5)
        let swapped = [0, 2, 1, 3, 4].map { entries[$0].text }
        #expect(exported(swapped).contains(.reordered(expected: 4, found: 2)))
        // The same in the store: texts and hashes of rows 2 and 3 exchanged.
        var verifier = AuditVerifier()
        for (index, other) in [0, 2, 1, 3, 4].enumerated() {
            verifier.check(
                text: entries[other].text,
                stored: AuditChain(sequence: Int64(index + 1), hash: entries[other].hash))
        }
        #expect(verifier.findings.contains(.reordered(expected: 2, found: 3)))
        #expect(verifier.findings.contains(.reordered(expected: 3, found: 2)))
    }

    @Test("a line that is no record is named, and the walk goes on")
    func unreadable() {
        var texts = chained(3).map(\.text)
        texts[1] = Array("{".utf8)
        #expect(exported(texts).first == .unreadable(2))
    }

    @Test("findings are bounded")
    func bounded() {
        var verifier = AuditVerifier(limit: 3)
        for _ in 0..<10 { verifier.check(text: []) }
        #expect(verifier.findings.count == 3)
    }
}
