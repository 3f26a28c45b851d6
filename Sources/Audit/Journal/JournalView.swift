import Glibc

/// The segments of a journal as they were at one moment, oldest first, to be read. Blocks on the disk.
package struct JournalView: Sendable {
    let segments: [Segment]

    init(_ segments: [Segment]) {
        self.segments = segments
    }

    /// Opens a journal that another process may be writing. A folder that is not there has no records.
    package init(reading folder: String) throws {
        let isThere = access(folder, F_OK) == 0
        let segments = isThere ? try Self.segments(in: folder, removingUnfinished: false) : []
        guard let last = segments.last else {
            self.init([])
            return
        }
        // Records may still be added to the last one: it has no index file.
        let open = Segment(path: last.path, head: last.head, length: last.length, isSealed: false)
        self.init(segments.dropLast() + [open])
    }

    /// The segments in a folder; all count as sealed.
    ///
    /// - Parameters:
    ///   - removingUnfinished: whether files that were never finished are removed.
    ///   - tell: called with a sentence for each file whose head is damaged: it is passed over, and its records are missing.
    static func segments(
        in folder: String, removingUnfinished: Bool, tell: (String) -> Void = { _ in }
    ) throws -> [Segment] {
        var segments: [Segment] = []
        for name in try JournalFile.names(in: folder) {
            let path = folder + "/" + name
            if name.hasSuffix(".partial") {
                if removingUnfinished { unlink(path) }
            } else if name.hasSuffix(Segment.suffix) {
                do {
                    if let segment = try Segment(opening: path) {
                        segments.append(segment)
                    } else if removingUnfinished {
                        // Its head was being written, and no record was.
                        unlink(path)
                    }
                } catch let error as JournalError where error.code == .corrupt {
                    tell(error.description)
                }
            }
        }
        return segments.sorted {
            ($0.head.start.sequence, $0.head.created, $0.path) < ($1.head.start.sequence, $1.head.created, $1.path)
        }
    }

    /// Removes a segment's files, durably.
    static func remove(_ segment: Segment) throws(JournalError) {
        guard unlink(segment.path) == 0 || errno == ENOENT else { throw .system("removed", segment.path) }
        unlink(segment.indexPath)
        try JournalFile.syncFolder(JournalFile.folder(of: segment.path))
    }

    /// Whether there is no segment.
    package var isEmpty: Bool { segments.isEmpty }

    /// The journal without segments whose records are all at or before the checkpoint: they are being removed.
    package func behind(_ checkpoint: AuditChain) -> JournalView {
        let gone = zip(segments, segments.dropFirst()).prefix { $1.head.start.sequence <= checkpoint.sequence }
        return JournalView(Array(segments.dropFirst(checkpoint.sequence > 0 ? gone.count : 0)))
    }

    /// Bytes of all segments.
    package var bytes: Int { segments.reduce(0) { $0 + $1.length } }

    /// The place before the first record.
    package var start: AuditChain? { segments.first?.head.start }

    /// The last record. Reads the last segment where it is not known.
    package func end() throws -> AuditChain {
        try segments.last?.end() ?? .empty
    }

    /// Verifies all of it.
    ///
    /// - Parameters:
    ///   - checkpoint: the last record that was removed on purpose.
    ///   - known: the chain's end as known from elsewhere, at the least.
    package func verify(after checkpoint: AuditChain, known: AuditChain, limit: Int = 1000) throws -> JournalCheck {
        var check = JournalCheck(after: checkpoint, known: known, limit: limit)
        for segment in behind(checkpoint).segments { try check.check(segment) }
        check.finish()
        return check
    }

    /// A segment's file as a backup takes it: whole records only.
    package struct Copy: Sendable {
        package let name: String
        /// Bytes that belong to it.
        package let length: Int
        private let file: JournalFile

        init(_ segment: Segment) throws {
            name = segment.name
            file = try JournalFile.read(segment.path)
            if segment.isSealed {
                length = segment.length
            } else {
                var verifier = AuditVerifier(after: segment.head.start, limit: 1)
                length = try segment.scan(&verifier).length
            }
        }

        /// Up to `count` bytes from `offset` on.
        package func read(at offset: Int, count: Int) throws -> [UInt8] {
            try file.read(at: offset, count: min(count, length - offset))
        }
    }

    /// Hands over each segment's file, oldest first.
    package func forEachCopy(_ body: (Copy) throws -> Void) throws {
        for segment in segments { try body(Copy(segment)) }
    }

    /// Hands over records in order: each one's fields, its bytes as they are chained, and its format.
    ///
    /// - Parameters:
    ///   - sequence: the record before the first one wanted.
    ///   - body: false ends the walk.
    func forEach(
        after sequence: Int64,
        _ body: (_ fields: UnsafeRawBufferPointer, _ record: ArraySlice<UInt8>, SegmentHead.Format) throws -> Bool
    ) throws {
        for (number, segment) in segments.enumerated() {
            // The next one's head says where this one ends.
            if number + 1 < segments.count, segments[number + 1].head.start.sequence <= sequence { continue }
            // Retention has taken it since this view was made.
            if segment.isRemoved { continue }
            let index = try segment.index()
            guard index.blockCount > 0 else { continue }
            let ahead = max(0, sequence - segment.head.start.sequence)
            // What is missing makes the count smaller than the place says: then from the beginning.
            var first = min(Int(ahead) / BlockIndex.blockRecords, index.blockCount - 1)
            let blocks = try BlockReader(segment, index)
            while first > 0, try blocks.firstSequence(first) ?? .max > sequence { first -= 1 }
            var isWanted = true
            for block in first..<index.blockCount where isWanted {
                try blocks.forEach(in: block) { fields, record in
                    guard isWanted, let view = RecordView(fields), view.sequence > sequence else { return }
                    isWanted = try body(fields, record, segment.head.format)
                }
            }
            if !isWanted { return }
        }
    }
}

/// Reads the blocks of one segment.
struct BlockReader {
    private let segment: Segment
    private let index: any SegmentIndex
    private let file: JournalFile

    init(_ segment: Segment, _ index: any SegmentIndex) throws {
        self.segment = segment
        self.index = index
        file = try JournalFile.read(segment.path)
    }

    /// Hands over a block's records in order, and skips incomplete ones.
    func forEach(
        in number: Int, _ body: (_ fields: UnsafeRawBufferPointer, _ record: ArraySlice<UInt8>) throws -> Void
    ) throws {
        let start = Int(try index.block(number).offset)
        let end = number + 1 < index.blockCount ? Int(try index.block(number + 1).offset) : segment.length
        guard start >= SegmentHead.size, start < end, end - start <= Self.mostBytes else { return }
        let bytes = try file.read(at: start, count: end - start)
        try bytes.withUnsafeBytes { block in
            var offset = 0
            while offset < block.count {
                switch Frame.find(block, at: offset) {
                case .record(let count):
                    let range = offset + Frame.headSize..<offset + Frame.headSize + count
                    offset = range.upperBound
                    switch segment.head.format {
                    case .fields:
                        try body(UnsafeRawBufferPointer(rebasing: block[range]), bytes[range])
                    case .text:
                        guard let fields = RecordText.bytes(of: Array(bytes[range])) else { continue }
                        try fields.withUnsafeBytes { try body($0, bytes[range]) }
                    }
                case .changed(let count): offset += Frame.headSize + count
                case .short: return
                case .none: offset += 1
                }
            }
        }
    }

    /// The sequence number of a block's first record.
    func firstSequence(_ number: Int) throws -> Int64? {
        var first: Int64?
        try forEach(in: number) { fields, _ in
            if first == nil { first = RecordView(fields)?.sequence }
        }
        return first
    }

    /// A block with records of the largest size, and some damage.
    private static let mostBytes = (BlockIndex.blockRecords + 8) * (Frame.headSize + Frame.lengths.upperBound)
}
