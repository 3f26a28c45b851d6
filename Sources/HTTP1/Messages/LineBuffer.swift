import Glibc
import NIOCore

/// The bytes of a connection that have come and are not read yet. They are read line by line, or as they are, and none is
/// searched twice for a line's end, however few come at once.
struct LineBuffer {
    /// What the next line is.
    enum Line {
        /// With so many bytes, the line feed included.
        case whole(Int)
        /// More bytes have to come.
        case partial
        /// Longer than is taken.
        case tooLong
    }

    private var bytes = ByteBuffer()
    /// Leading bytes that hold no line feed.
    private var scanned = 0

    var count: Int { bytes.readableBytes }

    /// What the bytes hold of memory.
    var capacity: Int { bytes.storageCapacity }

    mutating func append(_ more: ByteBuffer) {
        if bytes.readableBytes == 0 {
            bytes = more
            return
        }
        // Costs less than was read since the last time.
        if bytes.readerIndex > bytes.readableBytes { bytes.discardReadBytes() }
        bytes.writeImmutableBuffer(more)
    }

    /// Looks for the next line's end.
    mutating func line(within limit: Int) -> Line {
        let unread = bytes.readableBytes
        let start = scanned
        let end = bytes.withUnsafeReadableBytes { bytes -> Int? in
            guard let base = bytes.baseAddress, start < bytes.count,
                let found = memchr(base + start, 0x0a, bytes.count - start)
            else { return nil }
            return UnsafeRawPointer(found) - base + 1
        }
        guard (end ?? unread) <= limit else { return .tooLong }
        scanned = end == nil ? unread : 0
        return end.map { .whole($0) } ?? .partial
    }

    /// Whether the next line, of which ``line(within:)`` has found the end, is empty and ends in CR LF.
    func isNextLineEmpty(_ count: Int) -> Bool {
        count == 2 && bytes.getInteger(at: bytes.readerIndex, as: UInt8.self) == 0x0d
    }

    mutating func skip(_ count: Int) {
        bytes.moveReaderIndex(forwardBy: count)
        letGo()
    }

    /// Whoever read the bytes from the socket writes the next ones into the same memory, where nobody else holds it.
    private mutating func letGo() {
        if bytes.readableBytes == 0 { bytes = ByteBuffer() }
    }

    /// Reads `count` bytes, of which there are so many.
    mutating func read<Value, Fault: Error>(
        _ count: Int, _ body: (UnsafeRawBufferPointer) throws(Fault) -> Value
    ) throws(Fault) -> Value {
        let value = try bytes.withUnsafeReadableBytes { (all: UnsafeRawBufferPointer) throws(Fault) -> Value in
            try body(UnsafeRawBufferPointer(rebasing: all[..<count]))
        }
        bytes.moveReaderIndex(forwardBy: count)
        letGo()
        return value
    }

    /// At most `count` bytes; nil where there are none.
    mutating func take(upTo count: Int) -> ByteBuffer? {
        let length = min(count, bytes.readableBytes)
        defer { letGo() }
        return length == 0 ? nil : bytes.readSlice(length: length)
    }

    /// Everything that is left.
    mutating func takeAll() -> ByteBuffer {
        defer { self = LineBuffer() }
        return bytes
    }
}

extension UnsafeRawBufferPointer {
    /// A line without its CR LF; nil where it ends in a bare LF.
    var withoutCRLF: UnsafeRawBufferPointer? {
        guard count >= 2, self[count - 2] == 0x0d else { return nil }
        return UnsafeRawBufferPointer(rebasing: self[..<(count - 2)])
    }

    /// A line without its CR LF or its bare LF.
    var withoutLineEnd: UnsafeRawBufferPointer {
        withoutCRLF ?? UnsafeRawBufferPointer(rebasing: dropLast())
    }
}
