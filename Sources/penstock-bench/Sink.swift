import NIOCore
import NIOHTTP1
import NIOPosix

/// An origin that reads each body to its end before it answers, and counts: nginx answers before.
struct Sink {
    private let listen: (host: String, port: Int)

    init(_ options: Options) throws {
        listen = try options.address("listen")
    }

    func run() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let total = try await loop.submit { NIOLoopBound(SinkTotal(), eventLoop: loop) }.get()
        let port = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 256 << 10))
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        HTTPResponseEncoder(), ByteToMessageHandler(HTTPRequestDecoder()), SinkHandler(total.value),
                    ])
                }
            }
            .bind(host: listen.host, port: listen.port).get()
        Bench.say("sink is up")
        try await port.closeFuture.get()
    }
}

/// Bytes that came in all bodies, whole and begun.
private final class SinkTotal {
    var bytes = 0
}

/// Answers each request with the number of bytes that have come since the start.
private final class SinkHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let total: SinkTotal

    init(_ total: SinkTotal) {
        self.total = total
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head: break
        case .body(let bytes): total.bytes += bytes.readableBytes
        case .end:
            let body = ByteBuffer(string: "{\"bytes\": \(total.bytes)}\n")
            let headers: HTTPHeaders = [
                "content-type": "application/json", "content-length": "\(body.readableBytes)",
            ]
            context.write(wrapOutboundOut(.head(.init(version: .http1_1, status: .ok, headers: headers))), promise: nil)
            context.write(wrapOutboundOut(.body(.byteBuffer(body))), promise: nil)
            context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        }
    }
}
