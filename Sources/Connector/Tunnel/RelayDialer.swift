import EgressPolicy
import Glibc
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import ReverseHTTP
import Settings
import Synchronization

/// Brings up sessions with the relay: name, TCP, TLS with full verification, PTTH upgrade.
final class RelayDialer: Sendable {
    let relay: ConnectorConfiguration.Relay
    private let tokenFile: String
    private let hosts: [String: IPAddress]
    private let context: NIOSSLContext
    private let resolver: NameResolver
    /// Which relay address each slot uses or last used, so that slots spread over addresses.
    private let inUse = Mutex<[Int: IPAddress]>([:])

    /// For TCP and TLS and the relay's answer, each.
    static let timeout = TimeAmount.seconds(10)
    /// How long sent bytes may stay unacknowledged, in milliseconds (`TCP_USER_TIMEOUT`).
    private static let userTimeout = 10_000

    init(_ configuration: ConnectorConfiguration, resolver: NameResolver) throws(ConnectorError) {
        relay = configuration.relay
        tokenFile = configuration.tokenFile
        hosts = configuration.hosts
        self.resolver = resolver
        var tls = TLSConfiguration.makeClientConfiguration()
        tls.minimumTLSVersion = .tlsv12
        tls.applicationProtocols = ["http/1.1"]
        if let file = configuration.caFile {
            tls.additionalTrustRoots = [.certificates(try PEMFiles.certificates(file, for: "the relay (ca_file)"))]
        }
        do {
            context = try NIOSSLContext(configuration: tls)
        } catch {
            throw ConnectorError(.failed, "cannot set up TLS: the system's root certificates cannot be loaded")
        }
    }

    /// The token, as it stands in its file now.
    func token() throws(DialFailure) -> String {
        let text: String
        do throws(SettingsError) {
            text = try readTextFile(tokenFile)
        } catch {
            throw DialFailure(.token, "\(error)")
        }
        let token = text.filter { !$0.isWhitespace }
        guard !token.isEmpty, token.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw DialFailure(.token, "\(tokenFile) holds no token; write the tunnel's token into it")
        }
        return token
    }

    /// The relay's addresses.
    func addresses(on eventLoop: any EventLoop) async throws(DialFailure) -> [IPAddress] {
        switch relay.host {
        case .address(let address):
            return [address]
        case .name(let name):
            if let address = hosts[name] { return [address] }
            do {
                return try await resolver.resolve(name, on: eventLoop).get()
            } catch {
                throw DialFailure(error as? Failure ?? Failure(.dnsError), relay: relay)
            }
        }
    }

    /// Dials until one address of the relay has taken the session.
    ///
    /// - Parameter install: puts the session on the channel, on its loop.
    func dial<Session: Sendable>(
        slot: Int, headers: HTTPHeaders, on eventLoop: any EventLoop,
        install: @escaping @Sendable (any Channel) throws -> Session
    ) async throws(DialFailure) -> (session: Session, address: IPAddress) {
        let token = try token()
        let candidates = order(try await addresses(on: eventLoop), slot: slot)
        var last = DialFailure(.dns, "the name of \(relay) has no address")
        for address in candidates {
            inUse.withLock { $0[slot] = address }
            do {
                let session = try await dial(address, token: token, headers: headers, on: eventLoop, install: install)
                return (session, address)
            } catch {
                last = DialFailure(error, relay: relay)
                // What the relay says holds at each of its addresses.
                if last.isRefusal || Task.isCancelled { throw last }
            }
        }
        throw last
    }

    /// Starts each slot at another address, and addresses that other slots use come last.
    private func order(_ addresses: [IPAddress], slot: Int) -> [IPAddress] {
        guard addresses.count > 1 else { return addresses }
        let others = inUse.withLock { inUse in inUse.filter { $0.key != slot }.map(\.value) }
        let start = slot % addresses.count
        let rotated = addresses[start...] + addresses[..<start]
        return rotated.filter { !others.contains($0) } + rotated.filter { others.contains($0) }
    }

    private func dial<Session: Sendable>(
        _ address: IPAddress, token: String, headers: HTTPHeaders, on eventLoop: any EventLoop,
        install: @escaping @Sendable (any Channel) throws -> Session
    ) async throws -> Session {
        let target = try SocketAddress(
            packedIPAddress: ByteBuffer(bytes: address.unmapped.bytes), port: relay.port)
        let dialled = Dialled()
        return try await withTaskCancellationHandler {
            // On the loop, so that the upgrade is in place before the handshake can have failed.
            try await eventLoop.flatSubmit {
                self.connect(to: target, on: eventLoop, dialled).flatMap { channel in
                    // A dial that is cancelled as it connects: nothing would tell the upgrade that the channel is closed.
                    guard channel.isActive else {
                        return channel.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
                    }
                    return PTTHDial.upgrade(
                        channel, authority: self.relay.authority, token: token, headers: headers,
                        timeout: Self.timeout, install: install)
                }
            }.get()
        } onCancel: {
            dialled.close()
        }
    }

    private func connect(
        to target: SocketAddress, on eventLoop: any EventLoop, _ dialled: Dialled
    ) -> EventLoopFuture<any Channel> {
        let name: String? = if case .name(let name) = relay.host { name } else { nil }
        return ClientBootstrap(group: eventLoop)
            .connectTimeout(Self.timeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.tcpOption(.init(rawValue: TCP_USER_TIMEOUT)), value: Self.userTimeout)
            .channelOption(.writeBufferWaterMark, value: .init(low: 64 << 10, high: 256 << 10))
            .channelInitializer { [context] channel in
                channel.eventLoop.makeCompletedFuture {
                    guard dialled.set(channel) else { throw CancellationError() }
                    let tls = try NIOSSLClientHandler(context: context, serverHostname: name)
                    try channel.pipeline.syncOperations.addHandler(tls)
                }
            }
            .connect(to: target)
    }
}

/// The channel of a dial, for the case that the dial is cancelled.
private final class Dialled: Sendable {
    private let state = Mutex<(channel: (any Channel)?, isCancelled: Bool)>((nil, false))

    /// False when the dial was cancelled before there was a channel.
    func set(_ channel: any Channel) -> Bool {
        state.withLock { state in
            state.channel = channel
            return !state.isCancelled
        }
    }

    func close() {
        let channel = state.withLock { state in
            state.isCancelled = true
            return state.channel
        }
        channel?.close(promise: nil)
    }
}

extension DialFailure {
    fileprivate init(_ failure: Failure, relay: ConnectorConfiguration.Relay) {
        self.init(failure as any Error, relay: relay)
    }
}
