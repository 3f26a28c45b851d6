import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

@testable import ReverseHTTP

let group = MultiThreadedEventLoopGroup.singleton

let quiet: Logger = {
    var logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    logger.logLevel = .critical
    return logger
}()

extension SessionConfiguration {
    /// Gives no peer up: those of tests may answer no PING, or late on a machine that is busy.
    static let patient: SessionConfiguration = {
        var configuration = SessionConfiguration.defaults
        configuration.keepalive.idle = .hours(1)
        configuration.drainGrace = .minutes(10)
        return configuration
    }()
}

/// A listener whose connections are sessions in which we answer, with the behaviours of ``TestPeer``.
struct TestListener {
    let channel: any Channel
    let peer: TestPeer
    var port: Int { channel.localAddress?.port ?? 0 }

    static func start(_ configuration: SessionConfiguration = .patient) async throws -> TestListener {
        let peer = TestPeer()
        let channel = try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let session = try ServerSession(
                        on: channel, configuration: configuration, logger: quiet, handler: peer.handle)
                    peer.add(session)
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return TestListener(channel: channel, peer: peer)
    }

    func client(_ configuration: SessionConfiguration = .patient) async throws -> ClientSession {
        try await connectClient(port: port, configuration)
    }
}

/// A session in which we ask, to whatever speaks HTTP/2 with prior knowledge on that port.
func connectClient(port: Int, _ configuration: SessionConfiguration = .patient) async throws -> ClientSession {
    try await ClientBootstrap(group: group)
        .channelOption(.tcpOption(.tcp_nodelay), value: 1)
        .connect(host: "127.0.0.1", port: port) { channel in
            channel.eventLoop.makeCompletedFuture {
                try ClientSession(on: channel, configuration: configuration, logger: quiet)
            }
        }
}

func get(_ path: String, headers: HTTPHeaders = [:]) -> RequestHead {
    RequestHead(method: "GET", scheme: "http", authority: "test", path: path, headers: headers)
}

func post(_ path: String, headers: HTTPHeaders = [:]) -> RequestHead {
    RequestHead(method: "POST", scheme: "http", authority: "test", path: path, headers: headers)
}

extension Response {
    /// The body, read to its end.
    func collect() async throws -> [UInt8] {
        switch body {
        case .whole(let bytes, _):
            return bytes.map { Array($0.readableBytesView) } ?? []
        case .streamed(let call):
            var all: [UInt8] = []
            while let chunk = try await call.next() { all.append(contentsOf: chunk.readableBytesView) }
            return all
        }
    }

    func text() async throws -> String {
        String(decoding: try await collect(), as: UTF8.self)
    }
}

/// What the test's answering side does, by path; and what it has seen.
final class TestPeer: Sendable {
    struct Seen {
        var sessions: [ServerSession] = []
        var closed: [String: [StreamCloseReason]] = [:]
        var requests: [String: Int] = [:]
        var waiters: [(String, CheckedContinuation<Void, Never>)] = []
    }

    let seen = Mutex(Seen())

    func add(_ session: ServerSession) {
        seen.withLock { $0.sessions.append(session) }
    }

    var sessions: [ServerSession] { seen.withLock { $0.sessions } }

    func requests(_ path: String) -> Int { seen.withLock { $0.requests[path] ?? 0 } }

    func closed(_ path: String) -> [StreamCloseReason] { seen.withLock { $0.closed[path] ?? [] } }

    /// Returns once a stream of that path has ended here.
    func ended(_ path: String) async {
        await withCheckedContinuation { continuation in
            let ready = seen.withLock { seen in
                if seen.closed[path] != nil { return true }
                seen.waiters.append((path, continuation))
                return false
            }
            if ready { continuation.resume() }
        }
    }

    func handle(_ stream: HTTP2Stream, _ head: RequestHead, _ endStream: Bool) -> any HTTP2StreamDelegate {
        let path = String(head.path.prefix { $0 != "?" })
        let argument = Int(head.path.drop { $0 != "?" }.dropFirst()) ?? 0
        seen.withLock { $0.requests[path, default: 0] += 1 }
        let exchange = TestExchange(peer: self, path: path, argument: argument)
        exchange.start(stream, head)
        return exchange
    }

    func ended(_ path: String, _ reason: StreamCloseReason) {
        let ready = seen.withLock { seen in
            seen.closed[path, default: []].append(reason)
            let ready = seen.waiters.filter { $0.0 == path }
            seen.waiters.removeAll { $0.0 == path }
            return ready
        }
        for (_, continuation) in ready { continuation.resume() }
    }
}

final class TestExchange: HTTP2StreamDelegate {
    let peer: TestPeer
    let path: String
    let argument: Int
    var received = 0
    var left = 0
    static let block = ByteBuffer(repeating: UInt8(ascii: "x"), count: 16 << 10)

    init(peer: TestPeer, path: String, argument: Int) {
        self.peer = peer
        self.path = path
        self.argument = argument
    }

    func start(_ stream: HTTP2Stream, _ head: RequestHead) {
        switch path {
        case "/hello":
            stream.respond(ResponseHead(status: 200, headers: ["content-length": "5"]))
            stream.write(ByteBuffer(string: "hello"))
            stream.end()
        case "/headers":
            stream.respond(ResponseHead(status: 200))
            stream.write(
                ByteBuffer(string: head.headers.map { "\($0.name): \($0.value)\n" }.sorted().joined()))
            stream.end()
        case "/echo":
            stream.respond(ResponseHead(status: 200))
        case "/source":
            left = argument
            stream.respond(ResponseHead(status: 200))
            pump(stream)
        case "/early":
            stream.respond(ResponseHead(status: 413), endStream: true)
        case "/large-head":
            stream.respond(
                ResponseHead(status: 200, headers: ["x-large": String(repeating: "a", count: 70 << 10)]),
                endStream: true)
        default:
            break
        }
    }

    private func pump(_ stream: HTTP2Stream) {
        while left > 0, stream.isWritable {
            let count = min(left, Self.block.readableBytes)
            stream.write(Self.block.getSlice(at: 0, length: count) ?? ByteBuffer())
            left -= count
            if left == 0 { stream.end() }
        }
    }

    func stream(_ stream: HTTP2Stream, receivedData data: ByteBuffer) {
        received += data.readableBytes
        switch path {
        case "/echo":
            stream.write(data)
            stream.consume(data.readableBytes)
        case "/stall", "/wait":
            break
        default:
            stream.consume(data.readableBytes)
        }
    }

    func stream(_ stream: HTTP2Stream, receivedEnd trailers: HTTPHeaders?) {
        switch path {
        case "/echo":
            stream.end(trailers: trailers)
        case "/sink":
            stream.respond(ResponseHead(status: 200))
            stream.write(ByteBuffer(string: "\(received)"))
            stream.end()
        default:
            break
        }
    }

    func streamBecameWritable(_ stream: HTTP2Stream) {
        pump(stream)
    }

    func streamClosed(_ stream: HTTP2Stream, reason: StreamCloseReason) {
        peer.ended(path, reason)
    }
}
