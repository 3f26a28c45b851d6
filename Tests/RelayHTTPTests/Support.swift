import Failure
import Foundation
import Hummingbird
import HummingbirdCore
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import NIOTLS
import ReverseHTTP
import Synchronization
import TestSupport
import Testing
import Tunnels

@testable import RelayHTTP

let group = MultiThreadedEventLoopGroup.singleton
let quiet = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }

/// A certificate for localhost and its key, made by openssl in a folder of their own.
struct TestCertificate {
    let folder: URL
    var identity: TLSIdentity {
        TLSIdentity(
            certificateChain: folder.appending(path: "tls.crt").path, privateKey: folder.appending(path: "tls.key").path
        )
    }
    var certificate: NIOSSLCertificate {
        get throws { try #require(try NIOSSLCertificate.fromPEMFile(identity.certificateChain).first) }
    }

    static func make() async throws -> TestCertificate {
        let folder = FileManager.default.temporaryDirectory.appending(path: "penstock-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        let certificate = TestCertificate(folder: folder)
        try await certificate.renew()
        return certificate
    }

    func renew() async throws {
        let result = try await Program.run(
            "openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1",
                "-keyout", identity.privateKey, "-out", identity.certificateChain,
            ])
        try #require(result.status == 0, "\(result.output)")
    }

    func remove() { try? FileManager.default.removeItem(at: folder) }
}

extension PortLimits {
    /// For tests that are not about time, on a machine that is busy.
    static let patient: PortLimits = {
        var limits = PortLimits.defaults
        limits.handshake = .minutes(5)
        limits.head = .minutes(5)
        limits.idle = .minutes(5)
        return limits
    }()
}

/// A real port: TLS, Hummingbird's router, and a hub that takes tunnels with the token "right".
struct TestPort: Sendable {
    let port: Int
    let certificate: TestCertificate
    let tls: ReloadingTLSContext
    let hub: TunnelHub
    let opened: AsyncStream<ClientSession>

    static func with(
        limits: PortLimits = .patient, isTaking: Bool = true, services: [any FrontService] = [],
        _ body: @Sendable @escaping (TestPort) async throws -> Void
    ) async throws {
        let certificate = try await TestCertificate.make()
        defer { certificate.remove() }
        let tls = try ReloadingTLSContext(certificate.identity, logger: quiet)
        let hub = TunnelHub(eventLoop: group.any(), logger: quiet)
        let (opened, sessions) = AsyncStream.makeStream(of: ClientSession.self, bufferingPolicy: .bufferingOldest(16))
        let door = TunnelDoor { head, channel in
            guard head.headers.first(name: "authorization") == "Bearer right" else {
                return channel.eventLoop.makeFailedFuture(PTTH.NotATunnelRequest())
            }
            // As with a store: the answer comes later.
            return channel.eventLoop.submit {
                TunnelIdentity(
                    tunnelID: "tun_1", userID: "usr_1", tokenID: "tok_1", instance: "a", epoch: 1,
                    connectorVersion: "1.0", remoteAddress: "\(channel.remoteAddress?.ipAddress ?? "")")
            }
        } opened: { session, identity in
            guard isTaking, (try? hub.register(session, identity: identity)) != nil else { return false }
            sessions.yield(session)
            return true
        }
        let (ports, running) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingOldest(1))
        let app = Application(
            router: router(),
            server: PublicPortChannel.server(tls: tls, door: door, limits: limits, services: services),
            configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in
                await AcceptErrorHandler.protect(channel, logger: quiet)
                running.yield(channel.localAddress?.port ?? 0)
            }, logger: quiet)
        try await withThrowingTaskGroup(of: Void.self) { tasks in
            tasks.addTask { try await app.run() }
            var iterator = ports.makeAsyncIterator()
            let port = try #require(await iterator.next())
            try await body(TestPort(port: port, certificate: certificate, tls: tls, hub: hub, opened: opened))
            tasks.cancelAll()
        }
    }

    private static func router() -> Router<BasicRequestContext> {
        let router = Router()
        router.get("hello") { _, _ in "hello" }
        router.post("echo") { request, _ in
            Response(status: .ok, body: .init(byteBuffer: try await request.body.collect(upTo: 1 << 20)))
        }
        router.post("refuse") { _, _ in Response(status: .forbidden, body: .init(byteBuffer: ByteBuffer(string: "no")))
        }
        router.get("v1/tunnel") { _, _ in
            Problem(CallFailure(.unauthorized, stage: .policy, detail: "No."), requestID: "01J").response()
        }
        router.get("**") { request, _ in request.head.path ?? "" }
        return router
    }

    func curl(_ arguments: String...) async throws -> Program.Result {
        try await Program.run(
            "curl",
            [
                "--silent", "--show-error", "--max-time", "300", "--cacert", certificate.identity.certificateChain,
                "--write-out", " %{http_code} %{http_version}",
            ] + arguments)
    }

    func url(_ path: String) -> String { "https://localhost:\(port)\(path)" }

    /// Dials a tunnel as a connector does; requests on it are answered with their path.
    func dial(
        token: String = "right", headers: HTTPHeaders = [:],
        answered: @Sendable @escaping (PTTH.LoopPlace?) -> Void = { _ in }
    ) async throws -> ServerSession {
        let channel = try await connect(alpn: ["http/1.1"]) { _ in }
        return try await channel.eventLoop.flatSubmit {
            PTTHDial.upgrade(
                channel, authority: "localhost", token: token, headers: headers, timeout: .minutes(5),
                answered: answered
            ) { channel in
                try ServerSession(on: channel, logger: quiet) { stream, head, _ in
                    stream.respond(.init(status: 200))
                    stream.write(ByteBuffer(string: head.path))
                    stream.end()
                    return Deaf()
                }
            }
        }.get()
    }

    /// A TLS connection whose handshake is over.
    func connect(
        alpn: [String], _ more: @Sendable @escaping (any Channel) throws -> Void
    ) async throws -> any Channel {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.applicationProtocols = alpn
        configuration.trustRoots = .certificates([try certificate.certificate])
        configuration.certificateVerification = .none
        let context = try NIOSSLContext(configuration: configuration)
        return try await ClientBootstrap(group: group)
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandler(
                        NIOSSLClientHandler(context: context, serverHostname: "localhost"))
                    try more(channel)
                }
            }
            .connect(host: "127.0.0.1", port: port).get()
    }

    /// An HTTP/2 connection for frames of one's own making.
    func http2() async throws -> RawHTTP2 {
        let connection = RawHTTP2()
        connection.channel = try await connect(alpn: ["h2"]) { channel in
            try channel.pipeline.syncOperations.addHandler(connection.inbox)
        }
        try await connection.send(
            Array("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".utf8) + RawHTTP2.frame(HTTP2FrameWatch.Kind.settings))
        return connection
    }

    /// A TLS connection for bytes of one's own making.
    func raw(alpn: String = "http/1.1") async throws -> RawConnection {
        let (stream, continuation) = AsyncStream.makeStream(of: String.self, bufferingPolicy: .unbounded)
        let channel = try await connect(alpn: [alpn]) { channel in
            try channel.pipeline.syncOperations.addHandler(Collector(continuation: continuation))
        }
        return RawConnection(channel: channel, pieces: stream)
    }
}

private final class Deaf: HTTP2StreamDelegate {
    func stream(_ stream: HTTP2Stream, receivedData data: ByteBuffer) { stream.consume(data.readableBytes) }
    func stream(_ stream: HTTP2Stream, receivedEnd trailers: HTTPHeaders?) {}
    func streamClosed(_ stream: HTTP2Stream, reason: StreamCloseReason) {}
}

struct RawConnection {
    let channel: any Channel
    let pieces: AsyncStream<String>

    func send(_ text: String) async throws {
        try await send(bytes: Array(text.utf8))
    }

    /// On a machine that is busy a short limit may have closed the connection by now: whoever reads notices.
    func send(bytes: [UInt8]) async throws {
        do {
            try await channel.writeAndFlush(ByteBuffer(bytes: bytes))
        } catch ChannelError.ioOnClosedChannel {}
    }

    /// Reads until what came ends so.
    func read(until suffix: String) async -> String {
        var text = ""
        for await piece in pieces {
            text += piece
            if text.hasSuffix(suffix) { break }
        }
        return text
    }

    /// Reads until the relay closes.
    func readToEnd() async -> String {
        var text = ""
        for await piece in pieces { text += piece }
        return text
    }
}

private final class Collector: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    let continuation: AsyncStream<String>.Continuation

    init(continuation: AsyncStream<String>.Continuation) { self.continuation = continuation }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        continuation.yield(String(buffer: unwrapInboundIn(data)))
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {}

    /// Where the connection may be half closed: the relay has said all it has to say.
    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if event as? ChannelEvent == .inputClosed { continuation.finish() }
        context.fireUserInboundEventTriggered(event)
    }

    func channelInactive(context: ChannelHandlerContext) {
        continuation.finish()
        context.fireChannelInactive()
    }
}
