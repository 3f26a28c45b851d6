import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import ReverseHTTP

/// The relay's side of `ReverseHTTP` and nothing else of the relay: takes tunnels by PTTH over TLS 1.3, and passes
/// what comes to a plain HTTP/1.1 port into them. One event loop, so that no call crosses a thread.
struct Front {
    private let listen: (host: String, port: Int)
    private let tunnels: (host: String, port: Int)
    private let context: NIOSSLContext
    private let token: String
    private let origin: FrontOrigin

    init(_ options: Options) throws {
        listen = try options.address("listen")
        tunnels = try options.address("tunnels")
        token = try options.text("token")
        origin = try FrontOrigin(options.text("origin"))
        var tls = TLSConfiguration.makeServerConfiguration(
            certificateChain: try NIOSSLCertificate.fromPEMFile(try options.text("certificate")).map {
                .certificate($0)
            },
            privateKey: .privateKey(try NIOSSLPrivateKey(file: try options.text("key"), format: .pem)))
        tls.minimumTLSVersion = .tlsv13
        tls.applicationProtocols = ["http/1.1"]
        context = try NIOSSLContext(configuration: tls)
    }

    func run() async throws {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        let loop = group.next()
        let sessions = try await loop.submit { NIOLoopBound(FrontSessions(), eventLoop: loop) }.get()
        _ = try await tunnelPort(group, sessions)
        let port = try await httpPort(group, sessions)
        Bench.say("front is up")
        try await port.closeFuture.get()
    }

    private func tunnelPort(
        _ group: MultiThreadedEventLoopGroup, _ sessions: NIOLoopBound<FrontSessions>
    ) async throws -> any Channel {
        try await ServerBootstrap(group: group)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { [context, token] channel in
                channel.eventLoop.makeCompletedFuture {
                    let door = FrontDoor(token: token, sessions: sessions.value, eventLoop: channel.eventLoop)
                    try channel.pipeline.syncOperations.addHandlers([
                        NIOSSLServerHandler(context: context), door.encoder, door.decoder, door,
                    ])
                }
            }
            .bind(host: tunnels.host, port: tunnels.port).get()
    }

    private func httpPort(
        _ group: MultiThreadedEventLoopGroup, _ sessions: NIOLoopBound<FrontSessions>
    ) async throws -> any Channel {
        try await ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
            .childChannelInitializer { [origin] channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        HTTPResponseEncoder(), ByteToMessageHandler(HTTPRequestDecoder()),
                        FrontHandler(sessions: sessions.value, origin: origin),
                    ])
                }
            }
            .bind(host: listen.host, port: listen.port).get()
    }
}

/// Where the front's requests go: `http://HOST:PORT`.
struct FrontOrigin {
    let scheme: String
    let authority: String

    init(_ url: String) throws {
        let parts = url.split(separator: "/", omittingEmptySubsequences: false)
        guard parts.count == 3, parts[1].isEmpty, parts[0] == "http:" || parts[0] == "https:" else {
            throw BenchError("--origin is no http://HOST:PORT")
        }
        scheme = String(parts[0].dropLast())
        authority = String(parts[2])
    }
}

/// The tunnels that are up. Confined to the front's event loop.
final class FrontSessions {
    private var sessions: [ClientSession] = []

    func add(_ session: ClientSession) {
        sessions.append(session)
    }

    /// The session with the fewest calls in flight.
    func choose() -> ClientSession? {
        var best: ClientSession?
        for session in sessions where session.isAccepting {
            guard let found = best, found.callsInFlight <= session.callsInFlight else {
                best = session
                continue
            }
        }
        return best
    }
}
