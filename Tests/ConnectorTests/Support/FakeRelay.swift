import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import Synchronization

@testable import ReverseHTTP

let quiet: Logger = {
    var logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
    logger.logLevel = .critical
    return logger
}()

/// A relay that takes tunnels by hand, so that it can also refuse them.
final class FakeRelay: Sendable {
    let port: Int
    private let channel: any Channel
    private let state: Shared

    /// What the connection handlers share.
    final class Shared: Sendable {
        struct State {
            var heads: [String] = []
            var refusal: String?
            /// What the next answers say of the relay's event loops: their number, and the session's.
            var places: [(count: Int, index: Int)] = []
            var sessions: [ClientSession] = []
            var waiters: [(Int, CheckedContinuation<Void, Never>)] = []
        }

        let state = Mutex(State())

        func took(_ head: String) -> String? {
            let (refusal, ready) = state.withLock { state in
                state.heads.append(head)
                return (state.refusal, Self.ready(&state))
            }
            for waiter in ready { waiter.resume() }
            return refusal
        }

        /// Further fields of the next `101`.
        func place() -> String {
            state.withLock { state in
                guard !state.places.isEmpty else { return "" }
                let place = state.places.removeFirst()
                return "penstock-loops: \(place.count)\r\npenstock-loop: \(place.index)\r\n"
            }
        }

        func established(_ session: ClientSession) {
            let ready = state.withLock { state in
                state.sessions.append(session)
                return Self.ready(&state)
            }
            for waiter in ready { waiter.resume() }
        }

        /// Waiters of as many sessions (positive) or dials (negative) as there are now.
        static func ready(_ state: inout State) -> [CheckedContinuation<Void, Never>] {
            let (sessions, dials) = (state.sessions.count, state.heads.count)
            let isReady: ((Int, CheckedContinuation<Void, Never>)) -> Bool = { waiter in
                waiter.0 >= 0 ? sessions >= waiter.0 : dials >= -waiter.0
            }
            let ready = state.waiters.filter(isReady).map(\.1)
            state.waiters.removeAll(where: isReady)
            return ready
        }
    }

    static func start(_ certificates: TestCertificates = .good, refusal: String? = nil) async throws -> FakeRelay {
        try await TestCertificates.make()
        let context = try NIOSSLContext(
            configuration: .makeServerConfiguration(
                certificateChain: NIOSSLCertificate.fromPEMFile(certificates.certificate).map { .certificate($0) },
                privateKey: .privateKey(try NIOSSLPrivateKey(file: certificates.key, format: .pem))))
        let shared = Shared()
        shared.state.withLock { $0.refusal = refusal }
        let channel = try await ServerBootstrap(group: testGroup)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHandlers([
                        NIOSSLServerHandler(context: context), UpgradeByHand(shared),
                    ])
                }
            }
            .bind(host: "127.0.0.1", port: 0).get()
        return FakeRelay(channel, shared)
    }

    private init(_ channel: any Channel, _ shared: Shared) {
        self.channel = channel
        state = shared
        port = channel.localAddress?.port ?? 0
    }

    /// The upgrade requests so far.
    var heads: [String] { state.state.withLock { $0.heads } }

    /// What is answered to upgrade requests from now on, instead of 101.
    func refuse(_ answer: String?) { state.state.withLock { $0.refusal = answer } }

    /// The event loops that the next sessions are said to be on; afterwards nothing is said.
    func place(_ indices: [Int], of count: Int) {
        state.state.withLock { $0.places = indices.map { (count, $0) } }
    }

    /// The session that was established as the `number`th, from 1.
    func session(_ number: Int = 1) async -> ClientSession {
        await wait(number)
        return state.state.withLock { $0.sessions[number - 1] }
    }

    /// Waits until so many upgrade requests have come.
    func dials(_ number: Int) async { await wait(-number) }

    private func wait(_ count: Int) async {
        await withCheckedContinuation { continuation in
            let ready = state.state.withLock { state in
                state.waiters.append((count, continuation))
                return Shared.ready(&state)
            }
            for waiter in ready { waiter.resume() }
        }
    }

    func stop() async {
        for session in state.state.withLock({ $0.sessions }) { session.close() }
        try? await channel.close()
    }
}

private final class UpgradeByHand: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer

    private let shared: FakeRelay.Shared
    private var received = ByteBuffer()

    init(_ shared: FakeRelay.Shared) { self.shared = shared }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        received.writeImmutableBuffer(unwrapInboundIn(data))
        let head = String(buffer: received)
        guard head.hasSuffix("\r\n\r\n") else { return }
        if let refusal = shared.took(head) {
            context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: refusal)), promise: nil)
            return
        }
        let answer = "HTTP/1.1 101 Switching Protocols\r\nupgrade: ptth\r\nconnection: upgrade\r\nalpn: h2\r\n"
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: answer + shared.place() + "\r\n")), promise: nil)
        do {
            // A relay whose patience is soon at its end: what counts as abuse needs few repetitions.
            var configuration = SessionConfiguration.defaults
            configuration.budgets.reset = .init(burst: 20, perSecond: 0)
            configuration.budgets.streamError = .init(burst: 5, perSecond: 0)
            configuration.budgets.emptyData = .init(burst: 5, perSecond: 0)
            let session = try ClientSession(on: context.channel, configuration: configuration, logger: quiet)
            context.pipeline.syncOperations.removeHandler(self, promise: nil)
            shared.established(session)
        } catch {
            context.close(promise: nil)
        }
    }
}
