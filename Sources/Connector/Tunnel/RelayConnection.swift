import Dialling
import EgressPolicy
import Glibc
import NIOCore
import NIOPosix
import NIOSSL
import NIOTLS

/// A connection to the relay until its TLS handshake is over, when this handler leaves the pipeline. Confined to its
/// event loop.
final class RelayConnection: ChannelInboundHandler, RemovableChannelHandler, DialAttempt {
    typealias InboundIn = ByteBuffer

    var whenReady: ((Failure?) -> Void)?
    private(set) var channel: (any Channel)?

    /// How long sent bytes may stay unacknowledged, in milliseconds (`TCP_USER_TIMEOUT`).
    private static let userTimeout = 10_000

    /// Begins to connect.
    static func to(_ target: SocketAddress, tls: NIOSSLClientHandler, on eventLoop: any EventLoop) -> RelayConnection {
        let connection = RelayConnection()
        let handlers = NIOLoopBound((tls, connection), eventLoop: eventLoop)
        ClientBootstrap(group: eventLoop)
            .connectTimeout(RelayDialer.timeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.tcpOption(.init(rawValue: TCP_USER_TIMEOUT)), value: userTimeout)
            .channelOption(.writeBufferWaterMark, value: .init(low: 64 << 10, high: 256 << 10))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let (tls, connection) = handlers.value
                    try channel.pipeline.syncOperations.addHandlers([tls, connection])
                }
            }
            .connect(to: target)
            .assumeIsolated().whenFailure { error in
                // Not before whoever dialled waits for it.
                eventLoop.assumeIsolated().execute { connection.ended(error) }
            }
        return connection
    }

    /// One that cannot be dialled.
    static func failed(_ error: any Error, on eventLoop: any EventLoop) -> RelayConnection {
        let connection = RelayConnection()
        eventLoop.assumeIsolated().execute { connection.ended(error) }
        return connection
    }

    func close() {
        channel?.close(promise: nil)
    }

    func handlerAdded(context: ChannelHandlerContext) {
        channel = context.channel
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        if case .handshakeCompleted = event as? TLSUserEvent {
            context.pipeline.syncOperations.removeHandler(context: context, promise: nil)
            tell(nil)
        } else {
            context.fireUserInboundEventTriggered(event)
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        ended(error)
    }

    func channelInactive(context: ChannelHandlerContext) {
        tell(Failure(.connectionTerminated, "closed during the handshake"))
    }

    private func ended(_ error: any Error) {
        tell(OriginErrors.failure(of: error, isUp: false))
        close()
    }

    private func tell(_ failure: Failure?) {
        let whenReady = self.whenReady
        self.whenReady = nil
        whenReady?(failure)
    }
}

/// The race for a connection to the relay, and how to call it off. Confined to its event loop.
final class RelayDial {
    private var race: DialRace<IPAddress, RelayConnection>?
    private var timer: Scheduled<Void>?
    private var promise: EventLoopPromise<(channel: any Channel, address: IPAddress)>?
    private var isCancelled = false

    /// Fails with ``Failure``, or `CancellationError`.
    func start(
        _ addresses: [IPAddress], port: Int, on eventLoop: any EventLoop, silent: SilentAddresses,
        begin: @escaping (IPAddress) -> RelayConnection
    ) -> EventLoopFuture<(channel: any Channel, address: IPAddress)> {
        let promise = eventLoop.makePromise(of: (channel: any Channel, address: IPAddress).self)
        guard !isCancelled else {
            promise.fail(CancellationError())
            return promise.futureResult
        }
        self.promise = promise
        let race = DialRace(addresses, port: port, on: eventLoop, silent: silent, begin: begin) { result in
            switch result {
            case .success(let (connection, address)):
                self.end(connection.channel.map { .success(($0, address)) } ?? .failure(CancellationError()))
            case .failure(let failure):
                self.end(.failure(failure))
            }
        }
        self.race = race
        // The last of them has its time too.
        let time = RelayDialer.timeout + AddressRace<IPAddress>.stagger * max(addresses.count - 1, 0)
        timer = eventLoop.assumeIsolated().scheduleTask(in: time) {
            race.timedOut(Failure(.connectionTimeout, "no TLS session came up in time"))
        }
        race.run()
        return promise.futureResult
    }

    func cancel() {
        isCancelled = true
        race?.cancel()
        end(.failure(CancellationError()))
    }

    private func end(_ result: Result<(channel: any Channel, address: IPAddress), any Error>) {
        timer?.cancel()
        timer = nil
        race = nil
        promise?.completeWith(result)
        promise = nil
    }
}
