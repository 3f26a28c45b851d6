import NIOCore

/// The bytes of one stream that wait to leave, and how it ends.
struct OutboundQueue {
    private(set) var bytes = 0
    private var buffers = CircularBuffer<ByteBuffer>(initialCapacity: 2)
    private(set) var isFinished = false
    private(set) var trailers: FieldBlock?

    var isEmpty: Bool { bytes == 0 }

    mutating func append(_ buffer: ByteBuffer) {
        bytes += buffer.readableBytes
        buffers.append(buffer)
    }

    mutating func finish(trailers: FieldBlock?) {
        isFinished = true
        self.trailers = trailers
    }

    /// Moves up to `target.count` bytes into `target`; returns how many.
    mutating func read(into target: UnsafeMutableRawBufferPointer) -> Int {
        var written = 0
        while written < target.count, let first = buffers.first {
            let count = min(first.readableBytes, target.count - written)
            first.withUnsafeReadableBytes { source in
                UnsafeMutableRawBufferPointer(rebasing: target[written..<(written + count)])
                    .copyMemory(from: UnsafeRawBufferPointer(rebasing: source[..<count]))
            }
            written += count
            if count == first.readableBytes {
                buffers.removeFirst()
            } else {
                buffers[buffers.startIndex].moveReaderIndex(forwardBy: count)
            }
        }
        bytes -= written
        return written
    }

    mutating func removeAll() {
        buffers.removeAll()
        bytes = 0
    }
}
