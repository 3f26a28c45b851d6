import CZlib
import NIOCore

/// One gzip stream, written by zlib piece by piece (RFC 1952).
final class Deflater: @unchecked Sendable {
    // Only the task that writes the stream uses it, wherever a piece of the work runs.
    /// zlib keeps a pointer to it, so it must not move.
    private let stream: UnsafeMutablePointer<z_stream>

    /// - Throws: ``NoMemory``.
    init() throws(NoMemory) {
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // Fifteen bits of window, and sixteen more say that it is gzip.
        guard czlib_deflate_init(stream, Z_BEST_SPEED, 15 + 16) == Z_OK else { throw NoMemory() }
    }

    deinit {
        _ = deflateEnd(stream)
        stream.deallocate()
    }

    struct NoMemory: Error {}

    /// - Returns: what `input` makes ready to be sent, which may be nothing.
    func write(_ input: ByteBuffer, isLast: Bool = false) -> ByteBuffer {
        var output = ByteBuffer()
        output.reserveCapacity(1024 + input.readableBytes / 4)
        input.withUnsafeReadableBytes { bytes in
            stream.pointee.next_in = UnsafeMutablePointer(
                mutating: bytes.bindMemory(to: UInt8.self).baseAddress)
            stream.pointee.avail_in = UInt32(bytes.count)
            repeat {
                output.writeWithUnsafeMutableBytes(minimumWritableBytes: 4096) { room in
                    stream.pointee.next_out = room.bindMemory(to: UInt8.self).baseAddress
                    stream.pointee.avail_out = UInt32(room.count)
                    _ = deflate(stream, isLast ? Z_FINISH : Z_NO_FLUSH)
                    return room.count - Int(stream.pointee.avail_out)
                }
            } while stream.pointee.avail_out == 0
            stream.pointee.next_in = nil
        }
        return output
    }
}
