import Glibc
import Synchronization
import Value

/// One file of the journal. Blocks on the disk.
final class Segment: Sendable {
    static let suffix = ".seg"
    static let indexSuffix = ".idx"

    let path: String
    let head: SegmentHead
    private let state: Mutex<State>

    private struct State {
        /// Bytes of the file that are whole frames.
        var length: Int
        /// The last record, where it is known without reading the segment.
        var end: AuditChain?
        /// Kept while records are added, and until it is in a file.
        var index: BlockIndex?
        /// Whether no more is added.
        var isSealed: Bool
    }

    init(
        path: String, head: SegmentHead, length: Int, end: AuditChain? = nil, index: BlockIndex? = nil, isSealed: Bool
    ) {
        self.path = path
        self.head = head
        state = Mutex(State(length: length, end: end, index: index, isSealed: isSealed))
    }

    /// Reads the head of a file; nil for one that is shorter than a head.
    convenience init?(opening path: String) throws {
        let file = try JournalFile.read(path)
        let bytes = try file.read(at: 0, count: SegmentHead.size)
        guard bytes.count == SegmentHead.size else { return nil }
        let head = try SegmentHead(bytes, path: path)
        self.init(path: path, head: head, length: try file.size(), isSealed: true)
    }

    /// The name of a segment's file: the place of its first record, so that names sort as records do, and its chain.
    static func name(_ head: SegmentHead) -> String {
        let sequence = String(head.start.sequence + 1)
        var chain: [UInt8] = []
        for byte in head.chain.prefix(4) { AuditHash.appendHex(byte, to: &chain) }
        return String(repeating: "0", count: 20 - sequence.count) + sequence + "-"
            + String(decoding: chain, as: UTF8.self) + suffix
    }

    var name: String { String(path[path.index(after: path.lastIndex(of: "/") ?? path.startIndex)...]) }

    var indexPath: String { path.dropLast(Self.suffix.count) + Self.indexSuffix }

    var length: Int { state.withLock { $0.length } }

    var isSealed: Bool { state.withLock { $0.isSealed } }

    /// The last record, where that is known without reading all.
    var knownEnd: AuditChain? {
        if let end = state.withLock({ $0.end }) { return end }
        guard isSealed, let index = IndexFile(indexPath), index.start == head.start, index.length == length else {
            return nil
        }
        state.withLock { $0.end = index.end }
        return index.end
    }

    /// The last record. Reads all of the segment where it has no index.
    func end() throws -> AuditChain {
        if let end = knownEnd { return end }
        _ = try index()
        return knownEnd ?? head.start
    }

    /// How many records it has. Reads all of it where it has no index.
    func count() throws -> Int {
        switch try index() {
        case let file as IndexFile: file.recordCount
        case let memory as BlockIndex: memory.count
        default: 0
        }
    }

    /// Records were appended, and are on the disk.
    func grow(to length: Int, end: AuditChain) {
        state.withLock {
            $0.length = length
            $0.end = end
        }
    }

    /// Adds records to the index of the segment that is written.
    ///
    /// - Returns: whether the segment has as many as an index may hold.
    func index(_ records: [(record: AuditPending, offset: Int)]) -> Bool {
        state.withLock { state in
            for (pending, offset) in records { state.index?.add(pending.record, at: offset) }
            return state.index?.isFull ?? false
        }
    }

    /// No more is added.
    func seal() {
        state.withLock { $0.isSealed = true }
    }

    /// Writes the index of a sealed segment that is still in memory.
    func settleIndex() throws {
        let (index, end, length) = state.withLock { ($0.isSealed ? $0.index : nil, $0.end, $0.length) }
        guard let index, let end else { return }
        try IndexFile.write(index, start: head.start, end: end, length: length, to: indexPath)
        state.withLock { $0.index = nil }
    }

    /// The index: from memory, from its file, or made from the records.
    func index() throws -> any SegmentIndex {
        let (held, isSealed, length) = state.withLock { ($0.index, $0.isSealed, $0.length) }
        if let held { return held }
        if isSealed, let file = IndexFile(indexPath), file.start == head.start, file.length == length {
            state.withLock { $0.end = file.end }
            return file
        }
        var verifier = AuditVerifier(after: head.start, limit: 1)
        let scan = try scan(&verifier)
        if isSealed {
            // Where it cannot be written it is made again the next time.
            try? IndexFile.write(scan.index, start: head.start, end: scan.end, length: length, to: indexPath)
            state.withLock { $0.end = scan.end }
        } else {
            state.withLock {
                $0.end = scan.end
                $0.index = scan.index
            }
        }
        return scan.index
    }

    /// Whether its file is gone, as retention has it.
    var isRemoved: Bool { access(path, F_OK) != 0 && errno == ENOENT }

    /// Makes the index anew, where its file turned out to be broken.
    func dropIndexFile() {
        unlink(indexPath)
    }

    // MARK: Reading all of it

    struct Scan {
        var index = BlockIndex()
        /// Bytes up to the end of the last whole frame.
        var length: Int
        /// The last record.
        var end: AuditChain
        /// Whether the file ends in an incomplete frame.
        var hasTail = false
    }

    /// Reads the whole segment, verifying it.
    ///
    /// - Parameters:
    ///   - visit: called with each record's fields and frame; of a migrated text they are made from it, and empty where
    ///     it is none.
    ///   - source: reads the file, which may be in a backup; nil for the file itself.
    func scan(
        _ verifier: inout AuditVerifier,
        visit: (_ fields: UnsafeRawBufferPointer, _ record: ArraySlice<UInt8>) throws -> Void = { _, _ in },
        source: FrameReader.Source? = nil
    ) throws -> Scan {
        var result = Scan(length: SegmentHead.size, end: head.start)
        let file = source == nil ? try JournalFile.read(path) : nil
        var reader = FrameReader(from: SegmentHead.size, to: length) { offset, count in
            if let source { return try source(offset, count) }
            return try file?.read(at: offset, count: count) ?? []
        }
        while true {
            switch try reader.next() {
            case .record(let offset, let bytes):
                switch head.format {
                case .fields:
                    try bytes.withUnsafeBytes { bytes_ in
                        verifier.check(record: bytes_)
                        result.index.add(RecordView(bytes_), at: offset)
                        try visit(bytes_, bytes)
                    }
                case .text:
                    let json = try? JSON.parse(bytes)
                    verifier.check(firstFormat: Array(bytes), json: json)
                    let fields = json.flatMap { RecordText.bytes(of: $0) } ?? []
                    try fields.withUnsafeBytes {
                        result.index.add(RecordView($0), at: offset)
                        try visit($0, bytes)
                    }
                }
            case .changed(let offset):
                verifier.skipChanged()
                result.index.add(nil, at: offset)
            case .broken(let offset, let next, let endsAtEnd):
                if endsAtEnd, isSealed {
                    verifier.skipChanged()
                    result.index.add(nil, at: offset)
                } else if next != nil {
                    verifier.skipUnreadable()
                } else {
                    result.hasTail = true
                }
            case .end:
                result.end = verifier.chain
                return result
            }
            if !result.hasTail { result.length = reader.offset }
        }
    }
}
