import Dialling
import EgressPolicy
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
    private let tls: TLSClient
    private let resolver: NameResolver
    /// Which relay address each slot uses or last used, so that slots spread over addresses.
    private let inUse = Mutex<[Int: IPAddress]>([:])

    /// For a TLS session and for the relay's answer, each.
    static let timeout = TimeAmount.seconds(10)

    init(_ configuration: ConnectorConfiguration, resolver: NameResolver) throws(ConnectorError) {
        relay = configuration.relay
        tokenFile = configuration.tokenFile
        hosts = configuration.hosts
        self.resolver = resolver
        var trust = TLSConfiguration.makeClientConfiguration()
        trust.minimumTLSVersion = .tlsv12
        trust.applicationProtocols = ["http/1.1"]
        if let file = configuration.caFile {
            trust.additionalTrustRoots = [
                .certificates(try PEMFiles.anchors(file, for: "the relay (ca_file)").authorities)
            ]
        }
        do {
            tls = try TLSClient(trust)
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

    /// Dials until one address of the relay has taken the session. The addresses race for a TLS session; the token goes
    /// to the winner only.
    ///
    /// - Parameter install: puts the session on the channel, on its loop; gets the relay's event loop that holds it.
    func dial<Session: Sendable>(
        slot: Int, headers: HTTPHeaders, on eventLoop: any EventLoop,
        install: @escaping @Sendable (any Channel, PTTH.LoopPlace?) throws -> Session
    ) async throws(DialFailure) -> (session: Session, address: IPAddress) {
        let token = try token()
        var candidates = order(try await addresses(on: eventLoop), slot: slot)
        var last = DialFailure(.dns, "the name of \(relay) has no address")
        while !candidates.isEmpty {
            let channel: any Channel
            let address: IPAddress
            do {
                (channel, address) = try await connect(candidates, on: eventLoop)
            } catch {
                throw DialFailure(error, relay: relay)
            }
            inUse.withLock { $0[slot] = address }
            do {
                let session = try await upgrade(channel, token: token, headers: headers, install: install)
                return (session, address)
            } catch {
                last = DialFailure(error, relay: relay)
                // What the relay says holds at each of its addresses.
                if last.isRefusal || Task.isCancelled { throw last }
                candidates.removeAll { $0 == address }
            }
        }
        throw last
    }

    /// The slot is given up: it keeps no address from others.
    func forget(slot: Int) {
        inUse.withLock { $0[slot] = nil }
    }

    /// Starts each slot at another address, and addresses that other slots use come last.
    private func order(_ addresses: [IPAddress], slot: Int) -> [IPAddress] {
        guard addresses.count > 1 else { return addresses }
        let others = inUse.withLock { inUse in inUse.filter { $0.key != slot }.map(\.value) }
        let start = slot % addresses.count
        let rotated = addresses[start...] + addresses[..<start]
        return rotated.filter { !others.contains($0) } + rotated.filter { others.contains($0) }
    }

    /// The first of the addresses with which there is a TLS session.
    private func connect(
        _ addresses: [IPAddress], on eventLoop: any EventLoop
    ) async throws -> (channel: any Channel, address: IPAddress) {
        let dial = NIOLoopBoundBox.makeEmptyBox(valueType: RelayDial.self, eventLoop: eventLoop)
        let ours: @Sendable () -> RelayDial = {
            if let dial = dial.value { return dial }
            let made = RelayDial()
            dial.value = made
            return made
        }
        return try await withTaskCancellationHandler {
            try await eventLoop.flatSubmit { [self] in
                ours().start(addresses, port: relay.port, on: eventLoop, silent: resolver.silent) { address in
                    do {
                        let target = try SocketAddress(
                            packedIPAddress: ByteBuffer(bytes: address.unmapped.bytes), port: self.relay.port)
                        let tls = try self.tls.handler(for: ServerIdentity(self.relay.host))
                        return RelayConnection.to(target, tls: tls, on: eventLoop)
                    } catch {
                        return RelayConnection.failed(error, on: eventLoop)
                    }
                }
            }.get()
        } onCancel: {
            eventLoop.execute { ours().cancel() }
        }
    }

    private func upgrade<Session: Sendable>(
        _ channel: any Channel, token: String, headers: HTTPHeaders,
        install: @escaping @Sendable (any Channel, PTTH.LoopPlace?) throws -> Session
    ) async throws -> Session {
        try await withTaskCancellationHandler {
            try await channel.eventLoop.flatSubmit { [relay] in
                // A dial that is cancelled here: nothing would tell the upgrade that the channel is closed.
                guard channel.isActive else {
                    return channel.eventLoop.makeFailedFuture(ChannelError.ioOnClosedChannel)
                }
                var place: PTTH.LoopPlace?
                return PTTHDial.upgrade(
                    channel, authority: relay.authority, token: token, headers: headers, timeout: Self.timeout,
                    answered: { place = $0 }, install: { try install($0, place) })
            }.get()
        } onCancel: {
            channel.close(promise: nil)
        }
    }
}

extension DialFailure {
    fileprivate init(_ failure: Failure, relay: ConnectorConfiguration.Relay) {
        self.init(failure as any Error, relay: relay)
    }
}
