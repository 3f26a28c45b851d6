import EgressPolicy
import Lines
import NIOCore
import NIOHTTP1
import NIOPosix

/// Answers `/livez`, `/readyz` and `/metrics` over HTTP/1.1.
final class HealthServer: Sendable {
    struct Status: Sendable {
        let isReady: @Sendable () -> Bool
        let metrics: @Sendable () -> String
    }

    private let channel: any Channel
    let port: Int

    /// - Throws: ``ConnectorError`` when the address cannot be had.
    init(_ listen: ConnectorConfiguration.Listen, on eventLoop: any EventLoop, status: Status) async throws {
        do {
            let address = try SocketAddress(
                packedIPAddress: ByteBuffer(bytes: listen.address.unmapped.bytes), port: listen.port)
            channel = try await ServerBootstrap(group: eventLoop)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        try channel.pipeline.syncOperations.configureHTTPServerPipeline()
                        try channel.pipeline.syncOperations.addHandler(HealthHandler(status))
                    }
                }
                .bind(to: address).get()
        } catch let error as IOError {
            throw ConnectorError(
                .failed,
                "cannot listen on \(listen) (health.listen): \(FileDescriptor.describe(error.errnoCode)); "
                    + "set health.listen to a free address")
        }
        port = channel.localAddress?.port ?? listen.port
    }

    func close() async throws {
        try await channel.close()
    }
}

private final class HealthHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let status: HealthServer.Status
    private var head: HTTPRequestHead?
    private var timer: Scheduled<Void>?

    /// A client that does not finish its request in time is cut off (T15).
    private static let patience = TimeAmount.seconds(10)

    init(_ status: HealthServer.Status) {
        self.status = status
    }

    func channelActive(context: ChannelHandlerContext) {
        watch(context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        timer?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): self.head = head
        case .body: break
        case .end:
            if let head { answer(head, context) }
            head = nil
            timer?.cancel()
            watch(context)
        }
    }

    private func watch(_ context: ChannelHandlerContext) {
        timer = context.eventLoop.assumeIsolated().scheduleTask(in: Self.patience) { context.close(promise: nil) }
    }

    private func answer(_ request: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let path = request.uri.prefix { $0 != "?" }
        let (code, type, text): (HTTPResponseStatus, String, String) =
            switch (request.method, path) {
            case (.GET, "/livez"), (.HEAD, "/livez"):
                (.ok, "text/plain; charset=utf-8", "alive\n")
            case (.GET, "/readyz"), (.HEAD, "/readyz"):
                status.isReady()
                    ? (.ok, "text/plain; charset=utf-8", "ready\n")
                    : (.serviceUnavailable, "text/plain; charset=utf-8", "no tunnel to the relay\n")
            case (.GET, "/metrics"), (.HEAD, "/metrics"):
                (.ok, "text/plain; version=0.0.4; charset=utf-8", status.metrics())
            default:
                (.notFound, "text/plain; charset=utf-8", "known here: /livez, /readyz, /metrics\n")
            }
        let headers: HTTPHeaders = [
            "content-type": type, "content-length": "\(text.utf8.count)",
            "connection": request.isKeepAlive ? "keep-alive" : "close",
        ]
        context.write(wrapOutboundOut(.head(.init(version: .http1_1, status: code, headers: headers))), promise: nil)
        if request.method != .HEAD {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        if !request.isKeepAlive { context.close(promise: nil) }
    }
}
