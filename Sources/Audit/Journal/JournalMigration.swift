import Glibc
import Value

/// Brings records of the first format, which were rows of a database, into a journal: text by text, byte for byte, so that
/// their hashes stay what they were.
///
/// Whole segments appear one after the other; a migration that was cut short goes on behind the last of them.
package struct JournalMigration {
    package struct Options: Sendable {
        /// Bytes after which a segment ends. Default 64 MiB.
        package var segmentBytes = 64 << 20
        /// The machine, for the heads of segments.
        package var node = ""
        /// Microseconds since 1970.
        package var now: @Sendable () -> Int64 = WallClock.microseconds

        package init() {}
    }

    package struct Result: Sendable, Hashable {
        /// Records in the journal.
        package var records: Int64
        /// Its end.
        package var end: AuditChain
        /// What of it did not verify in the database either.
        package var findings: [AuditVerifier.Finding]
    }

    private let folder: String
    private let options: Options

    package init(into folder: String, options: Options = Options()) {
        self.folder = folder
        self.options = options
    }

    /// Whether a folder holds nothing but what a migration has brought there.
    package static func isPossible(into folder: String) throws -> Bool {
        guard access(folder, F_OK) == 0 else { return true }
        return try JournalView.segments(in: folder, removingUnfinished: false).allSatisfy { $0.head.format == .text }
    }

    /// Copies all records.
    ///
    /// - Parameters:
    ///   - checkpoint: the last record that was removed before.
    ///   - read: gives records after a sequence number, in order, with what is kept beside them; none at the end.
    ///   - tell: called now and then with the last record's number.
    package func run(
        after checkpoint: AuditChain,
        read: (_ after: Int64) throws -> [(text: [UInt8], stored: AuditChain)], tell: (Int64) -> Void = { _ in }
    ) throws -> Result {
        if mkdir(folder, 0o700) != 0, errno != EEXIST { throw JournalError.system("made", folder) }
        try JournalFile.syncFolder(JournalFile.folder(of: folder))
        var damaged: [String] = []
        let done = try JournalView.segments(in: folder, removingUnfinished: true) { damaged.append($0) }
        if let first = damaged.first { throw JournalError(.corrupt, first) }
        guard done.allSatisfy({ $0.head.format == .text }) else {
            throw JournalError(
                .corrupt, "\(folder) holds a journal already, and the database records too. Restore a backup.")
        }
        let start = try done.last?.end() ?? checkpoint
        var state = State(
            start: start, verifier: AuditVerifier(after: start, limit: 100),
            chain: done.last?.head.chain ?? SegmentHead.newChain())
        var count: Int64 = 0
        for segment in done { count += Int64(try segment.count()) }
        while true {
            let rows = try read(state.verifier.chain.sequence)
            if rows.isEmpty { break }
            for row in rows {
                try add(row.text, row.stored, to: &state)
                count += 1
            }
            tell(state.verifier.chain.sequence)
        }
        try finish(&state)
        return Result(records: count, end: state.verifier.chain, findings: state.verifier.findings)
    }

    private struct State {
        /// Before the first record of the segment that is being made.
        var start: AuditChain
        var verifier: AuditVerifier
        let chain: [UInt8]
        var file: JournalFile?
        var path = ""
        var index = BlockIndex()
        /// Bytes of the segment's file, with those that wait here.
        var length = 0
        var buffer: [UInt8] = []
    }

    private func add(_ text: [UInt8], _ stored: AuditChain, to state: inout State) throws {
        if state.file == nil {
            state.start = state.verifier.chain
            let head = SegmentHead(
                format: .text, chain: state.chain, node: options.node, start: state.start, created: options.now())
            state.path = folder + "/" + Segment.name(head)
            unlink(state.path + ".partial")
            state.file = try JournalFile.create(state.path + ".partial")
            state.buffer = head.bytes
            state.length = head.bytes.count
            state.index = BlockIndex()
        }
        let json = try? JSON.parse(text)
        state.verifier.check(firstFormat: text, json: json, stored: stored)
        let offset = state.length
        let fields = json.flatMap { RecordText.bytes(of: $0) } ?? []
        fields.withUnsafeBytes { state.index.add(RecordView($0), at: offset) }
        let before = state.buffer.count
        Frame.append(text, to: &state.buffer)
        state.length += state.buffer.count - before
        if state.buffer.count >= 1 << 20 { try write(&state) }
        if state.length >= options.segmentBytes || state.index.isFull { try finish(&state) }
    }

    private func write(_ state: inout State) throws {
        try state.file?.append(state.buffer)
        state.buffer.removeAll(keepingCapacity: true)
    }

    /// Puts the segment in place. Its index goes first: without its segment it says nothing.
    private func finish(_ state: inout State) throws {
        guard let file = state.file else { return }
        try write(&state)
        try file.sync()
        let index = state.path.dropLast(Segment.suffix.count) + Segment.indexSuffix
        try IndexFile.write(
            state.index, start: state.start, end: state.verifier.chain, length: state.length, to: String(index))
        guard rename(state.path + ".partial", state.path) == 0 else {
            throw JournalError.system("moved", state.path)
        }
        try JournalFile.syncFolder(folder)
        state.file = nil
    }
}
