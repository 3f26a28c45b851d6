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
    let idleLimits: IdleLimits
    private let resolver: NameResolver
    private let hosts: [String: IPAddress]
    private let tls: OriginTLS
    private let metrics: Metrics
    private var endpoints: [Key: OriginEndpoint] = [:]
    private var idleTask: Scheduled<Void>?

    /// Origins known at once; unused ones are forgotten above it.
    private static let endpointLimit = 1024
    /// How long what a name resolved to is believed.
    private static let addressesHold = TimeAmount.seconds(5)
    private static let idleTimeout = TimeAmount.seconds(30)

    init(
        eventLoop: any EventLoop, connectTimeout: TimeAmount, idleLimits: IdleLimits, hosts: [String: IPAddress],
        tls: OriginTLS, resolver: NameResolver, metrics: Metrics
    ) {
        self.eventLoop = eventLoop
        self.connectTimeout = connectTimeout
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
        if endpoints.count < Self.endpointLimit { endpoints[Key(scheme: scheme, authority: authority)] = endpoint }
        return endpoint
    }

    // MARK: names

    /// Tells `dial` the origin's addresses: from the configuration's `hosts`, from its literal, or from the resolver.
    func addresses(of endpoint: OriginEndpoint, for dial: OriginDial) {
        let name: String
        switch endpoint.origin.host {
        case .address(let address): return dial.resolved(.success([address]))
        case .name(let text): name = text
        }
        if let address = hosts[name] { return dial.resolved(.success([address])) }
        if endpoint.addressesValidUntil > .now() { return dial.resolved(.success(endpoint.addresses)) }
        endpoint.lookups.append(dial)
        guard endpoint.lookups.count == 1 else { return }
        resolver.resolve(name, on: eventLoop).assumeIsolated().whenComplete { result in
            let waiting = endpoint.lookups
            endpoint.lookups = []
            switch result {
            case .success(let addresses):
                endpoint.addresses = addresses
                endpoint.addressesValidUntil = .now() + Self.addressesHold
                for dial in waiting { dial.resolved(.success(addresses)) }
            case .failure(let error):
                let failure = error as? Failure ?? Failure(.dnsError)
                for dial in waiting { dial.resolved(.failure(failure)) }
            }
        }
    }

    // MARK: connections

    /// Begins to connect; the connection's `whenReady` hears how it went.
    func connect(_ endpoint: OriginEndpoint, to address: IPAddress, rule: Int) -> OriginConnection {
        let isTLS = endpoint.origin.scheme == .https
        let connection = OriginConnection(endpoint: endpoint, address: address, rule: rule, isTLS: isTLS)
        let target: SocketAddress
        let tlsHandler: NIOSSLClientHandler?
        do {
            target = try SocketAddress(
                packedIPAddress: ByteBuffer(bytes: address.unmapped.bytes), port: endpoint.origin.port)
            tlsHandler = isTLS ? try tls.handler(rule: rule, host: endpoint.origin.host) : nil
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
                connection.connectFailed(OriginErrors.failure(of: error, isUp: false))
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
