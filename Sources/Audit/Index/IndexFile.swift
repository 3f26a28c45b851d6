import Glibc

/// A sealed segment's index, beside it on the disk. Nothing of it is kept in memory but its head: a search reads the few
/// pages that it needs. It is made from the segment, and made anew where it is missing or broken.
struct IndexFile: SegmentIndex {
    /// "PSTKAIX", and the version.
    private static let magic: [UInt8] = Array("PSTKAIX".utf8) + [1]
    private static let headSize = 128
    private static let blockSize = 20
    private static let keySize = 16
    private static let requestSize = 6

    private let file: JournalFile
    /// Whose segment it is: start and end of its records, and bytes of the file.
    let start: AuditChain
    let end: AuditChain
    let length: Int
    let earliest: Int64
    let latest: Int64
    let blockCount: Int
    private let keyCount: Int
    private let postingCount: Int
    private let requestCount: Int
    let recordCount: Int
    private let checksum: UInt32

    /// Opens an index; nil where the file is missing or damaged.
    init?(_ path: String) {
        guard let file = try? JournalFile.read(path), let head = try? file.read(at: 0, count: Self.headSize),
            head.count == Self.headSize, head[..<8].elementsEqual(Self.magic),
            Checksum.of(head.dropLast(4)) == head.littleEndian(at: Self.headSize - 4, as: UInt32.self)
        else { return nil }
        func number(_ offset: Int) -> Int { Int(head.littleEndian(at: offset, as: UInt32.self)) }
        guard let startHash = AuditHash(bytes: Array(head[16..<48])),
            let endHash = AuditHash(bytes: Array(head[56..<88]))
        else { return nil }
        self.file = file
        start = AuditChain(sequence: head.littleEndian(at: 8, as: Int64.self), hash: startHash)
        end = AuditChain(sequence: head.littleEndian(at: 48, as: Int64.self), hash: endHash)
        length = number(88)
        blockCount = number(92)
        keyCount = number(96)
        postingCount = number(100)
        requestCount = number(104)
        recordCount = number(108)
        checksum = head.littleEndian(at: 112, as: UInt32.self)
        // Not in the head's last bytes: they belong to its own checksum.
        guard let times = try? file.read(at: Self.headSize, count: 16), times.count == 16,
            (try? file.size()) == Self.headSize + 16 + Self.bodySize(blockCount, keyCount, postingCount, requestCount)
        else { return nil }
        earliest = times.littleEndian(at: 0, as: Int64.self)
        latest = times.littleEndian(at: 8, as: Int64.self)
    }

    private static func bodySize(_ blocks: Int, _ keys: Int, _ postings: Int, _ requests: Int) -> Int {
        blocks * blockSize + keys * keySize + postings * 2 + requests * requestSize
    }

    private static var bodyStart: Int { headSize + 16 }
    private var keysStart: Int { Self.bodyStart + blockCount * Self.blockSize }
    private var postingsStart: Int { keysStart + keyCount * Self.keySize }
    private var requestsStart: Int { postingsStart + postingCount * 2 }

    /// Whether all of it is as it was written.
    func isWhole() -> Bool {
        guard let size = try? file.size(),
            let body = try? file.read(at: Self.headSize, count: size - Self.headSize)
        else { return false }
        return Checksum.of(body) == checksum
    }

    /// Writes an index, whole or not at all.
    static func write(
        _ index: BlockIndex, start: AuditChain, end: AuditChain, length: Int, to path: String
    ) throws(JournalError) {
        var body: [UInt8] = []
        body.append(littleEndian: index.earliest)
        body.append(littleEndian: index.latest)
        for block in index.blocks {
            body.append(littleEndian: block.offset)
            body.append(littleEndian: block.earliest)
            body.append(littleEndian: block.latest)
        }
        var place = 0
        let keys = index.postings.sorted { $0.key < $1.key }
        for (key, list) in keys {
            body.append(littleEndian: key)
            body.append(littleEndian: UInt32(place))
            body.append(littleEndian: UInt32(list.count))
            place += list.count
        }
        for (_, list) in keys { for block in list { body.append(littleEndian: block) } }
        for request in index.requests.sorted() {
            body.append(littleEndian: UInt32(truncatingIfNeeded: request >> 16))
            body.append(littleEndian: UInt16(truncatingIfNeeded: request))
        }
        var bytes = magic
        bytes.append(littleEndian: start.sequence)
        bytes += start.hash.bytes
        bytes.append(littleEndian: end.sequence)
        bytes += end.hash.bytes
        for number in [length, index.blocks.count, keys.count, place, index.requests.count, index.count] {
            bytes.append(littleEndian: UInt32(number))
        }
        bytes.append(littleEndian: Checksum.of(body))
        bytes += [UInt8](repeating: 0, count: headSize - 4 - bytes.count)
        bytes.append(littleEndian: Checksum.of(bytes))
        try JournalFile.replace(path, with: bytes + body)
    }

    func block(_ number: Int) throws -> BlockIndex.Block {
        let bytes = try read(Self.bodyStart + number * Self.blockSize, Self.blockSize)
        return BlockIndex.Block(
            offset: bytes.littleEndian(at: 0, as: UInt32.self), earliest: bytes.littleEndian(at: 4, as: Int64.self),
            latest: bytes.littleEndian(at: 12, as: Int64.self))
    }

    func blocks(of key: IndexKey) throws -> [UInt16]? {
        let found = try search(keysStart, keyCount, Self.keySize) { $0.littleEndian(at: 0, as: UInt64.self) < key.hash }
        guard found < keyCount else { return nil }
        let entry = try read(keysStart + found * Self.keySize, Self.keySize)
        guard entry.littleEndian(at: 0, as: UInt64.self) == key.hash else { return nil }
        let first = Int(entry.littleEndian(at: 8, as: UInt32.self))
        let count = Int(entry.littleEndian(at: 12, as: UInt32.self))
        guard first + count <= postingCount else { throw broken }
        let list = try read(postingsStart + first * 2, count * 2)
        return (0..<count).map { list.littleEndian(at: $0 * 2, as: UInt16.self) }
    }

    func blocks(ofRequest hash: UInt32) throws -> [UInt16] {
        var place = try search(requestsStart, requestCount, Self.requestSize) {
            $0.littleEndian(at: 0, as: UInt32.self) < hash
        }
        var found: [UInt16] = []
        while place < requestCount, found.count < 1000 {
            let entry = try read(requestsStart + place * Self.requestSize, Self.requestSize)
            guard entry.littleEndian(at: 0, as: UInt32.self) == hash else { break }
            let block = entry.littleEndian(at: 4, as: UInt16.self)
            if found.last != block { found.append(block) }
            place += 1
        }
        return found
    }

    /// The first of sorted entries that is not before what is looked for.
    private func search(
        _ start: Int, _ count: Int, _ size: Int, isBefore: (ArraySlice<UInt8>) -> Bool
    ) throws -> Int {
        var (low, high) = (0, count)
        // The last steps in one piece of a page or two.
        while high - low > 8192 / size {
            let middle = low + (high - low) / 2
            if isBefore(try read(start + middle * size, size)[...]) { low = middle + 1 } else { high = middle }
        }
        let (first, piece) = (low, try read(start + low * size, (high - low) * size))
        while low < high {
            let middle = low + (high - low) / 2
            let place = (middle - first) * size
            if isBefore(piece[place..<place + size]) { low = middle + 1 } else { high = middle }
        }
        return low
    }

    private func read(_ offset: Int, _ count: Int) throws -> [UInt8] {
        let bytes = try file.read(at: offset, count: count)
        guard bytes.count == count else { throw broken }
        return bytes
    }

    private var broken: JournalError {
        JournalError(.corrupt, "The index \(file.path) is damaged; remove it, and it is made anew.")
    }
}
