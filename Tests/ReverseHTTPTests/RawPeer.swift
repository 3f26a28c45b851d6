import NIOCore
import NIOPosix
import Synchronization

/// A peer that writes whatever bytes a test wants, and keeps what it is told.
final class RawPeer: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer

    static let preface = Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8)

    private let received = Mutex<[UInt8]>([])
    private let channel = Mutex<(any Channel)?>(nil)
    private let hasEnded = Mutex(false)

    func handlerAdded(context: ChannelHandlerContext) {
        let added = context.channel
        channel.withLock { $0 = added }
    }

    /// Writes, once there is a connection: whoever dialled it may know of it first.
    func write(_ bytes: [UInt8]) async throws {
        while channel.withLock({ $0 == nil }) { await Task.yield() }
        // The peer may close while this is still being written.
        try? await channel.withLock { $0 }?.writeAndFlush(ByteBuffer(bytes: bytes))
    }

    func closed() async throws {
        try await channel.withLock { $0 }?.closeFuture.get()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let bytes = Array(unwrapInboundIn(data).readableBytesView)
        received.withLock { $0.append(contentsOf: bytes) }
    }

    func channelInactive(context: ChannelHandlerContext) { hasEnded.withLock { $0 = true } }

    struct Left: Error {}

    /// Waits until so many HEADERS frames have come.
    ///
    /// - Throws: ``Left`` where the connection ends before.
    func requests(_ count: Int) async throws {
        while frames.count(where: { $0.type == 1 }) < count {
            if hasEnded.withLock({ $0 }) { throw Left() }
            await Task.yield()
        }
    }

    /// The frames that came, as (type, flags, stream id, payload).
    var frames: [(type: UInt8, flags: UInt8, stream: UInt32, payload: [UInt8])] {
        var bytes = received.withLock { $0 }[...]
        if bytes.starts(with: Self.preface) { bytes = bytes.dropFirst(Self.preface.count) }
        var frames: [(type: UInt8, flags: UInt8, stream: UInt32, payload: [UInt8])] = []
        while bytes.count >= 9 {
            let head = Array(bytes.prefix(9))
            let length = Int(head[0]) << 16 | Int(head[1]) << 8 | Int(head[2])
            guard bytes.count >= 9 + length else { break }
            let stream = head[5...8].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            frames.append((head[3], head[4], stream, Array(bytes.dropFirst(9).prefix(length))))
            bytes = bytes.dropFirst(9 + length)
        }
        return frames
    }

    /// The error code of the GOAWAY that came.
    var goAway: HTTP2Code? {
        frames.last { $0.type == 7 }.map { frame in
            HTTP2Code(frame.payload[4..<8].reduce(UInt32(0)) { $0 << 8 | UInt32($1) })
        }
    }

    struct HTTP2Code: Equatable {
        let rawValue: UInt32
        init(_ rawValue: UInt32) { self.rawValue = rawValue }
    }

    static func frame(_ type: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) -> [UInt8] {
        let count = UInt32(payload.count)
        let head = [UInt8(count >> 16 & 255), UInt8(count >> 8 & 255), UInt8(count & 255), type, flags]
        return head + (0..<4).map { UInt8(stream >> (24 - 8 * $0) & 255) } + payload
    }

    /// A request's HEADERS frame: `:method GET`, `:scheme http`, `:path`, `:authority test`.
    static func request(stream: UInt32, path: String = "/wait", endStream: Bool = true) -> [UInt8] {
        frame(1, flags: endStream ? 5 : 4, stream: stream, block(path))
    }

    static func block(_ path: String) -> [UInt8] {
        [0x82, 0x86, 0x04, UInt8(path.utf8.count)] + Array(path.utf8) + [0x41, 4] + Array("test".utf8)
    }

    static let settings = frame(4)
    static let settingsAck = frame(4, flags: 1)
}
