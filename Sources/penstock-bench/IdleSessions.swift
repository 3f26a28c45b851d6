import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import ReverseHTTP

/// Many connectors that do nothing: opens sessions to a relay, and holds them.
struct IdleSessions {
    private let relay: (host: String, port: Int)
    private let context: NIOSSLContext
    private let tokens: [String]
    private let count: Int

    /// Handshakes under way at once.
    private static let parallel = 32

    init(_ options: Options) throws {
        relay = try options.address("relay")
        count = try options.number("sessions")
        let lines = try Self.lines(of: options.text("tokens"))
        guard !lines.isEmpty else { throw BenchError("--tokens names a file without tokens, one a line") }
        tokens = lines
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.trustRoots = .file(try options.text("ca"))
        tls.applicationProtocols = ["http/1.1"]
        context = try NIOSSLContext(configuration: tls)
    }

    private static func lines(of path: String) throws -> [String] {
        guard let file = fopen(path, "r") else { throw BenchError("cannot read \(path)") }
        defer { fclose(file) }
        var lines: [String] = []
        var line: UnsafeMutablePointer<CChar>?
        var capacity = 0
        defer { free(line) }
        while getline(&line, &capacity, file) > 0, let line {
            let text = String(cString: line).filter { !$0.isWhitespace }
            if !text.isEmpty { lines.append(text) }
        }
        return lines
    }

    func run() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let sessions = try await withThrowingTaskGroup(of: ServerSession.self) { tasks in
            var sessions: [ServerSession] = []
            for index in 0..<count {
                if index >= Self.parallel, let session = try await tasks.next() { sessions.append(session) }
                tasks.addTask { try await dial(index, on: group) }
            }
            for try await session in tasks { sessions.append(session) }
            return sessions
        }
        Bench.say("\(sessions.count) sessions are up")
        let lost = group.next().makePromise(of: Void.self)
        for session in sessions { session.closeFuture.whenComplete { _ in lost.succeed() } }
        try await lost.futureResult.get()
        throw BenchError("the relay closed a session")
    }

    private func dial(_ index: Int, on group: MultiThreadedEventLoopGroup) async throws -> ServerSession {
        let channel = try await ClientBootstrap(group: group)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelInitializer { [context] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        NIOSSLClientHandler(context: context, serverHostname: nil))
                }
            }
            .connect(host: relay.host, port: relay.port).get()
        let token = tokens[index % tokens.count]
        let headers: HTTPHeaders = [
            TunnelField.instance.rawValue: "bench-\(index)", TunnelField.epoch.rawValue: "1",
        ]
        return try await channel.eventLoop.flatSubmit { [relay] in
            PTTHDial.upgrade(
                channel, authority: "\(relay.host):\(relay.port)", token: token, headers: headers,
                timeout: .seconds(20)
            ) { channel in
                try ServerSession(on: channel, logger: Bench.quiet) { stream, _, _ in
                    stream.respond(ResponseHead(status: 404), endStream: true)
                    return NoDelegate.shared
                }
            }
        }.get()
    }
}

/// Hears nothing.
private final class NoDelegate: HTTP2StreamDelegate, Sendable {
    static let shared = NoDelegate()

    func stream(_ stream: HTTP2Stream, receivedData data: ByteBuffer) {}
    func stream(_ stream: HTTP2Stream, receivedEnd trailers: HTTPHeaders?) {}
    func streamClosed(_ stream: HTTP2Stream, reason: StreamCloseReason) {}
}
