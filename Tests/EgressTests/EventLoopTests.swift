import EgressPolicy
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import Testing

@testable import Egress

/// Requests that are started on an event loop.
@Suite struct EventLoopTests {
    private let loop = MultiThreadedEventLoopGroup.singleton.next()

    @Test func `A whole answer and its end come on the event loop, in one turn of it`() async throws {
        try await RawServer.with(RawServer.echo) { server in
            try await withClient { client in
                for _ in 0..<2 {
                    let receiver = try await start(.to(server.port, "/a"), client)
                    let seen = await receiver.ended()
                    #expect(seen == ["answer 200 GET /a HTTP/1.1", "end nil"])
                    #expect(receiver.turns == 1)
                }
            }
        }
    }

    @Test func `A body that is held back waits, and comes whole once it is resumed`() async throws {
        let size = 8 << 20
        let sent = Signal()
        try await RawServer.with { connection in
            _ = await connection.head()
            try await connection.write("HTTP/1.1 200 OK\r\ncontent-length: \(size)\r\n\r\n")
            for _ in 0..<(size >> 16) { try await connection.write(ByteBuffer(repeating: 0x61, count: 1 << 16)) }
            sent.open()
        } _: { server in
            try await withClient { client in
                let receiver = try await start(.to(server.port), client, isHeld: true)
                await receiver.answered.wait()
                // The sender is held up too: far more than all buffers hold is still to come.
                for _ in 0..<100 { try await loop.submit {}.get() }
                #expect(receiver.bytes == 0 && client.gauges.transfers == 1)
                receiver.call?.resume()
                let seen = await receiver.ended()
                await sent.wait()
                #expect(receiver.bytes == size && seen.first == "answer 200 streamed" && seen.last == "end nil")
            }
        }
    }

    @Test func `A body that is pushed leaves piece by piece, and asks for the next`() async throws {
        try await RawServer.with { connection in
            _ = await connection.head()
            let pieces = [await connection.bytes(8), await connection.bytes(8), await connection.bytes(5)]
            try await connection.answer(pieces == ["3\r\none\r\n", "3\r\ntwo\r\n", "0\r\n\r\n"] ? "got it" : "wrong")
        } _: { server in
            try await withClient { client in
                let request = try EgressRequest.to(server.port, method: "POST", body: .pushed(length: nil))
                let receiver = try await start(request, client, pieces: ["one", "two"])
                #expect(await receiver.ended() == ["answer 200 got it", "end nil"])
                #expect(receiver.call?.send(ByteBuffer(string: "late")) == false)
            }
        }
    }

    @Test func `A call that is cancelled ends once, and closes its connection`() async throws {
        let closed = Signal()
        try await RawServer.with { connection in
            _ = await connection.head()
            await connection.untilClosed()
            closed.open()
        } _: { server in
            try await withClient { client in
                let receiver = try await start(.to(server.port), client)
                await server.seen.waitForRequest()
                receiver.call?.cancel()
                receiver.call?.cancel()
                let seen = await receiver.ended()
                #expect(seen.count == 1 && seen.first?.hasPrefix("end Optional(cancelled") == true)
                await closed.wait()
            }
        }
    }

    @Test func `A call that is cancelled while its name is looked up ends`() async throws {
        let end = ThreadSignal()
        defer { end.raise() }
        let resolver = SystemResolver(threads: 1) { _ in
            end.wait()
            return nil
        }
        try await withClient(resolver: resolver) { client in
            let receiver = try await start(.to(80), client)
            receiver.call?.cancel()
            #expect(await receiver.ended() == ["end Optional(cancelled, not sent)"])
        }
    }

    @Test func `What is refused before it leaves ends on the event loop too`() async throws {
        try await withClient { client in
            let receiver = try await start(.to(80, host: "10.0.0.1"), client)
            #expect(await receiver.ended().first?.hasPrefix("end Optional(notAllowed") == true)
        }
        let client = EgressClient(
            configuration: EgressConfiguration(rules: EgressRules(allowPrivate: [try .init("127.0.0.0/8")])),
            resolver: FakeResolver(), logger: quiet)
        let receiver = try await start(.to(80), client)
        #expect(await receiver.ended() == ["end Optional(overloaded, not sent)"])
        await client.shutdown()
    }

    @Test func `Nothing of a request is left in the next one on the same handle`() async throws {
        try await RawServer.with { connection in
            while let head = await connection.head() {
                let length = head.lowercased().contains("content-length: 5") ? 5 : 0
                let body = await connection.bytes(length) ?? ""
                if head.hasPrefix("HEAD") {
                    try await connection.write("HTTP/1.1 200 OK\r\ncontent-length: 7\r\n\r\n")
                } else {
                    try await connection.answer(head.prefix { $0 != "\r\n" } + " " + body)
                }
            }
        } _: { server in
            try await withClient { client in
                let post = try EgressRequest.to(
                    server.port, "/post", method: "POST", headers: ["X-Secret": "1"],
                    body: .whole(ByteBuffer(string: "hello")))
                #expect(try await client.whole(post).body == "POST /post HTTP/1.1 hello")
                #expect(try await client.whole(.to(server.port, "/get")).body == "GET /get HTTP/1.1 ")
                #expect(try await client.whole(post).body == "POST /post HTTP/1.1 hello")
                #expect(try await client.whole(.to(server.port, "/head", method: "HEAD")).body == "")
                #expect(try await client.whole(.to(server.port, "/", method: "DELETE")).body == "DELETE / HTTP/1.1 ")
                #expect(try await client.whole(.to(server.port, "/head", method: "HEAD")).isReused)
                #expect(try await client.whole(post).body == "POST /post HTTP/1.1 hello")
                #expect(server.seen.connections == 1)
                let heads = server.seen.heads
                for (head, isPost) in zip(heads, [true, false, true, false, false, false, true]) {
                    let lowered = head.lowercased()
                    #expect(lowered.contains("x-secret") == isPost && lowered.contains("content-length") == isPost)
                    #expect(
                        !lowered.contains("accept") && !lowered.contains("expect") && !lowered.contains("user-agent"))
                }
            }
        }
    }

    @Test func `A connection that dies when it is used again is replaced, however often that happens`() async throws {
        try await RawServer.with { connection in
            _ = await connection.head()
            try await connection.answer("x")
            // The next request has left before the connection ends.
            _ = await connection.head()
        } _: { server in
            try await withClient { client in
                for number in 1...9 {
                    let answer = try await client.whole(.to(server.port, "/\(number)"))
                    #expect(answer.body == "x")
                }
                #expect(server.seen.connections == 9)
            }
        }
    }

    private func start(
        _ request: EgressRequest, _ client: EgressClient, isHeld: Bool = false, pieces: [String] = []
    ) async throws -> Receiver {
        try await loop.submit { [loop] in
            let receiver = Receiver(loop, pieces: pieces)
            let call = client.start(request, on: loop, receiver: receiver)
            receiver.call = call
            if isHeld { call.pause() }
            receiver.egressWantsBody()
            return receiver
        }.get()
    }
}

/// Writes down what comes.
private final class Receiver: EgressReceiver, @unchecked Sendable {
    // All of it is the loop's until the end.
    private let loop: any EventLoop
    private var seen: [String] = []
    private var pieces: [String]
    private var isTurning = false
    private let end = Signal()
    private(set) var turns = 0
    private(set) var bytes = 0
    let answered = Signal()
    var call: EgressCall?

    init(_ loop: any EventLoop, pieces: [String]) {
        self.loop = loop
        self.pieces = pieces
    }

    /// All that came, once it is over.
    func ended() async -> [String] {
        await end.wait()
        return seen
    }

    private func comes(_ what: String?) {
        loop.preconditionInEventLoop()
        if let what { seen.append(what) }
        guard !isTurning else { return }
        isTurning = true
        turns += 1
        loop.execute { self.isTurning = false }
    }

    func egressAnswered(_ answer: EgressAnswer) {
        switch answer.body {
        case .whole(let bytes): comes("answer \(answer.status) \(bytes.map { String(buffer: $0) } ?? "")")
        case .streamed: comes("answer \(answer.status) streamed")
        }
        answered.open()
    }

    func egressReceived(_ bytes: ByteBuffer) {
        comes(nil)
        self.bytes += bytes.readableBytes
    }

    func egressWantsBody() {
        guard !pieces.isEmpty else { return }
        call?.send(ByteBuffer(string: pieces.removeFirst()))
        if pieces.isEmpty { call?.finish() }
    }

    func egressEnded(_ error: EgressError?) {
        comes("end \(String(describing: error))")
        end.open()
    }
}
