import CZlib
import NIOCore

/// One gzip or deflate stream, decoded by zlib in steps of bounded size.
final class Inflater {
    private enum State {
        /// Nothing has come yet that tells what the stream is.
        case fresh
        /// Inside a member.
        case inside
        /// Behind a member's end: for gzip another may follow.
        case between
    }

    private let coding: ContentCoding
    private let memberLimit: Int
    /// zlib keeps a pointer to it, so it must not move.
    private let stream: UnsafeMutablePointer<z_stream>
    private var isInitialised = false
    private var state = State.fresh
    private var members = 0

    init(_ coding: ContentCoding, memberLimit: Int) {
        self.coding = coding
        self.memberLimit = memberLimit
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
    }

    deinit {
        if isInitialised { _ = inflateEnd(stream) }
        stream.deallocate()
    }

    /// True where the data may end here. No bytes at all are an empty body, whatever its coding: servers say so in
    /// answers to HEAD, and in 204 and 304.
    var mayEnd: Bool { state != .inside }

    /// Takes from `input` until `output` has `room` bytes more, or the input is used up.
    /// - Returns: whether `output` was filled, so that there may be more without more input.
    /// - Throws: `malformed`, `trailingData`, `tooManyMembers`, `memory`.
    func step(_ input: inout ByteBuffer, into output: inout ByteBuffer, room: Int) throws(BodyDecodingError) -> Bool {
        var room = room
        while room > 0 {
            switch state {
            case .fresh:
                guard try begin(input) else { return false }
                state = .inside
            case .between:
                guard let first = input.getInteger(at: input.readerIndex, as: UInt8.self) else { return false }
                guard coding == .gzip, first == 0x1f else { throw BodyDecodingError(.trailingData) }
                guard members < memberLimit else { throw BodyDecodingError(.tooManyMembers) }
                guard inflateReset(stream) == Z_OK else { throw BodyDecodingError(.malformed) }
                state = .inside
            case .inside:
                let written = try inflateOnce(&input, into: &output, room: room)
                room -= written
                if state == .inside, room > 0, input.readableBytes == 0 { return false }
            }
        }
        return true
    }

    /// Sets zlib up for what the stream begins with; false where that takes one more byte to tell.
    private func begin(_ input: ByteBuffer) throws(BodyDecodingError) -> Bool {
        let windowBits: Int32
        switch coding {
        case .gzip:
            guard input.readableBytes >= 1 else { return false }
            windowBits = 15 + 16
        case .deflate:
            guard let header = input.getInteger(at: input.readerIndex, as: UInt16.self) else { return false }
            // RFC 9110 section 8.4.1.2 has the zlib format (RFC 1950), and many senders leave its header away. A raw
            // stream begins so only with a stored block that has set bits where encoders write zeros.
            let isZlib = header >> 8 & 0x0f == 8 && header >> 12 <= 7 && header % 31 == 0
            windowBits = isZlib ? 15 : -15
        }
        guard czlib_inflate_init(stream, windowBits) == Z_OK else { throw BodyDecodingError(.memory) }
        isInitialised = true
        return true
    }

    private func inflateOnce(
        _ input: inout ByteBuffer, into output: inout ByteBuffer, room: Int
    ) throws(BodyDecodingError) -> Int {
        var status = Z_OK
        var consumed = 0
        let written = output.writeWithUnsafeMutableBytes(minimumWritableBytes: room) { target in
            input.withUnsafeReadableBytes { source in
                let offered = min(source.count, Int(UInt32.max))
                let room = min(room, Int(UInt32.max))
                stream.pointee.next_in = UnsafeMutablePointer(
                    mutating: source.baseAddress?.assumingMemoryBound(to: Bytef.self))
                stream.pointee.avail_in = uInt(offered)
                stream.pointee.next_out = target.baseAddress?.assumingMemoryBound(to: Bytef.self)
                stream.pointee.avail_out = uInt(room)
                status = inflate(stream, Z_NO_FLUSH)
                consumed = offered - Int(stream.pointee.avail_in)
                return room - Int(stream.pointee.avail_out)
            }
        }
        stream.pointee.next_in = nil
        stream.pointee.next_out = nil
        input.moveReaderIndex(forwardBy: consumed)
        switch status {
        case Z_STREAM_END:
            state = .between
            members += 1
        case Z_OK: break
        // No progress was possible, which is fair only where more input is needed.
        case Z_BUF_ERROR where input.readableBytes == 0: break
        case Z_MEM_ERROR: throw BodyDecodingError(.memory)
        default: throw BodyDecodingError(.malformed)
        }
        return written
    }
}
