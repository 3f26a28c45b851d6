import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL

/// One caller with one call at a time, in turn over a few kept-alive connections: some to warm up, then, once a line on
/// standard input says so, those that are counted. Whoever counts starts and stops while no call is on its way.
struct Calls {
    private let server: (host: String, port: Int)
    private let context: NIOSSLContext?
    private let head: HTTPRequestHead
    private let body: String?
    private let connections: Int
    private let warmUp: Int
    private let counted: Int

    /// - Throws: ``BenchError`` for an option that is missing or malformed, `NIOSSLError` for an unusable `--ca` file.
    init(_ options: Options) throws {
        server = try options.address("to")
        body = options.optionalText("body")
        connections = try options.number("connections")
        warmUp = try options.number("warm-up")
        counted = try options.number("calls")
        if let file = options.optionalText("ca") {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .file(file)
            tls.applicationProtocols = ["http/1.1"]
            context = try NIOSSLContext(configuration: tls)
        } else {
            context = nil
        }
        var headers: HTTPHeaders = ["host": "\(server.host):\(server.port)"]
        if let token = options.optionalText("token") { headers.add(name: "authorization", value: "Bearer \(token)") }
        if let body {
            headers.add(name: "content-type", value: "application/json")
            headers.add(name: "content-length", value: "\(body.utf8.count)")
        }
        head = HTTPRequestHead(
            version: .http1_1, method: body == nil ? .GET : .POST, uri: try options.text("path"), headers: headers)
    }

    /// Prints `warm` after the warm-up, waits for a line, makes the counted calls, prints `done`, and waits for the end of
    /// standard input with its connections open.
    ///
    /// - Throws: ``BenchError`` for an answer that is not 200 or has no body.
    func run() async throws {
        let loop = MultiThreadedEventLoopGroup(numberOfThreads: 1).next()
        var channels: [any Channel] = []
        for _ in 0..<connections { channels.append(try await connect(on: loop)) }
        for number in 0..<warmUp { try await call(channels[number % connections]) }
        Bench.say("warm")
        guard readLine() != nil else { return }
        for number in 0..<counted { try await call(channels[number % connections]) }
        Bench.say("done")
        while readLine() != nil {}
    }

    private func connect(on loop: any EventLoop) async throws -> any Channel {
        try await ClientBootstrap(group: loop)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { [context] channel in
                channel.eventLoop.makeCompletedFuture {
                    let pipeline = channel.pipeline.syncOperations
                    if let context {
                        try pipeline.addHandler(NIOSSLClientHandler(context: context, serverHostname: "localhost"))
                    }
                    try pipeline.addHTTPClientHandlers()
                    try pipeline.addHandler(AnswerHandler())
                }
            }
            .connect(host: server.host, port: server.port).get()
    }

    private func call(_ channel: any Channel) async throws {
        try await channel.eventLoop.flatSubmit { [head, body] in
            do {
                let handler = try channel.pipeline.syncOperations.handler(type: AnswerHandler.self)
                return handler.call(head, body)
            } catch {
                return channel.eventLoop.makeFailedFuture(error)
            }
        }.get()
    }
}

/// One connection of ``Calls``: sends a request and awaits its answer.
private final class AnswerHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private var context: ChannelHandlerContext?
    private var answer: EventLoopPromise<Void>?
    private var status = 0
    private var length = 0

    func handlerAdded(context: ChannelHandlerContext) {
        self.context = context
    }

    func handlerRemoved(context: ChannelHandlerContext) {
        self.context = nil
        fail(BenchError("the connection was closed before an answer was complete"))
    }

    /// - Returns: a future that fails unless the answer's status is 200 and it has a body.
    func call(_ head: HTTPRequestHead, _ body: String?) -> EventLoopFuture<Void> {
        guard let context else { preconditionFailure("A call on a connection that is closed.") }
        let promise = context.eventLoop.makePromise(of: Void.self)
        answer = promise
        (status, length) = (0, 0)
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        if let body { context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: body)))), promise: nil) }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        return promise.futureResult
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): status = Int(head.status.code)
        case .body(let bytes): length += bytes.readableBytes
        case .end:
            guard status == 200, length > 0 else {
                return fail(BenchError("an answer had status \(status) and \(length) bytes"))
            }
            answer?.succeed()
            answer = nil
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        fail(error)
        context.close(promise: nil)
    }

    private func fail(_ error: any Error) {
        answer?.fail(error)
        answer = nil
    }
}
