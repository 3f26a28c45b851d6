import NIOCore
import NIOPosix
import NIOSSL
import Synchronization

/// A connection on which the test writes every byte itself.
final class RawConnection: Sendable {
    private final class Inbox: ChannelInboundHandler, Sendable {
        typealias InboundIn = ByteBuffer
        let bytes = Mutex(ByteBuffer())
        let isClosed = Mutex(false)

        func channelRead(context: ChannelHandlerContext, data: NIOAny) {
            let part = unwrapInboundIn(data)
            bytes.withLock { _ = $0.writeImmutableBuffer(part) }
        }

        func channelInactive(context: ChannelHandlerContext) {
            isClosed.withLock { $0 = true }
            context.fireChannelInactive()
        }

        func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }
    }

    private let channel: any Channel
    private let inbox: Inbox

    /// - Parameter tls: whether TLS is spoken; the certificate must be the tests' own.
    init(port: Int, tls: Bool = true) async throws {
        let inbox = Inbox()
        let context = try NIOSSLContext(configuration: Certificates.shared.get().clientConfiguration())
        channel = try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    if tls {
                        try channel.pipeline.syncOperations.addHandler(
                            NIOSSLClientHandler(context: context, serverHostname: "localhost"))
                    }
                    try channel.pipeline.syncOperations.addHandler(inbox)
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
        self.inbox = inbox
    }

    func send(_ text: String) async throws { try await channel.writeAndFlush(ByteBuffer(string: text)) }

    /// The port of this side.
    var localPort: Int { channel.localAddress?.port ?? 0 }

    /// Everything that came.
    var text: String { inbox.bytes.withLock { String(buffer: $0) } }
    var isClosed: Bool { inbox.isClosed.withLock { $0 } }

    /// Waits until what came holds `part`.
    func wait(for part: String) async throws {
        try await eventually("\"\(part)\" in \"\(text)\"") { text.contains(part) }
    }

    func close() async throws { try? await channel.close() }
}
