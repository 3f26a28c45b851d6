import CZlib

/// What senders do, for tests.
enum Deflater {
    enum Format: Int32 {
        case zlib = 15
        case raw = -15
        case gzip = 31
    }

    static func compress(_ bytes: [UInt8], as format: Format, flush: Int32 = Z_FINISH) -> [UInt8] {
        var stream = z_stream()
        guard czlib_deflate_init(&stream, 9, format.rawValue) == Z_OK else { return [] }
        defer { deflateEnd(&stream) }
        var input = bytes
        var output = [UInt8](repeating: 0, count: bytes.count + bytes.count / 1000 + 256)
        let count = input.withUnsafeMutableBufferPointer { source in
            output.withUnsafeMutableBufferPointer { target in
                stream.next_in = source.baseAddress
                stream.avail_in = uInt(source.count)
                stream.next_out = target.baseAddress
                stream.avail_out = uInt(target.count)
                _ = deflate(&stream, flush)
                return target.count - Int(stream.avail_out)
            }
        }
        return Array(output[..<count])
    }

    /// The ten bytes before a gzip member's data (RFC 1952 section 2.3).
    static let gzipHeader: [UInt8] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3]

    /// The beginning of a gzip stream of that many MiB of zeros, without its end.
    static func zeros(mebibytes: Int) -> [UInt8] {
        let block = compress([UInt8](repeating: 0, count: 1 << 20), as: .raw, flush: Z_FULL_FLUSH)
        var stream = gzipHeader
        stream.reserveCapacity(10 + block.count * mebibytes)
        for _ in 0..<mebibytes { stream += block }
        return stream
    }
}
