/// How a record stands in a segment: its length and the CRC-32 of its bytes (4 bytes each, little endian), then the bytes.
enum Frame {
    /// Bytes before a record's own.
    static let headSize = 8
    /// Bytes of a record; what is longer is no record.
    static let lengths = 1...256 << 10

    /// What is found at a place in a segment.
    enum Found {
        /// A record of `count` bytes behind the frame's head.
        case record(count: Int)
        /// A frame whose record has other bytes than were written; its length may be right.
        case changed(count: Int)
        /// Not all of a frame is there.
        case short
        /// What stands there is no frame.
        case none
    }

    static func append(_ record: [UInt8], to output: inout [UInt8]) {
        output.append(littleEndian: UInt32(record.count))
        output.append(littleEndian: record.withUnsafeBytes { Checksum.of($0) })
        output.append(contentsOf: record)
    }

    @inline(__always)
    static func find(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> Found {
        guard bytes.count - offset >= headSize else { return .short }
        let count = Int(UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self)))
        guard lengths.contains(count) else { return .none }
        guard bytes.count - offset - headSize >= count else { return .short }
        let checksum = UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: offset + 4, as: UInt32.self))
        let record = UnsafeRawBufferPointer(rebasing: bytes[offset + headSize..<offset + headSize + count])
        return Checksum.of(record) == checksum ? .record(count: count) : .changed(count: count)
    }
}

/// Reads a segment's frames one after the other, a piece of the file in memory at a time.
struct FrameReader {
    /// Gives up to `count` bytes from `offset` on.
    typealias Source = (_ offset: Int, _ count: Int) throws -> [UInt8]

    enum Item {
        case record(offset: Int, bytes: ArraySlice<UInt8>)
        /// The record at `offset` was changed; the next frame is where its length says.
        case changed(offset: Int)
        /// There is no frame at `offset`, or not all of one. `next` is where the next whole one stands, nil where none
        /// does: then this is a tail that was being written, or, where its length leads to the very end, a last record that
        /// was changed.
        case broken(offset: Int, next: Int?, endsAtEnd: Bool)
        case end(offset: Int)
    }

    private static let piece = 1 << 20
    /// Bytes whose checksums are computed while the next whole frame is looked for.
    private static let searched = 256 << 20

    private let source: Source
    private let end: Int
    private var buffer: [UInt8] = []
    /// Where in the file the buffer begins.
    private var base: Int
    private(set) var offset: Int

    /// - Parameters:
    ///   - start: where the first frame is.
    ///   - end: where the segment ends.
    init(from start: Int, to end: Int, _ source: @escaping Source) {
        self.source = source
        self.end = end
        base = start
        offset = start
    }

    mutating func next() throws -> Item {
        guard offset < end else { return .end(offset: offset) }
        switch try find(at: offset) {
        case .record(let count):
            let start = offset
            offset += Frame.headSize + count
            let first = start - base + Frame.headSize
            return .record(offset: start, bytes: buffer[first..<first + count])
        case .changed(let count):
            let start = offset
            // Only what goes on behind it speaks for its length.
            let after = start + Frame.headSize + count
            if after == end {
                offset = end
                return .broken(offset: start, next: nil, endsAtEnd: true)
            }
            if after < end {
                switch try find(at: after) {
                case .record, .changed:
                    offset = after
                    return .changed(offset: start)
                case .short, .none: break
                }
            }
            return try broken()
        case .short, .none:
            return try broken()
        }
    }

    private mutating func broken() throws -> Item {
        let start = offset
        var candidate = start + 1
        var budget = Self.searched
        while candidate + Frame.headSize <= end, budget > 0 {
            switch try find(at: candidate) {
            case .record:
                offset = candidate
                return .broken(offset: start, next: candidate, endsAtEnd: false)
            case .changed(let count): budget -= count
            case .short, .none: break
            }
            candidate += 1
        }
        offset = end
        return .broken(offset: start, next: nil, endsAtEnd: false)
    }

    /// What stands at a place, which is read if it is not in memory.
    private mutating func find(at place: Int) throws -> Frame.Found {
        let needed = min(end - place, Frame.headSize + Frame.lengths.upperBound)
        if place < base || place + needed > base + buffer.count {
            // Backwards only by a frame, after a look at the next one.
            let missing = place < base || place + Frame.headSize > base + buffer.count
            if missing || !holdsFrame(at: place) {
                let start = min(place, max(offset, 0))
                let from = place - start <= Frame.headSize + Frame.lengths.upperBound ? start : place
                buffer = try source(from, min(end - from, Self.piece + 2 * (Frame.headSize + Frame.lengths.upperBound)))
                base = from
            }
        }
        return buffer.withUnsafeBytes { Frame.find($0, at: place - base) }
    }

    /// Whether the buffer has all of the frame there.
    private func holdsFrame(at place: Int) -> Bool {
        buffer.withUnsafeBytes { bytes in
            if case .short = Frame.find(bytes, at: place - base) { return false }
            return true
        }
    }
}
