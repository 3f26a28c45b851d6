import Dialling
import EgressPolicy
import NIOCore
import NIOPosix
import NIOSSL

/// The origins of one event loop and their connections: a call crosses no thread. Confined to that loop.
final class OriginPool {
    private struct Key: Hashable {
        let scheme: String
        let authority: String
    }

    let eventLoop: any EventLoop
    let connectTimeout: TimeAmount
    /// How old a connection may be that takes another exchange.
    let connectionAge: TimeAmount
    let idleLimits: IdleLimits
    private let resolver: NameResolver
    private let hosts: [String: IPAddress]
    private let tls: OriginTLS
    private let metrics: Metrics
    private var endpoints: [Key: OriginEndpoint] = [:]
    private var idleTask: Scheduled<Void>?

    /// Origins known at once; unused ones are forgotten above it.
    private static let endpointLimit = 1024
    private static let idleTimeout = TimeAmount.seconds(30)

    init(
        eventLoop: any EventLoop, limits: ConnectorConfiguration.Limits, idleLimits: IdleLimits,
        hosts: [String: IPAddress], tls: OriginTLS, resolver: NameResolver, metrics: Metrics
    ) {
        self.eventLoop = eventLoop
        self.connectTimeout = TimeAmount(limits.connectTimeout)
        self.connectionAge = TimeAmount(limits.connectionAge)
        self.idleLimits = idleLimits
        self.hosts = hosts
        self.tls = tls
        self.resolver = resolver
        self.metrics = metrics
    }

    /// The origin that `scheme` and `authority` name, if it was met before.
    func endpoint(scheme: String, authority: String) -> OriginEndpoint? {
        endpoints[Key(scheme: scheme, authority: authority)]
    }

    func addEndpoint(_ origin: Origin, scheme: String, authority: String) -> OriginEndpoint {
        if endpoints.count >= Self.endpointLimit { endpoints = endpoints.filter { !$0.value.isUnused } }
        let endpoint = OriginEndpoint(origin: origin, pool: self)
        if let address = fixedAddress(of: origin.host) { endpoint.learned([address], until: .distantFuture) }
        if endpoints.count < Self.endpointLimit { endpoints[Key(scheme: scheme, authority: authority)] = endpoint }
        return endpoint
    }

    // MARK: names

    var silent: SilentAddresses { resolver.silent }

    /// The ways in which the origin may be trusted under a rule, each a connection of its own.
    func trusts(rule: Int) -> [TLSClient.Trust] { tls.trusts(rule: rule) }

    /// From the configuration's `hosts`, or a literal.
    private func fixedAddress(of host: Host) -> IPAddress? {
        switch host {
        case .address(let address): address
        case .name(let name): hosts[name]
        }
    }

    /// Tells `dial` the origin's addresses.
    func addresses(of endpoint: OriginEndpoint, for dial: OriginDial) {
        if let addresses = endpoint.addresses(now: .now()) { return dial.resolved(.success(addresses)) }
        endpoint.lookups.append(dial)
        lookUp(endpoint)
    }

    /// Asks the resolver, unless it has been asked already.
    func lookUp(_ endpoint: OriginEndpoint) {
        guard !endpoint.isLookingUp, case .name(let name) = endpoint.origin.host else { return }
        endpoint.isLookingUp = true
        resolver.resolve(name, on: eventLoop).assumeIsolated().whenComplete { result in
            endpoint.isLookingUp = false
            let waiting = endpoint.lookups
            endpoint.lookups = []
            switch result {
            case .success(let addresses):
                endpoint.learned(addresses, until: .now() + self.resolver.hold)
                for dial in waiting { dial.resolved(.success(addresses)) }
            case .failure(let error):
                let failure = error as? Failure ?? Failure(.dnsError)
                for dial in waiting { dial.resolved(.failure(failure)) }
            }
        }
    }

    // MARK: connections

    /// Begins to connect; the connection's `whenReady` hears how it went.
    func connect(
        _ endpoint: OriginEndpoint, to address: IPAddress, rule: Int, trust: TLSClient.Trust
    ) -> OriginConnection {
        let isTLS = endpoint.origin.scheme == .https
        let connection = OriginConnection(endpoint: endpoint, address: address, rule: rule, isTLS: isTLS)
        let target: SocketAddress
        let tlsHandler: NIOSSLClientHandler?
        do {
            target = try SocketAddress(
                packedIPAddress: ByteBuffer(bytes: address.unmapped.bytes), port: endpoint.origin.port)
            tlsHandler = isTLS ? try tls.handler(rule: rule, host: endpoint.origin.host, trust: trust) : nil
        } catch {
            let failure = OriginErrors.failure(of: error, isUp: false)
            eventLoop.assumeIsolated().execute { connection.whenReady?(failure) }
            return connection
        }
        endpoint.connections += 1
        metrics.egressConnections.add(1)
        let bound = NIOLoopBound((connection, tlsHandler), eventLoop: eventLoop)
        let connecting = ClientBootstrap(group: eventLoop)
            .connectTimeout(connectTimeout)
            .channelOption(.tcpOption(.tcp_nodelay), value: 1)
            .channelOption(.writeBufferWaterMark, value: .init(low: 32 << 10, high: 128 << 10))
            .channelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    let (connection, tlsHandler) = bound.value
                    let pipeline = channel.pipeline.syncOperations
                    if let tlsHandler { try pipeline.addHandler(tlsHandler) }
                    try pipeline.addHandler(connection)
                }
            }
            .connect(to: target)
        connecting.assumeIsolated().whenComplete { [metrics] result in
            switch result {
            case .success(let channel):
                channel.closeFuture.assumeIsolated().whenComplete { _ in
                    endpoint.connections -= 1
                    metrics.egressConnections.add(-1)
                }
            case .failure(let error):
                endpoint.connections -= 1
                metrics.egressConnections.add(-1)
                // Not before whoever dialled waits for it.
                let failure = OriginErrors.failure(of: error, isUp: false)
                connection.endpoint.pool.eventLoop.assumeIsolated().execute { connection.connectFailed(failure) }
            }
        }
        return connection
    }

    /// Closes the connection of this loop that has waited longest, whatever its origin.
    func closeOldest() {
        let waiting = endpoints.values.filter { !$0.idle.isEmpty }
        waiting.min { ($0.idle[0].idleSince) < ($1.idle[0].idleSince) }?.closeOldest()
    }

    /// Closes connections that have waited too long, while there are any.
    func watchIdle() {
        guard idleTask == nil else { return }
        idleTask = eventLoop.assumeIsolated().scheduleTask(in: .seconds(5)) {
            self.idleTask = nil
            let moment = NIODeadline.now() - Self.idleTimeout
            for endpoint in self.endpoints.values { endpoint.closeIdle(before: moment) }
            if self.endpoints.values.contains(where: { !$0.idle.isEmpty }) { self.watchIdle() }
        }
    }

    /// Closes every idle connection and forgets the origins, which hold this.
    func shutdown() {
        idleTask?.cancel()
        for endpoint in endpoints.values { endpoint.closeIdle(before: .distantFuture) }
        endpoints = [:]
    }
}
