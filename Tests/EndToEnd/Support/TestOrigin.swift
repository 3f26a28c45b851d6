import Foundation
import HTTP1
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization
import Value

/// An HTTP/1.1 server of the test process, with every request it saw.
///
/// Paths, whatever the method:
/// `/hello` JSON; `/echo` the request as JSON; `/items/…`, `/search` as `/echo`; `/mirror` the body, piece by piece as it
/// comes; `/sink` counts the body and answers the count; `/bytes/N` N bytes with a length; `/status/N` that status with a
/// JSON body; `/never` no answer; `/gated` one piece at a time, as the test says (``nextGate()``). ``script(_:_:)``
/// replaces or adds paths.
final class TestOrigin: Sendable {
    /// A request as it came; of the body, the first 64 KiB are kept.
    struct Seen: Sendable {
        let method: String
        let target: String
        let headers: HTTPHeaders
        var body = ByteBuffer()
        var bytes = 0
        var isWhole = false

        var path: String { String(target.prefix { $0 != "?" }) }
    }

    enum Reply: Sendable {
        case json(JSON, status: Int = 200, headers: HTTPHeaders = [:])
        case bytes([UInt8], status: Int = 200, headers: HTTPHeaders = [:])
        /// N bytes with a Content-Length, as fast as the peer takes them.
        case download(Int)
        /// These bytes, without an encoder between; then the connection is closed, if so said.
        case raw(String, close: Bool = true)
        /// The connection is closed without a word.
        case hangUp
        case never
    }

    struct State {
        var seen: [Seen] = []
        var gates: [Gate] = []
        var scripts: [String: @Sendable (Seen) -> Reply] = [:]
        var received = 0
        var connections = 0
        var opened = 0
    }

    let port: Int
    let url: String
    private let listener: any Channel
    private let state: Shared

    /// The part that the channels hold.
    final class Shared: Sendable {
        let state = Mutex(State())
    }

    convenience init(tls: Certificates? = nil, port: Int = 0) async throws {
        try await self.init(configuration: tls?.serverConfiguration(), port: port)
    }

    /// - Parameters:
    ///   - configuration: of its TLS; nil for plain HTTP.
    ///   - takesAnyMethod: whether it reads methods that NIO's decoder does not know.
    init(configuration: TLSConfiguration?, port: Int = 0, takesAnyMethod: Bool = false) async throws {
        let shared = Shared()
        let context = try configuration.map { try NIOSSLContext(configuration: $0) }
        listener = try await ServerBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let context { try pipeline.addHandler(NIOSSLServerHandler(context: context)) }
                    try pipeline.addHandler(RawDoor(), name: RawDoor.name)
                    if takesAnyMethod {
                        try pipeline.addHandlers([HTTPResponseEncoder(), AnyMethodReader()])
                    } else {
                        try pipeline.configureHTTPServerPipeline(withPipeliningAssistance: false)
                    }
                    try pipeline.addHandler(OriginHandler(shared))
                }
            }
            .bind(host: "127.0.0.1", port: port).get()
        self.port = listener.localAddress?.port ?? 0
        url = "\(context == nil ? "http" : "https")://\(context == nil ? "127.0.0.1" : "localhost"):\(self.port)"
        state = shared
    }

    /// Stops listening; connections that are there stay.
    func close() async throws { try await listener.close() }

    /// Sets what a path (without its query) answers.
    func script(_ path: String, _ reply: @escaping @Sendable (Seen) -> Reply) {
        state.state.withLock { $0.scripts[path] = reply }
    }

    var seen: [Seen] { state.state.withLock { $0.seen } }
    /// Body bytes of all requests.
    var received: Int { state.state.withLock { $0.received } }
    /// Connections that are open.
    var connections: Int { state.state.withLock { $0.connections } }
    /// Connections that were ever opened.
    var opened: Int { state.state.withLock { $0.opened } }

    /// The next request of `/gated` that nobody took yet.
    func nextGate() async throws -> Gate {
        try await eventually("a request of /gated") {
            state.state.withLock { $0.gates.isEmpty ? nil : $0.gates.removeFirst() }
        }
    }
}

/// Reads requests of any method.
private final class AnyMethodReader: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = HTTPServerRequestPart
    private var decoder = RequestDecoder()

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        decoder.append(unwrapInboundIn(data))
        do {
            while let part = try decoder.next() { context.fireChannelRead(wrapInboundOut(part)) }
        } catch {
            context.fireErrorCaught(error)
        }
    }
}

/// Lets ``TestOrigin/Reply/raw(_:close:)`` past the encoder.
final class RawDoor: ChannelOutboundHandler, Sendable {
    typealias OutboundIn = ByteBuffer
    static let name = "raw door"
}
