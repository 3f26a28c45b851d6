import Glibc
import TestSupport
import Testing
import Value

@testable import Audit

@Suite("Journal", .timeLimit(.minutes(2)))
struct JournalTests {
    private let folder = TemporaryFolder()

    private func findings(after checkpoint: AuditChain = .empty, known: AuditChain = .empty) throws -> [String] {
        try JournalView(reading: folder.path).verify(after: checkpoint, known: known).findings.map(\.fault.description)
    }

    /// A record of few bytes, for what is done to every one of them.
    private static func small(_ number: Int) -> AuditRecord {
        AuditRecord(kind: .admin, time: 1, requestID: "r\(number)", outcome: "OK")
    }

    private func ids() throws -> [String] {
        try JournalView(reading: folder.path).records(after: 0, limit: .max).map {
            try JSON.parse($0.text)["request_id"]?.string ?? ""
        }
    }

    @Test("A: what was appended is there after opening again, verifies, and the chain goes on")
    func appends() throws {
        for round in 0..<3 {
            let (journal, opening) = try open(folder)
            #expect(opening.alarms.isEmpty && opening.cut == 0)
            #expect(journal.chain.sequence == Int64(round * 3))
            try journal.add((0..<3).map { record(round * 3 + $0) }, inOne: round == 1)
        }
        #expect(try findings().isEmpty)
        #expect(try ids() == (0..<9).map { "01J\($0)" })
        #expect(folder.segments.count == 1)
        var status = stat()
        #expect(stat(folder.segments[0], &status) == 0 && status.st_mode & 0o777 == 0o600)
    }

    @Test("A: an export of the journal is verified by itself")
    func export() throws {
        let (journal, _) = try open(folder)
        try journal.add((0..<200).map { record($0) })
        let lines = try journal.view.records(after: 0, limit: .max).map(\.text)
        func check(_ lines: [[UInt8]]) -> [AuditVerifier.Finding] {
            var verifier = AuditVerifier()
            for line in lines { verifier.check(text: line) }
            return verifier.findings
        }
        #expect(check(lines).isEmpty)
        var changed = lines
        changed[99] = Array(String(decoding: lines[99], as: UTF8.self).replacing("\"OK\"", with: "\"KO\"").utf8)
        #expect(check(changed) == [.changed(100)])
        #expect(check(Array(lines[..<50] + lines[51...])) == [.missing(first: 51, last: 51)])
    }

    @Test("A: segments end by size and by age, each names its place, and all verify")
    func rolls() throws {
        let time = Clock()
        let (journal, _) = try open(folder, options(bytes: 2000, age: 100, now: time.now))
        try journal.add((0..<40).map { record($0) }, inOne: false)
        let bySize = folder.segments.count
        #expect(bySize > 2)
        time.time.pointee = 100
        try journal.add([record(40)])
        #expect(folder.segments.count == bySize + 1)
        #expect(try findings().isEmpty)
        #expect(try ids() == (0...40).map { "01J\($0)" })
        try journal.settleIndexes()
        #expect(Folders.names(folder.path).count { $0.hasSuffix(".idx") } == bySize)
        let (again, opening) = try open(folder, options(bytes: 2000))
        #expect(again.chain == journal.chain && opening.alarms.isEmpty)
    }

    @Test("A: a segment cut at every byte opens at its last whole record, and goes on from there")
    func tornTail() throws {
        let (journal, _) = try open(folder)
        try journal.add((0..<4).map(Self.small))
        let path = try #require(folder.segments.first)
        let whole = TemporaryFolder.read(path)
        let frames = SegmentBytes(path).frames.map(\.count)
        for count in SegmentHead.size...whole.count {
            TemporaryFolder.write(Array(whole.prefix(count)), to: path)
            // Beside the relay, what is being written is no fault.
            #expect(try findings().isEmpty, "\(count)")
            let (again, opening) = try open(folder)
            var left = count - SegmentHead.size
            var kept = 0
            while kept < frames.count, left >= frames[kept] {
                left -= frames[kept]
                kept += 1
            }
            #expect(again.chain.sequence == Int64(kept) && opening.cut == left && opening.alarms.isEmpty, "\(count)")
            try again.add([record(100)])
            #expect(try findings().isEmpty && ids().count == kept + 1, "\(count)")
        }
    }

    @Test("a segment whose head was not finished is no segment, and the journal goes on without it")
    func tornHead() throws {
        let (journal, _) = try open(folder, options(bytes: 1))
        try journal.add([record(0), record(1)], inOne: false)
        let last = try #require(folder.segments.last)
        let head = TemporaryFolder.read(last)
        for count in 0..<SegmentHead.size {
            TemporaryFolder.write(Array(head.prefix(count)), to: last)
            let (again, opening) = try open(folder)
            #expect(opening.alarms.isEmpty && again.chain.sequence == 1, "\(count)")
        }
    }

    @Test("A: zeros at the end, as a probe that was cut short leaves them, are cut off")
    func zeros() throws {
        let (journal, _) = try open(folder)
        try journal.add([record(0)])
        let path = try #require(folder.segments.first)
        TemporaryFolder.write(TemporaryFolder.read(path) + [UInt8](repeating: 0, count: 70_000), to: path)
        let (again, opening) = try open(folder)
        #expect(opening.cut == 70_000 && again.chain.sequence == 1)
    }

    @Test("A: a flipped bit anywhere in a segment is found, and never cuts off a record behind it")
    func flippedBits() throws {
        let (journal, _) = try open(folder)
        try journal.add((0..<3).map(Self.small))
        let end = journal.chain
        let path = try #require(folder.segments.first)
        let whole = TemporaryFolder.read(path)
        for index in SegmentHead.size..<whole.count {
            var bytes = whole
            bytes[index] ^= 1 << UInt8(index % 8)
            TemporaryFolder.write(bytes, to: path)
            #expect(try !findings(known: end).isEmpty, "\(index)")
            let (again, opening) = try open(folder, known: end)
            #expect(!opening.alarms.isEmpty && again.chain == end, "\(index)")
            // The damaged segment stays as it is, but for its tail; a chain of its own goes on behind it.
            try again.add([record(9)])
            #expect(folder.segments.count == 2)
            #expect(Array(TemporaryFolder.read(path).prefix(whole.count)) == bytes, "\(index)")
            #expect(try !findings().isEmpty, "\(index)")
            unlink(folder.segments[1])
        }
        TemporaryFolder.write(whole, to: path)
        #expect(try findings(known: end).isEmpty)
    }

    /// What somebody does to a segment's ten frames.
    enum Tampering: CaseIterable {
        case removed, removedFirst, cutOff, changed, changedLast, swapped, damaged

        func apply(to frames: inout [[UInt8]]) {
            switch self {
            case .removed: frames.remove(at: 3)
            case .removedFirst: frames.remove(at: 0)
            case .cutOff: frames.removeLast(5)
            case .changed: frames[4] = SegmentBytes.changed(frames[4])
            case .changedLast: frames[9] = SegmentBytes.changed(frames[9])
            case .swapped: frames.swapAt(4, 5)
            case .damaged: frames[2][20] ^= 1
            }
        }

        var finding: String {
            switch self {
            case .removed: "Record 4 is missing."
            case .removedFirst: "Record 1 is missing."
            case .cutOff: "Records 6 to 10 are missing."
            case .changed: "Record 5 was changed."
            case .changedLast: "Record 10 was changed."
            case .swapped: "Record 5 stands where record 7 belongs."
            case .damaged: "Record 3 was changed."
            }
        }
    }

    @Test("A: a missing, changed or moved record is found in the file, wherever it is", arguments: Tampering.allCases)
    func tampered(tampering: Tampering) throws {
        let (journal, _) = try open(folder)
        try journal.add((0..<10).map { record($0) })
        let end = journal.chain
        #expect(try findings(known: end).isEmpty)
        let path = try #require(folder.segments.first)
        var segment = SegmentBytes(path)
        tampering.apply(to: &segment.frames)
        segment.write(to: path)
        let found = try findings(known: end)
        #expect(found.contains(tampering.finding), "\(found)")
    }

    @Test("A: a missing segment, one put twice, and one of another journal are found")
    func segments() throws {
        let (journal, _) = try open(folder, options(bytes: 600))
        try journal.add((0..<12).map { record($0) }, inOne: false)
        let paths = folder.segments
        #expect(paths.count > 3)
        let second = TemporaryFolder.read(paths[1])
        unlink(paths[1])
        #expect(try findings().first?.contains("missing") == true)
        let other = TemporaryFolder()
        let (stranger, _) = try open(other, options(bytes: 600))
        try stranger.add((50..<62).map { record($0) }, inOne: false)
        TemporaryFolder.write(TemporaryFolder.read(other.segments[1]), to: paths[1])
        #expect(try !findings().isEmpty)
        TemporaryFolder.write(second, to: paths[1])
        #expect(try findings().isEmpty)
        TemporaryFolder.write(second, to: paths[1] + "x.seg")
        #expect(try findings().contains { $0.contains("stands where") })
        unlink(paths[1] + "x.seg")
        // The beginning is known by the checkpoint alone.
        unlink(paths[0])
        #expect(try findings().first?.contains("missing") == true)
        let start = try #require(JournalView(reading: folder.path).start)
        #expect(try findings(after: start).isEmpty)
    }

    @Test("A: whoever takes over opens a chain that begins where the other stood; records missing between are an alarm")
    func takeover() throws {
        let (journal, _) = try open(folder, options(node: "a"))
        try journal.add([record(0), record(1)])
        let (other, opening) = try open(folder, options(node: "b"))
        #expect(opening.alarms.isEmpty && other.chain == journal.chain)
        try other.add([record(2)])
        let heads = try JournalView(reading: folder.path).segments.map(\.head)
        #expect(heads.count == 2 && heads[0].chain != heads[1].chain)
        #expect(heads[1].start == journal.chain && heads[1].node == "b")
        #expect(try findings().isEmpty)
        let known = AuditChain(sequence: 9, hash: .genesis)
        let (third, missing) = try open(folder, known: known, options(node: "b"))
        #expect(missing.alarms == ["Records 4 to 9 are missing."] && third.chain == known)
        try third.add([record(10)])
        #expect(try findings() == ["Records 4 to 9 are missing."])
    }

    @Test("A: a write that fails leaves nothing behind, whatever part of it was written; a probe tells what works")
    func limitedFile() throws {
        let end = try open(folder).journal.chain
        // A limit of this process would hit the files of other tests too.
        let child = try JournalChild.start(.limited, folder)
        #expect(child.wait() == 0)
        let (again, opening) = try open(folder)
        #expect(again.chain.sequence > end.sequence && opening.alarms.isEmpty && opening.cut == 0)
        try again.probe()
        try again.add([record(1)])
        #expect(try findings().isEmpty)
    }

    @Test("A: a process killed while it appends loses no record that it was told is on the disk")
    func killed() throws {
        for _ in 0..<8 {
            let child = try JournalChild.start(.appending, folder)
            // Killed at a moment that chance gives, once some are told.
            let wanted = child.told + Int64.random(in: 1...200)
            while child.told < wanted { usleep(200) }
            kill(child.process, SIGKILL)
            #expect(child.wait() == SIGKILL)
            #expect(try findings().isEmpty)
            #expect(try JournalView(reading: folder.path).end().sequence >= child.told)
        }
        let (journal, opening) = try open(folder)
        #expect(opening.alarms.isEmpty && journal.chain.sequence > 20)
    }

    @Test("A: a segment whose head is damaged is an alarm, its records are missing, and the journal goes on")
    func damagedHead() throws {
        let (journal, _) = try open(folder, options(bytes: 1))
        try journal.add((0..<3).map { record($0) }, inOne: false)
        let end = journal.chain
        for place in 0..<3 {
            let path = folder.segments[place]
            let whole = TemporaryFolder.read(path)
            for offset in [0, 20, 70] {
                var bytes = whole
                bytes[offset] ^= 0x40
                TemporaryFolder.write(bytes, to: path)
                let before = folder.segments
                let (again, opening) = try open(folder, known: end, options(bytes: 1))
                #expect(opening.alarms.contains { $0.contains(path) } && again.chain == end)
                #expect(try findings(known: end).contains("Record \(place + 1) is missing."))
                #expect(TemporaryFolder.read(path) == bytes)
                for new in folder.segments where !before.contains(new) { unlink(new) }
            }
            TemporaryFolder.write(whole, to: path)
        }
        #expect(try findings(known: end).isEmpty)
    }

    @Test("A: no time that is stored in a segment or a record ends the process", arguments: [Int64.min, -1, .max])
    func storedTimes(time: Int64) throws {
        let head = SegmentHead(format: .fields, chain: SegmentHead.newChain(), node: "", start: .empty, created: time)
        TemporaryFolder.write(head.bytes, to: folder.path + "/" + Segment.name(head))
        var odd = record(0)
        odd.time = time
        odd.times = [.init("total", microseconds: Int(time))]
        for number in 0..<3 {
            let (journal, opening) = try open(folder)
            #expect(opening.alarms.isEmpty)
            try journal.add([odd, record(number)])
            #expect(try journal.view.records(after: 0, limit: .max).count == 2 * (number + 1))
            #expect(try journal.view.logs(AuditQuery(user: odd.user ?? "")).records.count == 2 * (number + 1))
        }
        #expect(try findings().isEmpty)
    }

    @Test("what a later version wrote is refused in one sentence and left as it is")
    func laterVersion() throws {
        let (journal, _) = try open(folder)
        try journal.add([record(0)])
        let path = try #require(folder.segments.first)
        var bytes = TemporaryFolder.read(path)
        bytes[7] += 1
        TemporaryFolder.write(bytes, to: path)
        let error = #expect(throws: JournalError.self) { try open(folder) }
        #expect(error?.code == .newerVersion)
        #expect(TemporaryFolder.read(path) == bytes)
    }
}

/// Microseconds that a test sets.
final class Clock: @unchecked Sendable {
    let time = UnsafeMutablePointer<Int64>.allocate(capacity: 1)

    init() { time.pointee = 0 }
    deinit { time.deallocate() }

    var now: @Sendable () -> Int64 { { self.time.pointee } }
}
