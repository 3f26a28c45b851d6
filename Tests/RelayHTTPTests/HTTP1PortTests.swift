import Foundation
import HTTP1
import NIOCore
import NIOEmbedded
import NIOHTTP1
import NIOPosix
import Synchronization
import Testing

@testable import RelayHTTP

@Suite("HTTP/1.1 on the public port", .timeLimit(.minutes(10)))
struct HTTP1PortTests {
    private static func get(
        _ path: String = "/hello", _ version: String = "1.1", _ fields: String = "Host: localhost\r\n"
    )
        -> String
    { "GET \(path) HTTP/\(version)\r\n\(fields)\r\n" }

    // MARK: which answer is the last

    @Test("a request with Connection: close is answered with connection: close, and then closed")
    func close() async throws {
        try await TestPort.with { port in
            for option in ["close", "Close", "keep-alive, close"] {
                let connection = try await port.raw()
                try await connection.send(Self.get("/hello", "1.1", "Host: localhost\r\nConnection: \(option)\r\n"))
                let answer = await connection.readToEnd()
                #expect(answer.contains("connection: close\r\n") && answer.hasSuffix("hello"), "\(answer)")
            }
        }
    }

    @Test("HTTP/1.0 without keep-alive is closed after its answer")
    func http10() async throws {
        try await TestPort.with { port in
            let plain = try await port.raw()
            try await plain.send(Self.get("/hello", "1.0", ""))
            let answer = await plain.readToEnd()
            #expect(answer.contains("connection: close\r\n") && answer.hasSuffix("hello"), "\(answer)")
            let kept = try await port.raw()
            for _ in 0..<2 {
                try await kept.send(Self.get("/hello", "1.0", "Connection: Keep-Alive\r\n"))
                let answer = await kept.read(until: "hello")
                #expect(answer.contains("connection: keep-alive\r\n"), "\(answer)")
            }
        }
    }

    @Test(
        "two Host fields, or none in HTTP/1.1, is 400",
        arguments: [
            "", "Host: a\r\nHost: a\r\n", "Host: a\r\nhOsT: b\r\n", "Host: a, b\r\n", "Host: a b\r\n", "Host: a/b\r\n",
        ])
    func hosts(fields: String) async throws {
        try await TestPort.with { port in
            let connection = try await port.raw()
            try await connection.send(Self.get("/hello", "1.1", fields))
            let answer = await connection.readToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 400 ") && answer.contains("Host field"), "\(answer)")
        }
    }

    @Test("two Host fields in HTTP/1.0 are 400, and none is taken")
    func hosts10() async throws {
        try await TestPort.with { port in
            let connection = try await port.raw()
            try await connection.send(Self.get("/hello", "1.0", "Host: a\r\nHost: b\r\n"))
            #expect(await connection.readToEnd().contains(" 400 "))
        }
    }

    @Test("an answer to HEAD is its head, and the connection goes on")
    func head() async throws {
        try await TestPort.with { port in
            let connection = try await port.raw()
            for _ in 0..<2 {
                try await connection.send("HEAD /hello HTTP/1.1\r\nHost: localhost\r\n\r\n" + Self.get("/<next>"))
                let answers = await connection.read(until: "<next>")
                #expect(answers.components(separatedBy: "HTTP/1.1 ").count == 3, "\(answers)")
                #expect(answers.contains("\r\n\r\nHTTP/1.1 200 "), "\(answers)")
            }
        }
    }

    // MARK: pipelining

    @Test("pipelined requests are answered in order, those behind a body too")
    func pipelined() async throws {
        try await TestPort.with { port in
            let connection = try await port.raw()
            let body = "POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 9\r\n\r\n<the-dam>"
            let chunked =
                "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n<the-\r\n4\r\nsea>\r\n0\r\n\r\n"
            let requests = (0..<60).map { Self.get("/<\($0)>") + body + chunked }.joined() + Self.get("/<last>")
            try await connection.send(requests)
            let text = await connection.read(until: "<last>")
            let answers = text.split(separator: "<").dropFirst().map { $0.prefix { $0 != ">" } }
            #expect(answers == (0..<60).flatMap { ["\($0)", "the-dam", "the-sea"] } + ["last"])
        }
    }

    @Test("what is no request behind one that is gets its 400 in its turn")
    func pipelinedGarbage() async throws {
        try await TestPort.with { port in
            let connection = try await port.raw()
            try await connection.send(Self.get() + "\u{1}\u{2}\r\n\r\n")
            let answer = await connection.readToEnd()
            let first = try #require(answer.range(of: "hello"))
            #expect(answer[first.upperBound...].hasPrefix("HTTP/1.1 400 "), "\(answer)")
        }
    }

    // MARK: what is a request

    @Test("method: a token that few servers know is a request like others", arguments: ["LIST", "PROPFIND", "x-own"])
    func anyMethod(method: String) async throws {
        try await TestPort.with { port in
            let connection = try await port.raw()
            try await connection.send("\(method) /hello HTTP/1.1\r\nHost: localhost\r\n\r\n" + Self.get("/<next>"))
            let answers = await connection.read(until: "<next>")
            #expect(answers.hasPrefix("HTTP/1.1 404 ") || answers.hasPrefix("HTTP/1.1 405 "), "\(answers)")
        }
    }

    @Test(
        "S11: a request that two readers could understand differently is refused, and nothing behind it is served",
        arguments: [
            (
                "POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                "400"
            ),
            ("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\nContent-Length: 44\r\n\r\n", "400"),
            ("POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 0, 0\r\n\r\n", "400"),
            ("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", "501"),
            ("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, x\r\n\r\n0\r\n\r\n", "400"),
            ("POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n", "400"),
            ("GET /hello HTTP/1.1\r\nHost: a\r\nX: y\r\n folded\r\n\r\n", "400"),
            ("GET /hello HTTP/1.1\nHost: a\n\n", "400"),
            ("GET /hello HTTP/1.1\r\nHost: a\r\nX: a\rY: b\r\n\r\n", "400"),
            ("GET /hello HTTP/2.0\r\nHost: a\r\n\r\n", "400"), ("GET /hello HTTP/3.0\r\nHost: a\r\n\r\n", "505"),
            ("GET /hello\r\n\r\n", "400"),
        ])
    func smuggled(text: String, status: String) async throws {
        try await TestPort.with { port in
            let connection = try await port.raw()
            try await connection.send(text + Self.get("/<evil>"))
            let answer = await connection.readToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 \(status) ") && answer.contains("INVALID_REQUEST"), "\(answer)")
            #expect(!answer.contains("evil") && !answer.contains("HTTP/1.1 2"), "\(answer)")
        }
    }

    @Test("S11: a body whose chunks are malformed breaks its request off, and nothing behind it is served")
    func malformedBody() async throws {
        try await TestPort.with { port in
            let connection = try await port.raw()
            try await connection.send(
                "POST /echo HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5 \r\nhello\r\n0\r\n\r\n"
                    + Self.get("/<evil>"))
            let answer = await connection.readToEnd()
            #expect(!answer.contains("HTTP/1.1 200 ") && !answer.contains("evil"), "\(answer)")
        }
    }

    @Test(
        "a body that the connection cuts short is never taken for whole",
        arguments: ["Content-Length: 5\r\n\r\nhell", "Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n"])
    func cutShort(rest: String) throws {
        let channel = try Self.embedded()
        try channel.writeInbound(ByteBuffer(string: "POST / HTTP/1.1\r\nHost: a\r\n\(rest)"))
        channel.pipeline.fireChannelInactive()
        #expect(throws: RequestFault.cutShort) { try channel.throwIfErrorCaught() }
        var parts: [HTTPServerRequestPart] = []
        while let part = try channel.readInbound(as: HTTPServerRequestPart.self) { parts.append(part) }
        #expect(parts.count == 2 && !parts.contains(.end(nil)))
        _ = try? channel.finish()
    }

    /// The handlers of an HTTP/1.1 connection, without a server behind them.
    private static func embedded(_ limits: PortLimits = .defaults) throws -> EmbeddedChannel {
        let channel = EmbeddedChannel()
        var limits = limits
        limits.head = .hours(1)
        let reader = RequestReader(limits: limits)
        try channel.pipeline.syncOperations.addHandlers([
            HTTPResponseEncoder(), reader, RequestGuard(reader: reader, limits: limits),
        ])
        try channel.connect(to: SocketAddress(ipAddress: "127.0.0.1", port: 1)).wait()
        return channel
    }

    private static func paths(_ channel: EmbeddedChannel) throws -> [String] {
        var paths: [String] = []
        while let part = try channel.readInbound(as: HTTPServerRequestPart.self) {
            if case .head(let head) = part { paths.append(head.uri) }
        }
        return paths
    }

    @Test("a pipelined request is not read before the one before it is answered")
    func held() throws {
        let channel = try Self.embedded()
        defer { _ = try? channel.finish() }
        let many = (0..<5000).map { Self.get("/\($0)") }.joined()
        try channel.writeInbound(ByteBuffer(string: many))
        for number in 0..<20 {
            #expect(try Self.paths(channel) == ["/\(number)"])
            channel.embeddedEventLoop.advanceTime(to: .now() + .seconds(1))
            #expect(try Self.paths(channel) == [])
            let head = HTTPResponseHead(version: .http1_1, status: .ok, headers: ["content-length": "0"])
            try channel.writeOutbound(HTTPServerResponsePart.head(head))
            try channel.writeOutbound(HTTPServerResponsePart.end(nil))
            // Its turn has still to come.
            #expect(try Self.paths(channel) == [])
            channel.embeddedEventLoop.advanceTime(to: .now() + .seconds(1))
        }
    }

    @Test("answers that nobody reads have a deadline")
    func unread() async throws {
        var limits = PortLimits.patient
        limits.unwritten = .milliseconds(300)
        try await TestPort.with(limits: limits) { port in
            let connection = try await port.raw()
            // Once this is answered, the handshake is over, which takes reading.
            try await connection.send(Self.get("/<first>"))
            _ = await connection.read(until: "<first>")
            try await connection.channel.setOption(ChannelOptions.autoRead, value: false).get()
            let path = "/" + String(repeating: "x", count: 16 << 10)
            let requests = ByteBuffer(string: String(repeating: Self.get(path), count: 2000))
            connection.channel.writeAndFlush(requests, promise: nil)
            // A client that does not read learns of the end by its own writing.
            try await connection.channel.closeFuture.get()
        }
    }

    @Test("requests that wait for their turn do not keep an event loop from its sockets")
    func fair() async throws {
        let loop = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let server = try await ServerBootstrap(group: loop)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture { try channel.pipeline.syncOperations.addHandler(Echo()) }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let work = Work(loop: loop.next())
        for _ in 0..<8 { work.start() }
        let (pieces, continuation) = AsyncStream.makeStream(of: Void.self, bufferingPolicy: .unbounded)
        let client = try await ClientBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Told(continuation: continuation))
                }
            }
            .connect(to: try #require(server.localAddress)).get()
        var iterator = pieces.makeAsyncIterator()
        for _ in 0..<5 {
            try await client.writeAndFlush(ByteBuffer(string: "x"))
            _ = await iterator.next()
        }
        work.isOver.withLock { $0 = true }
        try await client.close()
        try await server.close()
        try await loop.shutdownGracefully()
    }

    // MARK: early answers

    @Test(
        "an upload answered early is read on, and gets its answer although it reads late",
        arguments: ["length", "chunked"])
    func earlyAnswer(framing: String) async throws {
        var limits = PortLimits.patient
        limits.linger = .minutes(5)
        limits.lingerSilence = .seconds(15)
        try await TestPort.with(limits: limits) { port in
            let connection = try await port.raw()
            try await connection.channel.setOption(ChannelOptions.allowRemoteHalfClosure, value: true).get()
            // Once this has left, the handshake is over, which takes reading.
            try await connection.send("POST /refuse HTTP/1.1\r\nHost: localhost\r\n")
            try await connection.channel.setOption(ChannelOptions.autoRead, value: false).get()
            let piece = String(repeating: "x", count: 1 << 20)
            let isChunked = framing == "chunked"
            let length = isChunked ? "Transfer-Encoding: chunked" : "Content-Length: \(20 << 20)"
            try await connection.send("\(length)\r\n\r\n")
            for _ in 0..<20 { try await connection.send(isChunked ? "100000\r\n\(piece)\r\n" : piece) }
            try await connection.channel.setOption(ChannelOptions.autoRead, value: true).get()
            connection.channel.read()
            let answer = await connection.readToEnd()
            #expect(answer.hasPrefix("HTTP/1.1 403 ") && answer.contains("connection: close\r\n"), "\(answer)")
            #expect(answer.hasSuffix("no"))
        }
    }

    @Test("what is sent after the answer is read to a bound, then the connection is closed")
    func bound() async throws {
        var limits = PortLimits.patient
        limits.lingerBytes = 1 << 20
        limits.linger = .hours(1)
        limits.lingerSilence = .hours(1)
        try await TestPort.with(limits: limits) { port in
            let channel = try await port.connect(alpn: ["http/1.1"]) { channel in
                try channel.syncOptions?.setOption(ChannelOptions.allowRemoteHalfClosure, value: true)
            }
            let head = "POST /refuse HTTP/1.1\r\nHost: localhost\r\nContent-Length: 99999999\r\n\r\n"
            try await channel.writeAndFlush(ByteBuffer(string: head))
            channel.writeAndFlush(ByteBuffer(repeating: 0x78, count: 50 << 20), promise: nil)
            try await channel.closeFuture.get()
        }
    }

    @Test("an answer to a whole request leaves the connection open")
    func whole() async throws {
        try await TestPort.with { port in
            let connection = try await port.raw()
            for _ in 0..<2 {
                try await connection.send("POST /refuse HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc")
                #expect(await connection.read(until: "no").contains("connection: close") == false)
            }
        }
    }
}

/// Work that never ends, two milliseconds a request: more than lies between two turns.
private final class Work: Sendable {
    let isOver = Mutex(false)
    private let loop: any EventLoop

    init(loop: any EventLoop) { self.loop = loop }

    func start() {
        loop.execute { self.go() }
    }

    private func go() {
        guard !isOver.withLock({ $0 }) else { return }
        let end = NIODeadline.now() + .milliseconds(2)
        while NIODeadline.now() < end {}
        PipelinedTurns.of(loop).wait { self.go() }
    }
}

private final class Echo: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    func channelRead(context: ChannelHandlerContext, data: NIOAny) { context.writeAndFlush(data, promise: nil) }
}

private final class Told: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    let continuation: AsyncStream<Void>.Continuation
    init(continuation: AsyncStream<Void>.Continuation) { self.continuation = continuation }
    func channelRead(context: ChannelHandlerContext, data: NIOAny) { continuation.yield() }
}
