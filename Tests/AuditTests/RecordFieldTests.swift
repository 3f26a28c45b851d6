import Testing
import Value

@testable import Audit

@Suite("Record fields")
struct RecordFieldTests {
    private func decoded(_ bytes: [UInt8]) -> AuditRecord? { bytes.withUnsafeBytes { AuditRecord(bytes: $0) } }

    private func text(_ bytes: [UInt8]) -> String? {
        bytes.withUnsafeBytes { RecordText.text($0) }.map { String(decoding: $0, as: UTF8.self) }
    }

    /// A record with a value in every field.
    static var full: AuditRecord {
        var record = record(7)
        record.parent = "01JP"
        record.stage = "origin"
        record.attempts = 2
        record.action = "a"
        record.target = "t\u{0}\u{1F512}"
        record.principal = .init(kind: "person", subject: "ada")
        record.owner = .init(kind: "organisation", id: "org_1")
        record.node = "relay-1"
        record.chain = "00ff"
        record.approval = "apr_1"
        return record
    }

    @Test("a record comes back from its bytes as it was, with every field")
    func roundTrip() {
        for record in [Self.full, record(1)] { #expect(decoded(RecordWriter(record).bytes) == record) }
        var admin = AuditRecord(kind: .admin, time: -1, requestID: "", outcome: "OK")
        admin.times = [.init("", microseconds: .min), .init("x", microseconds: .max)]
        #expect(decoded(RecordWriter(admin).bytes) == admin)
    }

    @Test("A: a record's JSON text turns back into the very bytes that are chained")
    func canonical() throws {
        var chain = AuditChain.empty
        for record in [Self.full, record(1), AuditRecord(kind: .admin, time: 0, requestID: "r", outcome: "OK")] {
            let entry = chain.next(record)
            #expect(RecordText.bytes(of: entry.text) == entry.bytes)
            #expect(try JSON.parse(entry.text)["sequence"]?.int == Int(entry.sequence))
        }
    }

    @Test("A: fields that are not known are passed over, hashed, and come back from an export")
    func unknownFields() throws {
        var writer = RecordWriter(record(1))
        writer.add(40, Array("hello".utf8))
        writer.add(200, [])
        writer.add(40, [0xff])
        writer.add(RecordField.user.rawValue, [0xff, 0xfe])
        var bytes = writer.bytes
        RecordWriter.close(&bytes, after: .empty)
        let line = try #require(bytes.withUnsafeBytes { RecordText.text($0) })
        #expect(RecordText.bytes(of: line) == bytes)
        #expect(text(bytes)?.contains(##""#40":"68656c6c6f","#200":"","#40~1":"ff","#5":"fffe""##) == true)
        #expect(bytes.withUnsafeBytes { RecordView($0) }?.sequence == 1)
        var verifier = AuditVerifier()
        bytes.withUnsafeBytes { verifier.check(record: $0) }
        #expect(verifier.findings.isEmpty && verifier.chain.hash == AuditHash(of: bytes))
        bytes[0] = 9
        let other = try #require(bytes.withUnsafeBytes { RecordText.text($0) })
        #expect(RecordText.bytes(of: other) == bytes)
    }

    @Test("times at the ends of what a text can say come back, and those beyond stand under their number")
    func times() throws {
        for time in [
            Int64.min, RecordText.times.lowerBound - 1, RecordText.times.lowerBound, -1, 0,
            RecordText.times.upperBound, RecordText.times.upperBound + 1, .max,
        ] {
            var one = record(1)
            one.time = time
            let bytes = RecordWriter(one).bytes
            let line = try #require(bytes.withUnsafeBytes { RecordText.text($0) })
            #expect(RecordText.bytes(of: line) == bytes)
            let isTold = try JSON.parse(line)["time"] != nil
            #expect(isTold == RecordText.times.contains(time))
        }
    }

    @Test("a record cut at any byte is none, or one without its place; nothing traps")
    func cut() {
        let bytes = chained(2)[1].bytes
        for count in bytes.indices {
            #expect(Array(bytes.prefix(count)).withUnsafeBytes { RecordView($0) } == nil)
            _ = decoded(Array(bytes.prefix(count)))
            _ = text(Array(bytes.prefix(count)))
        }
    }

    @Test("any byte of a record changed is another record, or none; nothing traps")
    func flipped() {
        let bytes = RecordWriter(Self.full).bytes
        for index in bytes.indices {
            for bit in index < 24 ? Array(0..<8) : [index % 8] {
                var changed = bytes
                changed[index] ^= 1 << UInt8(bit)
                #expect(AuditHash(of: changed) != AuditHash(of: bytes))
                _ = decoded(changed)
                let line = changed.withUnsafeBytes { RecordText.text($0) }
                if let line { #expect(RecordText.bytes(of: line) == changed, "\(index) \(bit)") }
            }
        }
    }

    @Test("numbers are read as they are written, and in no other form")
    func numbers() {
        for number in [Int64.min, -1, 0, 1, 63, 64, 8191, .max] {
            var bytes: [UInt8] = []
            LEB128.append(LEB128.zigzag(number), to: &bytes)
            #expect(bytes.count == Int(LEB128.size(LEB128.zigzag(number))))
            var offset = 0
            let read = bytes.withUnsafeBytes { LEB128.read($0, at: &offset) }
            #expect(read.map(LEB128.unzigzag) == number && offset == bytes.count)
        }
        for bytes: [UInt8] in [[], [0x80], [0x80, 0], [UInt8](repeating: 0xff, count: 10)] {
            var offset = 0
            #expect(bytes.withUnsafeBytes { LEB128.read($0, at: &offset) } == nil)
        }
    }

    @Test("a record that is larger than one may be is refused")
    func tooLarge() {
        var large = record(1)
        large.target = String(repeating: "x", count: 65 << 10)
        #expect(throws: AuditError.self) { try AuditPending(large) }
    }
}
