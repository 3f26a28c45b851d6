import Glibc
import Synchronization

/// A relay's records, appended to segment files in one folder.
///
/// A segment is begun when the one before has its size or its day, and sealed then. Records are on the disk when
/// ``append(_:)`` returns. One process at a time appends; any may read beside it.
package final class Journal: Sendable {
    package struct Options: Sendable {
        /// Bytes after which a segment is sealed. Default 64 MiB.
        package var segmentBytes = 64 << 20
        /// Microseconds after which a segment is sealed. Default one day.
        package var segmentAge: Int64 = 86_400_000_000
        /// The machine, named in the heads of segments. A journal that another machine goes on with gets a chain of its own.
        package var node = ""
        /// Microseconds since 1970.
        package var now: @Sendable () -> Int64 = WallClock.microseconds

        package init() {}
    }

    package let folder: String
    private let options: Options
    private let writer: Mutex<Writer>
    private let list: Mutex<[Segment]>

    private struct Writer {
        var segment: Segment
        var file: JournalFile
        /// Bytes of the open segment that are known to be on the disk.
        var length: Int
        var chain: AuditChain
        /// Whether what stands behind `length` has to be cut off first: a write failed.
        var isInDoubt = false
        /// Whether the open segment's index is full.
        var isFull = false
        /// Appended, and not indexed yet.
        var unsettled: [(segment: Segment, records: [(record: AuditPending, offset: Int)])] = []
        /// Kept for its capacity.
        var buffer: [UInt8] = []
    }

    /// What was found when a journal was opened.
    package struct Opening: Sendable {
        /// Bytes of an unfinished record that were cut off.
        package var cut = 0
        /// Why it does not verify; empty where it does.
        package var alarms: [String] = []
    }

    /// Opens the journal in a folder, and makes the folder if need be. Verifies only the open segment, and cuts off the
    /// unfinished record that the last process may have left there.
    ///
    /// - Parameter known: the end of the chain as known from elsewhere. Where the journal ends before it, records are
    ///   missing: an alarm, and the chain goes on behind them.
    /// - Returns: the journal, and what the operator has to hear.
    package static func open(
        _ folder: String, known: AuditChain = .empty, options: Options = Options()
    ) throws -> (journal: Journal, opening: Opening) {
        try makeFolder(folder)
        var opening = Opening()
        var segments = try JournalView.segments(in: folder, removingUnfinished: true) { opening.alarms.append($0) }
        var end = AuditChain.empty
        var last: (segment: Segment, scan: Segment.Scan, isGood: Bool)?
        if let found = segments.last {
            let segment = Segment(path: found.path, head: found.head, length: found.length, isSealed: false)
            var verifier = AuditVerifier(after: segment.head.start, limit: 3)
            let scan = try segment.scan(&verifier)
            end = scan.end
            opening.alarms += verifier.findings.map { "\(segment.name): \($0)" }
            last = (segment, scan, verifier.findings.isEmpty && segment.head.format == .fields)
        }
        if known.sequence > end.sequence {
            opening.alarms.append(
                AuditVerifier.Finding.missing(first: end.sequence + 1, last: known.sequence).description)
            end = known
            last?.isGood = false
        }
        let head: SegmentHead
        if let last, last.isGood, last.segment.head.node == options.node {
            let file = try JournalFile.append(last.segment.path)
            opening.cut = last.segment.length - last.scan.length
            if opening.cut > 0 {
                try file.truncate(to: last.scan.length)
                try file.sync()
            }
            let segment = Segment(
                path: last.segment.path, head: last.segment.head, length: last.scan.length, end: end,
                index: last.scan.index, isSealed: false)
            segments[segments.count - 1] = segment
            let writer = Writer(segment: segment, file: file, length: last.scan.length, chain: end)
            return (Journal(folder, options, writer, segments), opening)
        }
        // A chain of its own, which begins where the other stood.
        head = SegmentHead(
            format: .fields, chain: SegmentHead.newChain(), node: options.node, start: end, created: options.now())
        let (segment, file) = try create(head, in: folder)
        segments.append(segment)
        let writer = Writer(segment: segment, file: file, length: SegmentHead.size, chain: end)
        return (Journal(folder, options, writer, segments), opening)
    }

    private init(_ folder: String, _ options: Options, _ writer: Writer, _ segments: [Segment]) {
        self.folder = folder
        self.options = options
        self.writer = Mutex(writer)
        list = Mutex(segments)
    }

    /// The last record that is on the disk.
    package var chain: AuditChain { writer.withLock { $0.chain } }

    /// What can be read, as of now.
    package var view: JournalView { JournalView(list.withLock { $0 }) }

    /// Appends records, in this order, and returns when they are on the disk. All or none.
    ///
    /// Throws `JournalError` `.full` or `.io`; then nothing was appended, and nothing is until the disk takes it again.
    package func append(_ records: [AuditPending]) throws(JournalError) {
        try writer.withLock { (writer) throws(JournalError) in
            try settleDoubt(&writer)
            if mustRoll(writer) { try roll(&writer) }
            var chain = writer.chain
            var places: [(record: AuditPending, offset: Int)] = []
            places.reserveCapacity(records.count)
            writer.buffer.removeAll(keepingCapacity: writer.buffer.capacity <= 8 << 20)
            for record in records {
                places.append((record, writer.length + writer.buffer.count))
                chain = Self.append(record.fields, after: chain, to: &writer.buffer)
            }
            try write(&writer)
            writer.length += writer.buffer.count
            writer.chain = chain
            writer.segment.grow(to: writer.length, end: chain)
            writer.unsettled.append((writer.segment, places))
        }
    }

    /// Writes something, and takes it away, to learn whether records can be written.
    package func probe() throws(JournalError) {
        try writer.withLock { (writer) throws(JournalError) in
            try settleDoubt(&writer)
            writer.buffer = [UInt8](repeating: 0, count: Self.probeBytes)
            try write(&writer)
            writer.isInDoubt = true
            try settleDoubt(&writer)
        }
    }

    /// Room that there has to be before calls are taken again: some hundred records, and more than a block of any disk.
    private static let probeBytes = 64 << 10

    /// Indexes what was appended since the last time.
    ///
    /// - Returns: those records, oldest first, and the place of the last one.
    package func settle() -> (records: [AuditPending], end: AuditChain) {
        let (unsettled, end) = writer.withLock { writer in
            defer { writer.unsettled = [] }
            return (writer.unsettled, writer.chain)
        }
        var records: [AuditPending] = []
        for (segment, added) in unsettled {
            if segment.index(added) { writer.withLock { if $0.segment === segment { $0.isFull = true } } }
            records += added.lazy.map(\.record)
        }
        return (records, end)
    }

    /// Writes the indexes of segments that were sealed since the last time.
    package func settleIndexes() throws {
        for segment in list.withLock({ $0 }) { try segment.settleIndex() }
    }

    /// Seals the open segment where all of its records are older than `time`, so that it can be dropped as a whole.
    func sealIfOlder(than time: Int64) throws {
        let segment = writer.withLock { $0.segment }
        let index = try segment.index()
        guard index.blockCount > 0, index.latest < time else { return }
        try writer.withLock { (writer) throws(JournalError) in
            guard writer.segment === segment, writer.unsettled.isEmpty else { return }
            try settleDoubt(&writer)
            try roll(&writer)
        }
    }

    /// Removes the oldest segment, which has to be `segment`.
    func remove(_ segment: Segment) throws(JournalError) {
        list.withLock { segments in
            if segments.first === segment { segments.removeFirst() }
        }
        try JournalView.remove(segment)
    }

    // MARK: Writing

    /// Appends a frame with a record and its place in the chain, and returns that.
    private static func append(_ fields: [UInt8], after chain: AuditChain, to buffer: inout [UInt8]) -> AuditChain {
        let start = buffer.count
        buffer.append(littleEndian: UInt64(0))
        buffer.append(contentsOf: fields)
        RecordWriter.close(&buffer, after: chain)
        return buffer.withUnsafeMutableBytes { buffer in
            let record = UnsafeRawBufferPointer(rebasing: buffer[(start + Frame.headSize)...])
            buffer.storeBytes(of: UInt32(record.count).littleEndian, toByteOffset: start, as: UInt32.self)
            buffer.storeBytes(of: Checksum.of(record).littleEndian, toByteOffset: start + 4, as: UInt32.self)
            return AuditChain(sequence: chain.sequence + 1, hash: AuditHash(of: record))
        }
    }

    /// Puts the buffer behind what is known to be on the disk.
    private func write(_ writer: inout Writer) throws(JournalError) {
        writer.isInDoubt = true
        do throws(JournalError) {
            try writer.file.append(writer.buffer)
            try writer.file.sync()
            writer.isInDoubt = false
        } catch {
            // What of it was written takes room that is needed, and no attempt may rely on it.
            try? settleDoubt(&writer)
            throw error
        }
    }

    /// Cuts off what a write that failed has left.
    private func settleDoubt(_ writer: inout Writer) throws(JournalError) {
        guard writer.isInDoubt else { return }
        try writer.file.truncate(to: writer.length)
        try writer.file.sync()
        writer.isInDoubt = false
    }

    private func mustRoll(_ writer: Writer) -> Bool {
        guard writer.length > SegmentHead.size else { return false }
        // What a file says of its time may be any number.
        let (age, isAges) = options.now().subtractingReportingOverflow(writer.segment.head.created)
        return writer.isFull || writer.length >= options.segmentBytes || isAges || age >= options.segmentAge
    }

    private func roll(_ writer: inout Writer) throws(JournalError) {
        var head = writer.segment.head
        head.start = writer.chain
        head.created = options.now()
        let (segment, file) = try Self.create(head, in: folder)
        writer.segment.seal()
        writer.segment = segment
        writer.file = file
        writer.length = SegmentHead.size
        writer.isFull = false
        list.withLock { $0.append(segment) }
    }

    private static func create(
        _ head: SegmentHead, in folder: String
    ) throws(JournalError) -> (Segment, JournalFile) {
        let path = folder + "/" + Segment.name(head)
        do throws(JournalError) {
            let file = try JournalFile.create(path)
            try file.append(head.bytes)
            try file.sync()
            try JournalFile.syncFolder(folder)
            let segment = Segment(
                path: path, head: head, length: SegmentHead.size, end: head.start, index: BlockIndex(), isSealed: false)
            return (segment, file)
        } catch {
            unlink(path)
            throw error
        }
    }

    private static func makeFolder(_ folder: String) throws(JournalError) {
        guard mkdir(folder, 0o700) != 0 else { return try JournalFile.syncFolder(JournalFile.folder(of: folder)) }
        guard errno == EEXIST else { throw .system("made", folder) }
    }
}

/// A record that waits for its place in the chain.
package struct AuditPending: Sendable {
    /// A record is dozens of references, of which each copy costs: it is passed from hand to hand as one.
    private final class Box: Sendable {
        let record: AuditRecord

        init(_ record: AuditRecord) { self.record = record }
    }

    private let box: Box
    package var record: AuditRecord { box.record }
    /// Its bytes, but for that place.
    let fields: [UInt8]

    /// - Throws: ``AuditError`` where the record is larger than a record may be.
    package init(_ record: AuditRecord) throws(AuditError) {
        box = Box(record)
        fields = RecordWriter(record).bytes
        guard fields.count <= Self.most else {
            throw AuditError(.notDurable, "A record of \(fields.count) bytes is larger than one may be.")
        }
    }

    /// Bytes that a record may have.
    private static let most = 64 << 10

    /// Bytes that it takes while it waits.
    var size: Int { fields.count }
}
