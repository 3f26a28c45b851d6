/// A segment's sparse index, in memory: for each block of records where it is and what time it covers; for each API,
/// endpoint, failure and rare status the blocks that hold any; and each request id's block.
struct BlockIndex: Sendable {
    /// Records in a block.
    static let blockRecords = 64
    /// Blocks that a segment may have: their numbers are 16 bits.
    static let maximumBlocks = 1 << 16
    /// Keys that a segment may have: it is sealed before it has more, so that an index has bounds whatever is recorded.
    static let maximumKeys = 1 << 16

    struct Block: Sendable, Hashable {
        /// Where in the file its first frame begins.
        var offset: UInt32
        /// Of its records, in microseconds since 1970.
        var earliest: Int64
        var latest: Int64
    }

    private(set) var blocks: [Block] = []
    private(set) var postings: [UInt64: [UInt16]] = [:]
    /// Hash and block, the hash in the upper bits.
    private(set) var requests: [UInt64] = []
    private(set) var count = 0
    private(set) var earliest = Int64.max
    private(set) var latest = Int64.min

    /// Whether the segment has to be sealed.
    var isFull: Bool { blocks.count >= Self.maximumBlocks - 32 || postings.count >= Self.maximumKeys }

    /// Adds the segment's next record, whose frame begins at `offset`.
    mutating func add(_ record: AuditRecord, at offset: Int) {
        begin(at: offset, time: record.time)
        var id = record.requestID
        id.withUTF8 { addRequest($0) }
        guard var api = record.apiID else { return }
        let key = api.withUTF8 { IndexKey.api($0) }
        post(key)
        if var endpoint = record.endpoint { post(endpoint.withUTF8 { key.endpoint($0) }) }
        if record.outcome != "OK" {
            var outcome = record.outcome
            post(key.failures)
            post(outcome.withUTF8 { key.outcome($0) })
        }
        if let status = record.upstreamStatus, status != 200 { post(key.status(Int64(status))) }
    }

    /// The same, from the record's bytes. Nil stands for bytes that are not a record: they are counted and not indexed.
    mutating func add(_ view: RecordView?, at offset: Int) {
        guard let view else { return begin(at: offset, time: nil) }
        begin(at: offset, time: view.time)
        addRequest(view.requestID)
        guard !view.apiID.isEmpty else { return }
        let key = IndexKey.api(view.apiID)
        post(key)
        if let endpoint = view.endpoint { post(key.endpoint(endpoint)) }
        if !view.outcome.elementsEqual("OK".utf8) {
            post(key.failures)
            post(key.outcome(view.outcome))
        }
        if let status = view.upstreamStatus, status != 200 { post(key.status(status)) }
    }

    private mutating func begin(at offset: Int, time: Int64?) {
        if count.isMultiple(of: Self.blockRecords) {
            blocks.append(Block(offset: UInt32(offset), earliest: .max, latest: .min))
        }
        count += 1
        guard let time else { return }
        let last = blocks.count - 1
        blocks[last].earliest = min(blocks[last].earliest, time)
        blocks[last].latest = max(blocks[last].latest, time)
        earliest = min(earliest, time)
        latest = max(latest, time)
    }

    private mutating func addRequest(_ id: some Sequence<UInt8>) {
        requests.append(UInt64(IndexKey.request(id)) << 16 | UInt64(blocks.count - 1))
    }

    private mutating func post(_ key: IndexKey) {
        let block = UInt16(blocks.count - 1)
        Self.append(block, to: &postings[key.hash, default: []])
    }

    private static func append(_ block: UInt16, to list: inout [UInt16]) {
        if list.last != block { list.append(block) }
    }
}

/// What a search asks of an index, wherever it is.
protocol SegmentIndex: Sendable {
    var blockCount: Int { get }
    /// Of the whole segment, in microseconds since 1970.
    var earliest: Int64 { get }
    var latest: Int64 { get }
    func block(_ number: Int) throws -> BlockIndex.Block
    /// The blocks that hold records under a key, ascending; nil for none.
    func blocks(of key: IndexKey) throws -> [UInt16]?
    /// The blocks that may hold a request's records, ascending.
    func blocks(ofRequest hash: UInt32) throws -> [UInt16]
}

extension BlockIndex: SegmentIndex {
    var blockCount: Int { blocks.count }
    func block(_ number: Int) -> Block { blocks[number] }
    func blocks(of key: IndexKey) -> [UInt16]? { postings[key.hash] }

    func blocks(ofRequest hash: UInt32) -> [UInt16] {
        // In the order of the records, as they were added.
        var found: [UInt16] = []
        for entry in requests where UInt32(truncatingIfNeeded: entry >> 16) == hash {
            let block = UInt16(truncatingIfNeeded: entry)
            if found.last != block { found.append(block) }
        }
        return found
    }
}
