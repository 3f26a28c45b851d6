import NIOCore
import NIOHTTP1
import NIOPosix
import Testing

@testable import ReverseHTTP

/// A relay's port as far as tunnels go: plain TCP, one token, ``PTTHUpgrader``.
private struct UpgradeListener {
    let channel: any Channel
    let sessions: AsyncStream<ClientSession>

    static func start(token: String = "right") async throws -> UpgradeListener {
        let (sessions, continuation) = AsyncStream.makeStream(
            of: ClientSession.self, bufferingPolicy: .bufferingOldest(16))
        let channel = try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let upgrader = PTTHUpgrader<String, Void>(eventLoop: channel.eventLoop) { head, channel in
                        head.headers.first(name: "authorization") == "Bearer \(token)"
                            ? channel.eventLoop.makeSucceededFuture("tunnel")
                            : channel.eventLoop.makeFailedFuture(PTTH.NotATunnelRequest())
                    } upgraded: { channel, _, _ in
                        channel.eventLoop.makeCompletedFuture {
                            continuation.yield(try ClientSession(on: channel, logger: quiet))
                        }
                    }
                    _ = try channel.pipeline.syncOperations.configureUpgradableHTTPServerPipeline(
                        configuration: .init(
                            upgradeConfiguration: .init(upgraders: [upgrader]) { channel in
                                channel.eventLoop.makeCompletedFuture {
                                    try channel.pipeline.syncOperations.addHandler(Unauthorized())
                                }
                            }))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return UpgradeListener(channel: channel, sessions: sessions)
    }

    func dial(token: String, peer: TestPeer) async throws -> ServerSession {
        let channel = try await ClientBootstrap(group: group)
            .connect(host: "127.0.0.1", port: channel.localAddress?.port ?? 0).get()
        return try await channel.eventLoop.flatSubmit {
            PTTHDial.upgrade(channel, authority: "relay.test", token: token, timeout: .minutes(5)) { channel in
                try ServerSession(on: channel, logger: quiet, handler: peer.handle)
            }
        }.get()
    }
}

private final class Unauthorized: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        guard case .end = unwrapInboundIn(data) else { return }
        let body = #"{"code":"UNAUTHORIZED"}"#
        let headers: HTTPHeaders = ["content-length": "\(body.utf8.count)", "retry-after": "7"]
        context.write(
            wrapOutboundOut(.head(.init(version: .http1_1, status: .unauthorized, headers: headers))), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: body)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
    }
}

@Suite("PTTH upgrade", .timeLimit(.minutes(10)))
struct PTTHTests {
    @Test("after 101 the side that dialled answers, and the side that was dialled asks")
    func upgrade() async throws {
        let listener = try await UpgradeListener.start()
        let peer = TestPeer()
        let session = try await listener.dial(token: "right", peer: peer)
        var sessions = listener.sessions.makeAsyncIterator()
        let client = try #require(await sessions.next())
        #expect(try await client.send(Request(head: get("/hello"))).text() == "hello")
        let call = client.start(post("/echo"), hasBody: true)
        try await call.write(ByteBuffer(string: "through the dam"))
        call.finish()
        #expect(try await call.response().text() == "through the dam")
        session.drain()
        try await client.closeFuture.get()
    }

    @Test("a hundred dials: the relay's first frames, right behind the 101, are never lost")
    func nothingLost() async throws {
        let listener = try await UpgradeListener.start()
        let peer = TestPeer()
        var sessions = listener.sessions.makeAsyncIterator()
        for _ in 0..<100 {
            async let dialled = listener.dial(token: "right", peer: peer)
            let client = try #require(await sessions.next())
            #expect(try await client.send(Request(head: get("/hello"))).head.status == 200)
            try await dialled.close()
        }
    }

    @Test("a channel that says it is active only after the request was written is asked once")
    func asksOnce() async throws {
        let listener = try await UpgradeListener.start()
        let peer = TestPeer()
        let port = listener.channel.localAddress?.port ?? 0
        let loop = group.next()
        // On the loop itself the dial begins between the connection and its channelActive.
        async let dialled = loop.flatSubmit {
            ClientBootstrap(group: loop).connect(host: "127.0.0.1", port: port).flatMap { channel in
                PTTHDial.upgrade(channel, authority: "relay.test", token: "right", timeout: .minutes(5)) { channel in
                    try ServerSession(on: channel, logger: quiet, handler: peer.handle)
                }
            }
        }.get()
        var sessions = listener.sessions.makeAsyncIterator()
        let client = try #require(await sessions.next())
        #expect(try await client.send(Request(head: get("/hello"))).text() == "hello")
        try await dialled.close()
    }

    @Test("C7: a wrong token is refused with the relay's status, words and Retry-After")
    func refusal() async throws {
        let listener = try await UpgradeListener.start()
        let refusal = await #expect(throws: PTTH.Refusal.self) {
            try await listener.dial(token: "wrong", peer: TestPeer())
        }
        #expect(refusal == PTTH.Refusal(status: 401, retryAfter: .seconds(7), body: #"{"code":"UNAUTHORIZED"}"#))
    }

    @Test(
        "an answer that is no upgrade fails the dial",
        arguments: [
            "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: websocket\r\n\r\n",
            "HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: ptth\r\nALPN: h3\r\n\r\n",
            "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n", "SSH-2.0-OpenSSH_9.2\r\n", "",
        ])
    func notAnUpgrade(answer: String) async throws {
        let server = try await ServerBootstrap(group: group)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(Canned(answer: answer))
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        let listener = UpgradeListener(channel: server, sessions: AsyncStream { $0.finish() })
        await #expect(throws: (any Error).self) { try await listener.dial(token: "right", peer: TestPeer()) }
    }
}

private final class Canned: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    let answer: String

    init(answer: String) { self.answer = answer }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer)), promise: nil)
        context.close(promise: nil)
    }
}
