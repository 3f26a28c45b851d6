import NIOCore
import Synchronization
import Testing

@testable import RelayHTTP

/// An HTTP/2 client that sends whatever frames a test makes, and keeps the ones that come.
final class RawHTTP2: Sendable {
    struct Frame: Sendable, Equatable {
        let kind: UInt8
        let flags: UInt8
        let stream: UInt32
        let payload: [UInt8]

        var endsStream: Bool { flags & 1 != 0 }
        /// The code of RST_STREAM and GOAWAY.
        var code: UInt32 {
            payload.suffix(from: kind == HTTP2FrameWatch.Kind.goAway ? 4 : 0).prefix(4).reduce(0) {
                $0 << 8 | UInt32($1)
            }
        }
    }

    final class Inbox: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        let frames: AsyncStream<Frame>
        private let continuation: AsyncStream<Frame>.Continuation
        private let bytes = Mutex<[UInt8]>([])

        init() {
            (frames, continuation) = AsyncStream.makeStream(of: Frame.self, bufferingPolicy: .unbounded)
        }

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            bytes.withLock { bytes in
                bytes += Array(unwrapInboundIn(data).readableBytesView)
                while bytes.count >= 9 {
                    let length = bytes[..<3].reduce(0) { $0 << 8 | Int($1) }
                    guard bytes.count >= 9 + length else { break }
                    let stream = bytes[5..<9].reduce(UInt32(0)) { $0 << 8 | UInt32($1) } & 0x7fff_ffff
                    continuation.yield(
                        Frame(kind: bytes[3], flags: bytes[4], stream: stream, payload: Array(bytes[9..<9 + length])))
                    bytes.removeFirst(9 + length)
                }
            }
        }

        func channelInactive(context: ChannelHandlerContext) { continuation.finish() }
        func errorCaught(context: ChannelHandlerContext, error: any Error) {}
    }

    let inbox = Inbox()
    private let connected = Mutex<(any Channel)?>(nil)

    var channel: (any Channel)? {
        get { connected.withLock { $0 } }
        set { connected.withLock { $0 = newValue } }
    }

    func send(_ bytes: [UInt8]) async throws {
        do {
            try await channel?.writeAndFlush(ByteBuffer(bytes: bytes))
        } catch ChannelError.ioOnClosedChannel {}
    }

    /// The frames up to the first of these; all of them where the connection ends before.
    func frames(until isLast: @Sendable (Frame) -> Bool) async -> [Frame] {
        var frames: [Frame] = []
        for await frame in inbox.frames {
            frames.append(frame)
            if isLast(frame) { break }
        }
        return frames
    }

    static func frame(_ kind: UInt8, flags: UInt8 = 0, stream: UInt32 = 0, _ payload: [UInt8] = []) -> [UInt8] {
        let length = [UInt8(payload.count >> 16 & 0xff), UInt8(payload.count >> 8 & 0xff), UInt8(payload.count & 0xff)]
        return length + [kind, flags] + (0..<4).map { UInt8(stream >> (24 - 8 * $0) & 0xff) } + payload
    }

    /// A request's HEADERS frame (RFC 7541, with literals only).
    static func request(
        _ method: String, _ path: String, stream: UInt32, fields: [(String, String)] = [], ends: Bool = true
    ) -> [UInt8] {
        func literal(_ text: String) -> [UInt8] { [UInt8(text.utf8.count)] + Array(text.utf8) }
        var block: [UInt8] = [method == "POST" ? 0x83 : 0x82, 0x87, 0x04] + literal(path)
        block += [0x01] + literal("localhost")
        for (name, value) in fields { block += [0x00] + literal(name) + literal(value) }
        return frame(HTTP2FrameWatch.Kind.headers, flags: ends ? 5 : 4, stream: stream, block)
    }
}
