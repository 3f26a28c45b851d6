import CZlib

/// What a segment's file begins with: whose chain its records belong to, and where in it they begin.
package struct SegmentHead: Sendable, Hashable {
    /// What the frames hold.
    package enum Format: UInt16, Sendable {
        /// Records as ``RecordField`` describes them.
        case fields = 1
        /// JSON texts as the first versions chained them, byte for byte: what was migrated from a database.
        case text = 2

        /// The hash that the next record names: over the bytes as they are chained.
        func hash(_ fields: UnsafeRawBufferPointer, _ record: ArraySlice<UInt8>) -> AuditHash {
            switch self {
            case .fields: AuditHash(of: fields)
            case .text: AuditHash(of: Array(record))
            }
        }
    }

    /// Bytes of the head in the file.
    package static let size = 160
    /// "PSTKAUD", and the version of head and frames.
    private static let magic: [UInt8] = Array("PSTKAUD".utf8) + [1]
    private static let nodeBytes = 63

    package var format: Format
    /// 16 random bytes, by which a chain is known. A process that takes over opens a chain of its own.
    package var chain: [UInt8]
    /// The machine that opened the chain, at most 63 bytes.
    package var node: String
    /// The record before the segment's first, be it of this chain or of the one that it goes on from.
    package var start: AuditChain
    /// When the segment was begun, in microseconds since 1970.
    package var created: Int64

    package init(format: Format, chain: [UInt8], node: String, start: AuditChain, created: Int64) {
        self.format = format
        self.chain = chain
        var node = node
        while node.utf8.count > Self.nodeBytes { node.removeLast() }
        self.node = node
        self.start = start
        self.created = created
    }

    /// The id of a new chain.
    package static func newChain() -> [UInt8] { (0..<16).map { _ in UInt8.random(in: .min ... .max) } }

    /// As it stands in the file: magic (8), format (2), length of the head (2), chain (16), sequence (8), hash (32),
    /// created (8), length of the node (1), node (63), zeros, and the CRC-32 of all that (4); numbers little endian.
    var bytes: [UInt8] {
        var bytes = Self.magic
        bytes.append(littleEndian: format.rawValue)
        bytes.append(littleEndian: UInt16(Self.size))
        bytes += chain
        bytes.append(littleEndian: UInt64(start.sequence))
        bytes += start.hash.bytes
        bytes.append(littleEndian: UInt64(bitPattern: created))
        bytes.append(UInt8(node.utf8.count))
        bytes += node.utf8
        bytes += [UInt8](repeating: 0, count: Self.size - 4 - bytes.count)
        bytes.append(littleEndian: Checksum.of(bytes))
        return bytes
    }

    /// Reads ``bytes``; `path` is for the message.
    init(_ bytes: [UInt8], path: String) throws(JournalError) {
        guard bytes.count >= Self.size, bytes[..<7] == Self.magic[..<7] else {
            throw JournalError(.corrupt, "\(path) is no segment of an audit journal. Restore a backup.")
        }
        guard bytes[7] == Self.magic[7] else {
            throw JournalError(
                .newerVersion, "\(path) was written by another version of Penstock. Run that version.")
        }
        let head = bytes.prefix(Self.size)
        guard Checksum.of(head.dropLast(4)) == head.littleEndian(at: Self.size - 4, as: UInt32.self) else {
            throw JournalError(.corrupt, "The head of \(path) is damaged. Restore a backup.")
        }
        guard let format = Format(rawValue: head.littleEndian(at: 8, as: UInt16.self)) else {
            throw JournalError(.newerVersion, "\(path) was written by a later version of Penstock. Run that version.")
        }
        let sequence = Int64(bitPattern: head.littleEndian(at: 28, as: UInt64.self))
        let nodeLength = Int(head[76])
        guard AuditChain.positions.contains(sequence), let hash = AuditHash(bytes: Array(head[36..<68])),
            nodeLength <= Self.nodeBytes
        else { throw JournalError(.corrupt, "The head of \(path) is damaged. Restore a backup.") }
        self.init(
            format: format, chain: Array(head[12..<28]),
            node: String(decoding: head[77..<77 + nodeLength], as: UTF8.self),
            start: AuditChain(sequence: sequence, hash: hash),
            created: Int64(bitPattern: head.littleEndian(at: 68, as: UInt64.self)))
    }
}

/// The CRC-32 that frames, heads and indexes carry: it shows what a disk has damaged. What somebody has changed the
/// chain shows.
enum Checksum {
    static func of(_ bytes: UnsafeRawBufferPointer) -> UInt32 {
        guard let base = bytes.bindMemory(to: UInt8.self).baseAddress else { return 0 }
        return UInt32(truncatingIfNeeded: crc32_z(0, base, bytes.count))
    }

    static func of(_ bytes: some Collection<UInt8>) -> UInt32 {
        bytes.withContiguousStorageIfAvailable { of(UnsafeRawBufferPointer($0)) } ?? of(Array(bytes)[...])
    }
}

extension [UInt8] {
    mutating func append<Number: FixedWidthInteger>(littleEndian number: Number) {
        Swift.withUnsafeBytes(of: number.littleEndian) { append(contentsOf: $0) }
    }
}

extension Collection<UInt8> where Index == Int {
    /// The number at an offset from the start; the bytes have to be there.
    func littleEndian<Number: FixedWidthInteger>(at offset: Int, as: Number.Type) -> Number {
        var number: Number = 0
        for index in (0..<Number.bitWidth / 8).reversed() {
            number = number << 8 | Number(truncatingIfNeeded: self[startIndex + offset + index])
        }
        return number
    }
}
